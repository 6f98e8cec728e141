"""A file of any kind is opened by its kind, and its columns are known before its rows are read."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from huiyin.tabular.source import inspect
from huiyin.tabular.table import learned, open_table

CONTENT = {
    "x.csv": b"a,b\n1,2\n3,4\n",
    "x.tsv": b"a\tb\n1\t2\n3\t4\n",
    "x.jsonl": b'{"a": "1", "b": "2"}\n{"a": "3", "b": "4"}\n',
}


def test_every_kind_of_file_gives_the_same_columns_and_rows(tmp_path: Path) -> None:
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in (["a", "b"], ["1", "2"], ["3", "4"]):
        book.active.append(line)
    book.save(tmp_path / "x.xlsx")

    for name in (*CONTENT, "x.xlsx"):
        with open_table(inspect(tmp_path / name)) as table:
            columns, rows = learned(table)
            assert (tuple(columns), [dict(row.cells) for row in rows]) == (
                ("a", "b"),
                [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}],
            )


def test_the_columns_of_rows_that_differ_are_all_there_once_and_no_row_is_lost(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"b": 1}\n{"a": 2, "b": 3}\n' + '{"b": 4}\n' * 300, "utf-8")
    with open_table(inspect(tmp_path / "x.jsonl")) as table:
        columns, rows = learned(table)
        assert tuple(columns) == ("b", "a")
        assert len(list(rows)) == 302
