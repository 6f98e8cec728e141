"""Reads the rows of an Excel workbook, sheet by stream. (openpyxl keeps the workbook's distinct texts in memory.)

The workbook is walked twice side by side: once with the values that the spreadsheet program has stored, once with the
formulas, because a formula that was never computed reads as an empty cell and must not pass for one.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import copyfileobj
from typing import Any, BinaryIO

from huiyin.tabular.source import Source
from huiyin.tabular.text_rows import Cell, Row, Table
from shared.errors import InvalidInput


@contextmanager
def open_xlsx(source: Source, sheet: str | None) -> Iterator[Table]:
    """The rows of a sheet (the first, if none is named); its first row is the header. Dates come as datetimes."""
    import openpyxl

    with source.open() as packed, tempfile.TemporaryFile() as unpacked:
        stream: BinaryIO = packed
        if source.packed:  # a workbook is a zip file: it is read from its end
            copyfileobj(packed, unpacked)
            stream = unpacked
        try:
            values = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            formulas = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError):
            raise InvalidInput("this is not a workbook that can be read", field="FILE") from None
        try:
            yield _table(values, formulas, sheet)
        finally:
            values.close()
            formulas.close()


def _table(values: Any, formulas: Any, sheet: str | None) -> Table:
    name = sheet or values.sheetnames[0]
    if name not in values.sheetnames:
        raise InvalidInput("there is no such sheet", field="--sheet", hint=f"there are: {', '.join(values.sheetnames)}")
    pages = values[name], formulas[name]
    size = pages[0].max_row or 0
    for page in pages:
        page.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
    lines = zip(pages[0].iter_rows(), pages[1].iter_rows(), strict=True)
    try:
        first, _ = next(lines)
    except StopIteration:
        raise InvalidInput("the sheet is empty", field="FILE") from None
    header = ["" if cell.value is None else str(cell.value).strip() for cell in first]
    done = [0]
    return Table(
        columns=tuple(header),
        rows=_rows(lines, header, done),
        progress=lambda: done[0] / size if size else 0.0,
        note=f"XLSX, sheet {name}",
        epoch=values.epoch,
    )


def _rows(lines: Iterator[tuple[Any, Any]], header: list[str], done: list[int]) -> Iterator[Row]:
    for number, (line, with_formulas) in enumerate(lines, start=2):
        done[0] = number
        cells: dict[str, Cell] = {}
        problem = None
        for index, cell in enumerate(line):
            if cell.value is None and index < len(with_formulas) and with_formulas[index].value is not None:
                problem = "a formula has no stored value: open and save the file in a spreadsheet program"
            elif cell.value is None:
                continue
            elif cell.data_type == "e":
                problem = "a cell holds an error of the spreadsheet program"
            elif index >= len(header):
                problem = f"{index + 1} columns instead of {len(header)}"
            else:
                cells[header[index]] = cell.value
        yield Row(number, cells, {name: _written(cell) for name, cell in cells.items()}, problem)


def _written(cell: Cell) -> object:
    return cell if cell is None or isinstance(cell, str | int | float | bool) else cell.isoformat()
