"""The tables of the live view (pure): cases by procedure and state, the next deadlines, the last events, the count.

The three tables above each other have first columns of one width, and no name, however long, takes more than that: the
figures beside it are what changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table
from rich.text import Text

from huiyin.demo.audit.summary import Summary
from shared.procedures.model import Text as Name

STATES = ("registered", "assigned", "resolved", "closed", "void")
_HEADINGS = ("waiting\n待受理", "in hand\n办理中", "answered\n已办结", "closed\n已结案", "void\n不受理/转出")
_NARROWEST, _WIDEST = 20, 40
"""Of the first column, in characters; 20 hold the Chinese name of each procedure."""
_CASE_WIDTH = 24
_WIDE = 120
_SUMMARY_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """A clock's next step; `at` is local time."""

    clock: str
    cycle: int
    number: str
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event, and the clock, milestone or department that it is about; `at` is local time."""

    at: datetime
    number: str
    event: str
    about: str


def first_width(console: int) -> int:
    """The width of the first column at a terminal that wide: about a third of it."""
    return max(_NARROWEST, min(_WIDEST, console // 3))


def cases_table(rows: Iterable[tuple[Name, Mapping[str, int]]], console: int) -> Table:
    """One line for each procedure: how many of its cases are in which state."""
    table = _table("procedure\n规程", console)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for name, counts in rows:
        shown = f"{name.zh}  {name.en}" if console >= _WIDE else name.zh
        table.add_row(shown, *(str(counts.get(state) or "-") for state in STATES))
    return table


def deadlines_table(rows: Iterable[DeadlineRow], console: int) -> Table:
    """The steps that come next."""
    table = _table("next deadlines 即将到期", console, "case", "step", "due 到期")
    for row in rows:
        clock = row.clock + (f" ({row.cycle})" if row.cycle > 1 else "")
        step = Text(row.step, style="red" if row.step == "due" else "")
        table.add_row(clock, row.number, step, f"{row.at:%m-%d %H:%M}")
    return table


def events_table(rows: Iterable[EventRow], console: int) -> Table:
    """The last events."""
    table = _table("last events 最新动态", console, "case", "event")
    for row in rows:
        style = "red" if "breach" in row.event else "green" if row.about == "resolved" else ""
        table.add_row(f"{row.at:%m-%d %H:%M:%S}", row.number, Text(f"{row.event} {row.about}", style=style))
    return table


def summary_table(summary: Summary) -> Table:
    """The count, in three pairs of a name and a figure a line."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(_SUMMARY_COLUMNS):
        table.add_column(style="bold")
        table.add_column(justify="right", min_width=8)
    cells = list(summary.to_dict().items())
    height = -(-len(cells) // _SUMMARY_COLUMNS)
    for row in range(height):
        shown = [_cell(name, value) for name, value in cells[row::height]]
        table.add_row(*(text for pair in shown for text in pair))
    return table


def _table(first: str, console: int, case: str | None = None, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, width=first_width(console), no_wrap=True, overflow="ellipsis")
    if case is not None:
        table.add_column(case, width=_CASE_WIDTH, no_wrap=True, overflow="ellipsis")
    for heading in others:
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    return table


def _cell(name: str, value: object) -> tuple[str, str]:
    bad = name in ("lost", "duplicated") and value
    return name.replace("_", " "), f"[red]{value}[/]" if bad else str(value)
