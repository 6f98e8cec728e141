"""Reports as files: CSV and workbooks. They can be read by the caller alone (0600), because texts may name people."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from huiyin.cli.reports.view import Cell, Row
from shared.errors import InvalidInput

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """A table with a name."""

    name: str
    header: Row
    rows: Sequence[Row]


def write_csv(path: Path, sheets: Iterable[Sheet]) -> None:
    """Tables one below the other, an empty line between them; UTF-8 with its mark, for spreadsheet programs."""
    with _private(path, "--csv") as file:
        lines = _Lines(file)
        writer = csv.writer(lines)
        file.write(b"\xef\xbb\xbf")
        for number, sheet in enumerate(sheets):
            writer.writerows([[]] * bool(number))
            writer.writerow([_harmless(cell) for cell in sheet.header])
            writer.writerows([_harmless(cell) for cell in row] for row in sheet.rows)


def write_xlsx(path: Path, sheets: Iterable[Sheet]) -> None:
    """A workbook with a sheet for each table; numbers stay numbers, and no text becomes a formula."""
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for sheet in sheets:
        page = book.create_sheet(sheet.name[:31])
        for number, row in enumerate((sheet.header, *sheet.rows), start=1):
            for place, cell in enumerate(row, start=1):
                if cell is None:
                    continue
                written = page.cell(number, place, cell)
                if isinstance(cell, str):
                    written.data_type = "s"  # else a text that begins with `=` is a formula
                if number == 1:
                    written.font = Font(bold=True)
        page.freeze_panes = "A2"
    with _private(path, "--xlsx") as file:
        book.save(file)


class _Lines:
    """What `csv` writes into: text goes on as UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode("utf-8", "backslashreplace"))


def _harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet program would take for a formula, marked as text. Signed figures stay as they are."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA) or cell[1:].rstrip("%p").replace(".", "").isdigit():
        return cell
    return f"'{cell}"


@contextmanager
def _private(path: Path, option: str) -> Iterator[BinaryIO]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise InvalidInput(f"the file cannot be written ({error.strerror})", field=option) from None
    with open(descriptor, "wb") as file:
        yield file
