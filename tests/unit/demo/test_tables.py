"""The live view's tables, at terminals of several widths."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from huiyin.demo.tables import DeadlineRow, EventRow, cases_table, deadlines_table, events_table, first_width
from shared.procedures.loader import load_library

AT = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)
NAMES = [load_library().get(id).name for id in ("baoshan-efficiency", "shopping-mall", "vanke-developer")]


def shown(table: Table, width: int) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as taken:
        console.print(table)
    return taken.get().splitlines()


@pytest.mark.parametrize("width", [80, 120, 160, 240])
def test_names_take_about_a_third_and_the_figures_keep_their_headings(width: int) -> None:
    lines = shown(cases_table([(name, {"registered": 7}) for name in NAMES], width), width)
    assert len(lines) == 2 + len(NAMES)  # two of headings, and no line is broken
    assert lines[0].split() == ["procedure", "waiting", "in", "hand", "answered", "closed", "void"]
    assert lines[1].split() == ["规程", "待受理", "办理中", "已办结", "已结案", "不受理/转出"]
    for name, line in zip(NAMES, lines[2:], strict=True):
        assert line.startswith(name.zh) or (
            line.split()[0].startswith(name.zh[:8]) and "…" in line
        )  # cut where too long
        first_figure = cell_len(line[: line.index("7")])
        assert first_figure == first_width(width) + 2 + len("waiting") - 1
    assert first_width(width) <= max(20, width / 3)


def test_the_first_columns_stand_under_each_other() -> None:
    deadlines = [DeadlineRow("a-clock-with-a-name-far-longer-than-a-third", 2, "S1", "due", AT)]
    events = [EventRow(AT, "S1", "deadline.breached", "answer")]
    second = [
        [line.index("S1") for line in shown(table, 100)[1:]]
        for table in (deadlines_table(deadlines, 100), events_table(events, 100))
    ]
    assert second == [[first_width(100) + 2]] * 2


def test_a_later_cycle_is_numbered() -> None:
    rows = [DeadlineRow("answer", cycle, "S1", "warn", AT) for cycle in (1, 2)]
    lines = shown(deadlines_table(rows, 100), 100)
    assert lines[1].startswith("answer  ")
    assert lines[2].startswith("answer (2)  ")
