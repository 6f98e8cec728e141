"""Why a clock is due when it is: its start, each skipped date, each pause, each extension, the facts behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.sla.domain.happenings import Case, ordered
from services.sla.domain.runs import Run, runs_of
from services.sla.domain.targets import GRACE, target_of
from shared.business_time.calendars import Calendar
from shared.business_time.due import elapsed_seconds
from shared.business_time.durations import Duration, Unit
from shared.business_time.explain import explain
from shared.business_time.explain_text import explain_text
from shared.business_time.zones import zone
from shared.procedures.model import Clock, Procedure

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Explained:
    """One cycle of a clock in words. Seconds are counted on its `basis`; what remains may be negative.

    Both are None where the clock counts dates, or while its due instant is not known.
    """

    clock: str
    cycle: int
    basis: str
    due_at: datetime | None
    provisional: bool
    elapsed_seconds: float | None
    remaining_seconds: float | None
    lines: tuple[str, ...]
    source: tuple[str, ...]


def explain_clocks(
    case: Case, procedure: Procedure, calendars: Mapping[str, Calendar], now: datetime, language: Language
) -> list[Explained]:
    """Every cycle of every clock of a case, as computed at `now` (UTC)."""
    happenings = ordered(case.happenings)
    found = []
    for clock in procedure.clocks:
        calendar = calendars[clock.calendar or procedure.calendar]
        found += [_explained(clock, run, calendar, now, language) for run in runs_of(clock, happenings, calendar)]
    return found


def _explained(clock: Clock, run: Run, calendar: Calendar, now: datetime, language: Language) -> Explained:
    target = target_of(clock, run, calendar)
    zh = language == "zh"
    lines = []
    if run.extensions and clock.extension is not None:
        lines.append(
            f"已延期 {run.extensions} 次，自原起点共 {clock.extension.to}"
            if zh
            else f"Extended {run.extensions} time(s): {clock.extension.to} in all, from the original start"
        )
    lines += _rule_lines(clock, run, calendar, language)
    ended = run.stopped_at or run.cancelled_at
    if ended is not None:
        moment = f"{ended.astimezone(zone(calendar.time_zone)):%Y-%m-%d %H:%M}"
        word = ("已停止" if zh else "Stopped") if run.stopped_at else ("已取消" if zh else "Cancelled")
        lines.append(f"{word}：{moment}" if zh else f"{word}: {moment}")
    elapsed, remaining = _seconds(clock, run, target.due_at, calendar, ended or now)
    return Explained(
        clock=clock.id,
        cycle=run.cycle,
        basis=clock.time,
        due_at=target.due_at,
        provisional=target.provisional,
        elapsed_seconds=elapsed,
        remaining_seconds=remaining,
        lines=tuple(lines),
        source=(*clock.source, *(clock.extension.source if run.extensions and clock.extension else ())),
    )


def _rule_lines(clock: Clock, run: Run, calendar: Calendar, language: Language) -> list[str]:
    zh = language == "zh"
    if clock.due_field is not None:
        if run.due_fact is None:
            return ["约定的期限尚未填报" if zh else "The agreed date has not been reported yet"]
        return [f"约定的期限：{run.due_fact}" if zh else f"The agreed date: {run.due_fact}"]
    duration = Duration.parse(_duration(clock, run))
    if duration.unit is Unit.IMMEDIATE:
        seconds = int(GRACE.total_seconds())
        return [f"立即办理：起算后 {seconds} 秒内" if zh else f"At once: within {seconds} seconds of its start"]
    explanation = explain(
        run.started_at, duration, calendar, basis=clock.time, boundary=clock.boundary, pauses=tuple(run.pauses)
    )
    return explain_text(explanation, language)


def _duration(clock: Clock, run: Run) -> str:
    if run.extensions and clock.extension is not None:
        return clock.extension.to
    return clock.duration or "IMMEDIATE"


def _seconds(
    clock: Clock, run: Run, due_at: datetime | None, calendar: Calendar, until: datetime
) -> tuple[float | None, float | None]:
    if due_at is None or (clock.duration is not None and Duration.parse(_duration(clock, run)).in_days):
        return None, None
    pauses = tuple(run.pauses)
    elapsed = elapsed_seconds(run.started_at, max(until, run.started_at), calendar, clock.time, pauses)
    if until <= due_at:
        return elapsed, elapsed_seconds(until, due_at, calendar, clock.time, pauses)
    return elapsed, -elapsed_seconds(due_at, until, calendar, clock.time, pauses)
