"""What people see of a run: a live view at a terminal, a line every few seconds elsewhere, and the summary."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from huiyin.cli.client import Api
from huiyin.cli.topics.tail import short
from huiyin.demo.audit.summary import Summary
from huiyin.demo.show import Outcome, Show
from shared.business_time.zones import zone
from shared.errors import HuiyinError

_LINE_EVERY_S = 3.0
_DRAW_EVERY_S = 0.5
_MOST_LINES = 7
_FIXED_LINES = 27
"""Lines that all else on the screen needs; deadlines and events share the rest."""
_WIDE = 120
_SUMMARY_COLUMNS = 3
_STATES = ("registered", "assigned", "resolved", "closed", "void")
_HEADINGS = (
    "procedure 规程",
    "waiting 待受理",
    "in hand 办理中",
    "answered 已办结",
    "closed 已结案",
    "void 不受理/转出",
)
_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Figures:
    """The figures of a line."""

    now: datetime
    rate: float
    registered: int
    assigned: int
    answered: int
    breaches: int
    warnings: int
    notices: int


def figures(show: Show) -> Figures:
    """What has been seen of this run so far."""
    with show.departments.lock:
        files = show.departments.own_files()
        types = show.departments.seen.types
        return Figures(
            now=show.clock.now(),
            rate=show.clock.rate(),
            registered=show.arrived.rows,
            assigned=sum(file.admitted for file in files),
            answered=sum(file.answered for file in files),
            breaches=types["huiyin.deadline.breached.v1"],
            warnings=types["huiyin.deadline.warned.v1"],
            notices=types["huiyin.notice.sent.v1"],
        )


def line_of(found: Figures, seconds: float) -> str:
    """The figures as a line."""
    now = found.now.astimezone(zone(_ZONE))
    return (
        f"{seconds:5.0f} s  {now:%Y-%m-%d %H:%M} at {found.rate:g}x  registered {found.registered}  "
        f"assigned {found.assigned}  answered {found.answered}  breached {found.breaches}  "
        f"warned {found.warnings}  notices sent {found.notices}"
    )


class Lines:
    """A line every few seconds."""

    def __init__(self, show: Show, write: Callable[[str], None]) -> None:
        self._show = show
        self._write = write
        self._last = 0.0

    def tick(self) -> None:
        """Write a line if it is time."""
        if time.monotonic() - self._last >= _LINE_EVERY_S:
            self._last = time.monotonic()
            self._write(line_of(figures(self._show), time.monotonic() - self._show.began))


class Screen:
    """The live view. Use in a `with`."""

    def __init__(self, show: Show, console: Console) -> None:
        self._show = show
        self._console = console
        self._live = Live(console=console, auto_refresh=False, screen=False, vertical_overflow="crop")
        self._sla: Api = show.connection.open("sla")
        self._last = 0.0
        self._deadlines: list[dict[str, Any]] = []
        self.outcome: Outcome | None = None
        """Shown below the tables once it is there."""

    def __enter__(self) -> Screen:
        self._live.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._live.__exit__(*exception)
        self._sla.http.close()

    def tick(self) -> None:
        """Draw anew if it is time."""
        if time.monotonic() - self._last < _DRAW_EVERY_S:
            return
        self._last = time.monotonic()
        try:
            self._deadlines = self._sla.get("/v1/deadlines", limit=_MOST_LINES)
        except HuiyinError:
            self._deadlines = []  # the service is being started anew
        self._live.update(self._drawn(), refresh=True)

    def _drawn(self) -> Group:
        found = figures(self._show)
        now = found.now.astimezone(zone(_ZONE))
        head = Text.assemble(
            ("回音 Huiyin  ", "bold"),
            (f"{now:%Y-%m-%d %a %H:%M:%S}", "cyan"),
            f"  ×{found.rate:,.0f}   ",
            (f"breached 超期 {found.breaches}", "red"),
            f"   warned 预警 {found.warnings}   notices sent 已发通知 {found.notices}   ",
            (f"{time.monotonic() - self._show.began:.0f} s", "dim"),
        )
        lines = max(2, min(_MOST_LINES, (self._console.height - _FIXED_LINES) // 2))
        parts: list[Any] = [head, "", self._cases(), ""]
        if self.outcome is None:
            parts += [self._next(lines), "", self._events(lines)]
        else:
            parts += [self._events(lines), "", summary_table(self.outcome.summary)]
        parts += ["", Panel(Text("\n".join(hints(self._show))), title="try next 接下来可以试试", title_align="left")]
        return Group(*parts)

    def _cases(self) -> Table:
        with self._show.departments.lock:
            files = self._show.departments.own_files()
            counts = Counter((file.procedure, file.status) for file in files)
        table = Table(*_HEADINGS, box=None, pad_edge=False, header_style="bold")
        table.columns[0].max_width = self._console.width // 3
        table.columns[0].no_wrap = True
        for column in table.columns[1:]:
            column.justify = "right"
        for procedure in sorted({procedure for procedure, _ in counts}):
            name = self._show.library.get(*procedure).name
            shown = f"{name.zh}  {name.en}" if self._console.width >= _WIDE else name.zh
            table.add_row(shown, *(str(counts[procedure, state] or "-") for state in _STATES))
        return table

    def _next(self, lines: int) -> Table:
        table = Table(
            "next deadlines 即将到期", "case", "step", "due 到期", box=None, pad_edge=False, header_style="bold"
        )
        for row in self._deadlines[:lines]:
            due_at = datetime.fromisoformat(row["next_at"]).astimezone(zone(_ZONE))
            step = "[red]due[/]" if row["next_step"] == "due" else str(row["next_step"])
            clock = f"{row['clock']}" + (f" ({row['cycle']})" if row["cycle"] > 1 else "")
            table.add_row(clock, self._number(row["case_id"]), step, f"{due_at:%m-%d %H:%M}")
        return table

    def _number(self, case_id: str) -> str:
        with self._show.departments.lock:
            for file in self._show.departments.own_files():
                if str(file.id) == case_id:
                    return file.number
        return case_id[:8]

    def _events(self, lines: int) -> Table:
        with self._show.departments.lock:
            last = list(self._show.departments.seen.last)[-lines:]
            numbers = {file.id: file.number for file in self._show.departments.files.values()}
        table = Table("last events 最新动态", "case", "event", box=None, pad_edge=False, header_style="bold")
        for event in last:
            about = next(
                (str(value) for name in ("clock", "milestone", "department", "level", "class_", "notice")
                 if (value := getattr(event.data, name, None))), "",
            )  # fmt: skip
            style = "red" if "breach" in event.type else "green" if about == "resolved" else ""
            table.add_row(
                f"{event.time.astimezone(zone(_ZONE)):%m-%d %H:%M:%S}",
                numbers.get(event.subject, ""),
                Text(f"{short(event.type)} {about}", style=style),
            )
        return table


def hints(show: Show) -> list[str]:
    """Where things are, and what to try next."""
    home = show.connection.home.path
    urls = {name: service.url for name, service in show.connection.state.services.items()}
    with show.departments.lock:
        number = next((file.number for file in show.departments.own_files() if file.number), "NUMBER")
    command = "huiyin" if home == Path(".huiyin").resolve() else f"HUIYIN_HOME={home} huiyin"
    return [
        "  ".join(f"{name} {url}" for name, url in urls.items()) + f"  kafka {show.connection.kafka()}",
        f"{command} case list",
        f"{command} case show {number}",
        f"{command} tail --from-start",
        f"curl '{urls['intake']}/v1/progress?case_number={number}&receipt_code=…'",
        f"notices as they were sent, receipt codes among them: {show.connection.home.notices}",
    ]


def summary_table(summary: Summary) -> Table:
    """The count as a table of two by two columns."""
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


def _cell(name: str, value: object) -> tuple[str, str]:
    bad = name in ("lost", "duplicated") and value
    return name.replace("_", " "), f"[red]{value}[/]" if bad else str(value)
