"""Reads the rows of a CSV or JSONL file, one at a time, whatever its size; workbooks are in `import_xlsx`.

A row's number is the one that a person sees: in CSV that of a spreadsheet program (the header is row 1), in JSONL the
line's. A row that cannot be read is still a row, with a `problem`: it is refused, never dropped.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TextIO

from huiyin.tabular.source import Source
from shared.errors import InvalidInput

Cell = str | int | float | bool | datetime | date | time | None
"""A value as the file has it; an empty text or None is no value."""

LONGEST_FIELD = 8 * 1024 * 1024
"""Characters of one CSV field or JSONL line; a longer one is a malformed row, and is not held in memory."""

EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # a wall time: Excel knows no zones
_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE = 64 * 1024


@dataclass(frozen=True)
class Row:
    """One row: its cells by column, or what is wrong with it. `original` is what goes into the file of refused rows."""

    number: int
    cells: Mapping[str, Cell] = field(default_factory=dict)
    original: object = None
    problem: str | None = None

    @property
    def empty(self) -> bool:
        """Nothing in it at all: skipped and counted, not refused."""
        return self.problem is None and not any(has_value(cell) for cell in self.cells.values())


def has_value(cell: Cell) -> bool:
    """Whether a cell holds anything: blanks do not."""
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


@dataclass(frozen=True)
class Table:
    """An open file. `columns` is None where each row brings its own; `progress` is the share read, 0 to 1.

    `epoch` is day 0 of dates that come as bare serial numbers: Excel's, or that of a workbook that counts from 1904.
    """

    columns: tuple[str, ...] | None
    rows: Iterator[Row]
    progress: Callable[[], float]
    note: str
    epoch: datetime = EXCEL_EPOCH


@contextmanager
def open_csv(source: Source) -> Iterator[Table]:
    """A CSV file with a header row. The delimiter is the one that splits header and rows alike."""
    with source.text() as (text, _):
        delimiter = find_delimiter(text.read(_SAMPLE))
    csv.field_size_limit(LONGEST_FIELD)
    with source.text() as (text, stream):
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        header = _header(reader)
        name = {"\t": "tab"}.get(delimiter, delimiter)
        yield Table(
            columns=tuple(header),
            rows=_csv_rows(reader, header),
            progress=lambda: stream.tell() / source.size,
            note=f"CSV, {source.encoding}, delimiter {name}",
        )


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = next(reader)
    except (StopIteration, csv.Error):
        raise InvalidInput("the first row is not a header", field="FILE") from None
    return [name.removeprefix("\ufeff").strip() for name in header]


def find_delimiter(sample: str) -> str:
    """Of comma, tab, semicolon and bar the one by which most rows are as wide as the header; comma for one column.

    `csv.Sniffer` counts characters in the free text too, and takes a letter for the delimiter of one column.
    """

    def fitness(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            width = len(next(rows))
            return (sum(len(row) == width for row in rows) + 1, width) if width > 1 else (0, 0)
        except (StopIteration, csv.Error):
            return (0, 0)

    return max(_DELIMITERS, key=fitness)


def _csv_rows(reader: Iterator[list[str]], header: list[str]) -> Iterator[Row]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(number, original=None, problem=_csv_problem(str(error)))
            continue
        if len(cells) == len(header):
            named = dict(zip(header, cells, strict=True))
            yield Row(number, named, named if len(named) == len(header) else cells)
        elif not any(cell.strip() for cell in cells):
            yield Row(number)
        else:
            yield Row(number, original=cells, problem=f"{len(cells)} columns instead of {len(header)}")


def _csv_problem(message: str) -> str:
    if "field limit" in message:
        return f"a field is longer than {LONGEST_FIELD} characters"
    if "unexpected end" in message:
        return "a quoted field is not closed before the end of the file"
    return "a quote inside a quoted field is not doubled"


@contextmanager
def open_jsonl(source: Source) -> Iterator[Table]:
    """A file with one JSON object per line."""
    with source.text() as (text, stream):
        yield Table(
            columns=None,
            rows=_json_rows(text),
            progress=lambda: stream.tell() / source.size,
            note=f"JSONL, {source.encoding}",
        )


def _json_rows(text: TextIO) -> Iterator[Row]:
    number = 0
    while line := text.readline(LONGEST_FIELD):
        number += 1
        if not line.endswith("\n") and len(line) == LONGEST_FIELD:
            _skip_line(text)
            yield Row(number, problem=f"a line is longer than {LONGEST_FIELD} characters")
            continue
        line = line.removeprefix("\ufeff").strip()
        yield _json_row(number, line) if line else Row(number)


def _skip_line(text: TextIO) -> None:
    while (more := text.readline(LONGEST_FIELD)) and not more.endswith("\n"):
        pass


def _json_row(number: int, line: str) -> Row:
    try:
        value = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Row(number, original=line, problem="this is not valid JSON")
    if not isinstance(value, dict):
        return Row(number, original=line, problem="this is not a JSON object")
    return Row(number, {name: _plain(cell) for name, cell in value.items()}, value)


def _no_constant(_name: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


class Nested(str):
    """A list or an object within a JSON row: it is no value of a field, but its column may be one that is not sent."""


def _plain(cell: Any) -> Cell:
    if cell is None or isinstance(cell, str | int | float | bool):
        return cell
    return Nested("nested")
