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
from huiyin.demo.show import Outcome, Show
from huiyin.demo.tables import (
    STATES,
    DeadlineRow,
    EventRow,
    cases_table,
    deadlines_table,
    events_table,
    summary_table,
)
from shared.business_time.zones import zone
from shared.errors import HuiyinError

_LINE_EVERY_S = 3.0
_DRAW_EVERY_S = 0.5
_MOST_LINES = 7
_FIXED_LINES = 28
"""Lines that all else on the screen needs; deadlines and events share the rest."""
_ABOUT = ("clock", "milestone", "department", "level", "class_", "notice")
"""Of an event's data, what it is about; the first that it has is shown."""
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
        rows = [
            (self._show.library.get(*procedure).name, {state: counts[procedure, state] for state in STATES})
            for procedure in sorted({procedure for procedure, _ in counts})
        ]
        return cases_table(rows, self._console.width)

    def _next(self, lines: int) -> Table:
        rows = [
            DeadlineRow(
                clock=str(row["clock"]),
                cycle=int(row["cycle"]),
                number=self._number(row["case_id"]),
                step=str(row["next_step"]),
                at=datetime.fromisoformat(row["next_at"]).astimezone(zone(_ZONE)),
            )
            for row in self._deadlines[:lines]
        ]
        return deadlines_table(rows, self._console.width)

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
        rows = [
            EventRow(
                at=event.time.astimezone(zone(_ZONE)),
                number=numbers.get(event.subject, ""),
                event=short(event.type),
                about=next((str(value) for name in _ABOUT if (value := getattr(event.data, name, None))), ""),
            )
            for event in last
        ]
        return events_table(rows, self._console.width)


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
