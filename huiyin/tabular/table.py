"""Opens a file of rows by its kind, and lists its columns: what `import_rows` and `import_xlsx` read, as one thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice

from huiyin.tabular.source import Source
from huiyin.tabular.text_rows import Row, Table, open_csv, open_jsonl
from huiyin.tabular.workbooks import open_xlsx

_LEARNED_FROM = 200
"""Rows that are looked at for columns where a file has no header."""


@contextmanager
def open_table(source: Source, sheet: str | None = None) -> Iterator[Table]:
    """The rows of a file. `sheet` is of a workbook: None for its first.

    Raises `InvalidInput` for a file without a header, a workbook that cannot be read, or a sheet that is not there.
    """
    if source.kind == "xlsx":
        with open_xlsx(source, sheet) as table:
            yield table
    else:
        with (open_csv if source.kind == "csv" else open_jsonl)(source) as table:
            yield table


def learned(table: Table) -> tuple[Sequence[str], Iterator[Row]]:
    """The columns, from the header or from the first rows, leftmost first; and all rows, those first among them."""
    if table.columns is not None:
        return table.columns, table.rows
    first = list(islice(table.rows, _LEARNED_FROM))
    return tuple(dict.fromkeys(name for row in first for name in row.cells)), chain(first, table.rows)
