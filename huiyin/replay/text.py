"""A replay's report as people read it, in Chinese or English, and as JSON."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huiyin.importing.columns import Reason
from huiyin.importing.tally import Refusals
from huiyin.replay.report import PERCENTILES, Report, Tally, spread
from huiyin.replay.rules import text
from shared.procedures.model import Clock, Procedure

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_REASONS_SHOWN = 20
_MONTHS_ON_A_LINE = 5
_COUNTS = ("met", "late", "breached", "open", "cancelled", "undated")

_WORDS: Mapping[str, tuple[str, str]] = {
    "procedure": ("程序", "procedure"),
    "until": ("截至", "until"),
    "rows": ("行数", "rows"),
    "empty": ("空行（跳过）", "empty, skipped"),
    "cases": ("案件", "cases"),
    "refused": ("剔除", "refused"),
    "first": ("首见于第 {} 行", "first in row {}"),
    "clock": ("时限", "clock"),
    "cycles": ("轮次", "cycles"),
    "on-time": ("按时率", "on time"),
    "met": ("按时", "met"),
    "late": ("逾期后办结", "late"),
    "breached": ("逾期未结", "late, open"),
    "open": ("未到期", "open"),
    "cancelled": ("取消", "cancelled"),
    "undated": ("无期限", "no due date"),
    "warnings": ("预警", "warnings"),
    "further": ("逾期后步骤", "later steps"),
    "elapsed": ("用时", "time taken"),
    "lateness": ("超期", "late by"),
    "measure": ("计量", "in"),
    "max": ("最大", "max"),
    "months": ("逾期（按到期月份）", "breaches by month of the due date"),
    "by": ("按 {} 分组", "by {}"),
    "group": ("组", "group"),
    "agreed": ("约定", "agreed"),
    "idle": ("未起算", "never started"),
    "none-started": ("起算于", "starts with"),
    "provisional": ("到期日暂定", "provisional"),
    "speed": ("{:.1f} 秒，每秒 {:.0f} 个案件、{:.0f} 行", "{:.1f} s, {:.0f} cases/s, {:.0f} rows/s"),
    "working-days": ("工作日", "working days"),
    "days": ("自然日", "calendar days"),
    "elapsed-hours": ("小时", "hours"),
    "business-hours": ("工作小时", "business hours"),
    "elapsed-minutes": ("分钟", "minutes"),
    "business-minutes": ("工作分钟", "business minutes"),
}

_ZH_REASONS: Mapping[str, str] = {
    "malformed": "此行无法读取",
    "no-case": "未写明属于哪个案件",
    "no-received": "没有收到时间",
    "not-a-time": "不是可以识别的日期或时间",
    "answered-before-received": "答复早于收到",
    "before-received": "该事项早于收到",
    "received-after-the-end": "收到时间晚于推演截止时刻",
    "nested": "不是单一的值",
    "not-a-choice": "不在可选值之内",
    "not-a-boolean": "不是“是”或“否”",
    "not-an-integer": "不是整数",
    "out-of-range": "超出字段的范围",
    "calendar-never-open": "超出工作日历所及的范围",
}


@dataclass(frozen=True)
class Replayed:
    """A finished replay: what was judged by what, until when, and what came of it. `units` and `idle` are by clock."""

    procedure: Procedure
    report: Report
    units: Mapping[str, str]
    idle: tuple[Clock, ...]
    until: datetime
    zone: ZoneInfo
    rows: int
    empty: int
    refused_rows: int
    refused_cases: int
    reasons: Mapping[Reason, Refusals]
    by: str | None
    seconds: float

    def sorted_reasons(self) -> list[tuple[Reason, Refusals]]:
        """The most frequent first."""
        return sorted(self.reasons.items(), key=lambda one: (-one[1].count, one[1].first_row))

    def to_dict(self) -> dict[str, Any]:
        """For JSON; `docs/replay.md` says what each key means."""
        report = self.report
        return {
            "procedure": self.procedure.id,
            "version": self.procedure.version,
            "until": self.until.astimezone(self.zone).isoformat(),
            "rows": self.rows,
            "empty": self.empty,
            "cases": report.cases,
            "refused": {
                "rows": self.refused_rows,
                "cases": self.refused_cases,
                "reasons": [
                    {**asdict(reason), "cases": one.count, "first_row": one.first_row}
                    for reason, one in self.sorted_reasons()
                ],
            },
            "clocks": {
                clock: {
                    "measure": self.units[clock],
                    "cases_started": report.started[clock],
                    "cases_not_started": report.cases - report.started[clock],
                    **tally.to_dict(),
                }
                for clock, tally in report.clocks.items()
            },
            "never_startable": [clock.id for clock in self.idle],
            "by": self.by,
            "groups": {
                name: {"cases": report.group_cases[name], "clocks": {one: t.to_dict() for one, t in tallies.items()}}
                for name, tallies in self._groups()
            }
            if self.by
            else None,
            "seconds": round(self.seconds, 3),
            "cases_per_second": round(report.cases / self.seconds, 1),
            "rows_per_second": round(self.rows / self.seconds, 1),
        }

    def _groups(self) -> list[tuple[str, dict[str, Tally]]]:
        cases = self.report.group_cases
        return sorted(self.report.groups.items(), key=lambda one: (-cases[one[0]], one[0]))

    def print(self, console: Console, language: str) -> None:
        """The report as tables."""
        _Printer(self, console, language).all(self._groups())


class _Printer:
    def __init__(self, done: Replayed, console: Console, language: str) -> None:
        self._done, self._console, self._language = done, console, language

    def _say(self, word: str) -> str:
        return _WORDS[word][self._language == "en"]

    def all(self, groups: Iterable[tuple[str, dict[str, Tally]]]) -> None:
        self._head()
        started = {name: tally for name, tally in self._done.report.clocks.items() if tally.cycles}
        self._clocks(started)
        if started:
            self._console.print(self._counts(self._say("clock"), started))
            self._console.print(self._spreads(started))
            self._months(started)
        self._not_started()
        if self._done.by:
            groups = list(groups)
            for clock in started:
                unit = self._say(self._done.units[clock])
                title = f"{clock} · {self._say('by').format(self._done.by)} · {self._say('elapsed')}: {unit}"
                split = {name: tallies[clock] for name, tallies in groups}
                self._console.print(self._counts(self._say("group"), split, title, clock))
        rate = self._done.seconds
        cases, rows = self._done.report.cases, self._done.rows
        self._console.print(self._say("speed").format(rate, cases / rate, rows / rate))

    def _head(self) -> None:
        done, table = self._done, _plain()
        procedure = done.procedure
        table.add_row(self._say("procedure"), f"{procedure.id} v{procedure.version}", "")
        until = done.until.astimezone(done.zone)
        table.add_row(self._say("until"), f"{until:%Y-%m-%d %H:%M:%S %Z}", "")
        table.add_row(self._say("rows"), str(done.rows), f"+ {done.empty} {self._say('empty')}" if done.empty else "")
        table.add_row(self._say("cases"), str(done.report.cases), "")
        rows = f"{self._say('rows')}: {done.refused_rows}" if done.refused_rows else ""
        table.add_row(self._say("refused"), str(done.refused_cases), rows)
        for reason, found in done.sorted_reasons()[:_REASONS_SHOWN]:
            message = _ZH_REASONS.get(reason.code, reason.message) if self._language == "zh" else reason.message
            where = f"{reason.field}: " if reason.field else ""
            table.add_row("", str(found.count), f"{where}{message} ({self._say('first').format(found.first_row)})")
        self._console.print(table)

    def _counts(self, head: str, tallies: Mapping[str, Tally], title: str | None = None, clock: str = "") -> Table:
        table = _ruled(title)
        table.add_column(head, overflow="fold")
        shown = [state for state in _COUNTS if any(tally.states[state] for tally in tallies.values())]
        extra = [
            name for name in ("warnings", "further", "provisional") if any(_count(t, name) for t in tallies.values())
        ]
        if clock:
            extra = []
        middle = ["p50", "p90"] if clock else []
        for name in (self._say("cycles"), self._say("on-time"), *map(self._say, (*shown, *extra)), *middle):
            table.add_column(name, justify="right")
        for name, tally in tallies.items():
            share = "–" if tally.on_time is None else f"{tally.on_time:.1%}"
            spreads = spread(tally.elapsed) if clock else None
            cells = [str(tally.states[state]) for state in shown] + [str(_count(tally, one)) for one in extra]
            cells += [_amount(spreads[one]) if spreads else "–" for one in ("p50", "p90")] if clock else []
            table.add_row(name or "–", str(tally.cycles), share, *cells)
        return table

    def _spreads(self, tallies: Mapping[str, Tally]) -> Table:
        table = _ruled(None)
        for name in (self._say("clock"), "", self._say("measure")):
            table.add_column(name, overflow="fold")
        for name in (*(f"p{one}" for one in PERCENTILES), self._say("max")):
            table.add_column(name, justify="right")
        for name, tally in tallies.items():
            for word, values in (("elapsed", tally.elapsed), ("lateness", tally.lateness)):
                if found := spread(values):
                    unit = self._say(self._done.units[name])
                    table.add_row(name, self._say(word), unit, *map(_amount, found.values()))
        return table

    def _months(self, tallies: Mapping[str, Tally]) -> None:
        for name, tally in tallies.items():
            if not tally.months:
                continue
            self._console.print(f"{name} · {self._say('months')}")
            months = [f"{month} {count:>5}" for month, count in sorted(tally.months.items())]
            for start in range(0, len(months), _MONTHS_ON_A_LINE):
                self._console.print("  " + "  ".join(months[start : start + _MONTHS_ON_A_LINE]))

    def _clocks(self, started: Container[str]) -> None:
        """Which clocks judge, and how."""
        table = _plain()
        for clock in self._done.procedure.clocks:
            if clock.id in started:
                course = f"{' / '.join(clock.from_)} → {' / '.join(clock.until)}"
                name = text(clock.name, self._language)
                table.add_row(clock.id, " / ".join(clock.durations) or self._say("agreed"), f"{name}: {course}")
        self._console.print(table)

    def _not_started(self) -> None:
        done = self._done
        known = {clock.id: clock for clock in done.procedure.clocks}
        quiet = [known[name] for name, tally in done.report.clocks.items() if not tally.cycles]
        for clock in (*quiet, *done.idle):
            begins = ", ".join(clock.from_)
            self._console.print(
                f"{self._say('idle')}: {text(clock.name, self._language)} ({clock.id}); "
                f"{self._say('none-started')} {begins}{' · when' if clock.when or clock.while_ else ''}"
            )


def _count(tally: Tally, name: str) -> int:
    return {"warnings": tally.warnings, "further": tally.further, "provisional": tally.provisional}[name]


def _amount(value: float) -> str:
    if value == int(value) or value >= 1_000:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ruled(title: str | None) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def _plain() -> Table:
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    return table
