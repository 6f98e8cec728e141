"""Why a clock is due when it is: its start, each skipped date, each pause, each extension, the facts behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.sla.domain.case import Case, ordered
from services.sla.domain.cycle_state import CycleKey, RuleVersions
from services.sla.domain.cycles import ClockCycle
from services.sla.domain.rule_versions import emitted_schedule, rule_versions_of
from services.sla.domain.schedule import GRACE, Schedule, length_of
from services.sla.domain.scheduled_cycles import ScheduledCycle, scheduled_cycles
from shared.business_time.calendars import Calendar
from shared.business_time.due import elapsed_seconds
from shared.business_time.durations import Unit
from shared.business_time.explain import explain
from shared.business_time.explain_text import explain_text
from shared.business_time.zones import zone
from shared.procedures.model import Clock, Procedure

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Explained:
    """One cycle of a clock in words. Seconds are counted on its `versions`; what remains may be negative.

    Both are None where the clock counts dates, or while its due instant is not known.
    """

    clock: str
    cycle: int
    versions: str
    due_at: datetime | None
    provisional: bool
    elapsed_seconds: float | None
    remaining_seconds: float | None
    lines: tuple[str, ...]
    source: tuple[str, ...]


def explain_clocks(
    case: Case,
    procedure: Procedure,
    calendars: Mapping[str, Calendar],
    now: datetime,
    language: Language,
    *,
    each_day: bool = True,
) -> list[Explained]:
    """Every cycle of every clock of a case, at `now` (UTC); one that ended under rules since changed, as emitted."""
    found = []
    for scheduled in scheduled_cycles(procedure, ordered(case.occurrences), calendars):
        before = case.states.get(CycleKey(scheduled.clock.id, scheduled.cycle.number))
        schedule = emitted_schedule(before, scheduled.cycle, rule_versions_of(procedure, scheduled.calendar))
        if schedule is None or before is None:
            found.append(_explained(scheduled, now, language, each_day=each_day))
        else:
            found.append(_explained_as_emitted(scheduled, schedule, before.versions, language))
    return found


def _explained_as_emitted(
    scheduled: ScheduledCycle, schedule: Schedule, versions: RuleVersions, language: Language
) -> Explained:
    zh = language == "zh"
    return Explained(
        clock=scheduled.clock.id,
        cycle=scheduled.cycle.number,
        versions=scheduled.clock.time,
        due_at=schedule.due_at,
        provisional=schedule.provisional,
        elapsed_seconds=None,
        remaining_seconds=None,
        lines=(
            f"按日历 {versions.calendar}、程序第 {versions.procedure} 版计算；规则此后有变，已结束的一轮不变"
            if zh
            else f"Counted on calendar {versions.calendar} and version {versions.procedure} of the procedure; "
            "the rules have changed since, a cycle that has ended does not",
            *_ended_lines(scheduled, zh=zh),
        ),
        source=scheduled.clock.source,
    )


def _explained(scheduled: ScheduledCycle, now: datetime, language: Language, *, each_day: bool) -> Explained:
    clock, cycle, calendar, schedule = scheduled.clock, scheduled.cycle, scheduled.calendar, scheduled.schedule
    zh = language == "zh"
    lines = []
    lines += _extension_lines(clock, cycle, calendar, language)
    lines += _rule_lines(clock, cycle, calendar, language, each_day=each_day)
    if scheduled.capped:
        lines.append(f"不晚于 {clock.within} 的期限" if zh else f"Never later than {clock.within} is due")
    lines += _ended_lines(scheduled, zh=zh)
    elapsed, remaining = _seconds(clock, cycle, schedule.due_at, calendar, cycle.ended_at or now)
    return Explained(
        clock=clock.id,
        cycle=cycle.number,
        versions=clock.time,
        due_at=schedule.due_at,
        provisional=schedule.provisional,
        elapsed_seconds=elapsed,
        remaining_seconds=remaining,
        lines=tuple(lines),
        source=(*clock.source, *(clock.extension.source if cycle.extensions and clock.extension else ())),
    )


def _ended_lines(scheduled: ScheduledCycle, *, zh: bool) -> list[str]:
    ended = scheduled.cycle.ended_at
    if ended is None:
        return []
    moment = _moment(ended, scheduled.calendar)
    word = ("已停止" if zh else "Stopped") if scheduled.cycle.stopped_at else ("已取消" if zh else "Cancelled")
    return [f"{word}：{moment}" if zh else f"{word}: {moment}"]


def _extension_lines(clock: Clock, cycle: ClockCycle, calendar: Calendar, language: Language) -> list[str]:
    zh = language == "zh"
    words = {
        "requested": ("申请延期", "Extension asked for"),
        "approved": ("批准延期", "Extension approved"),
        "refused": ("不予延期", "Extension refused"),
        "late": (
            "延期批准无效：期限已过，且到期前无人申请",
            "Approval that does not count: it was due by then, and nobody had asked before",
        ),
        "void": (
            "延期批准无效：超过次数，批准人无权，或未延长期限",
            "Approval that does not count: too often, not theirs to give, or no more time",
        ),
    }
    lines = []
    for word, at, _ in cycle.extending:
        text, moment = words[word][0 if zh else 1], _moment(at, calendar)
        lines.append(f"{text}：{moment}" if zh else f"{text}: {moment}")
    if cycle.extensions:
        total = length_of(clock, cycle)
        if total is None:
            until = cycle.extended.stated if cycle.extended is not None else ""
            return [*lines, f"已延期至 {until}" if zh else f"Extended until {until}"]
        lines.append(
            f"已延期 {cycle.extensions} 次，自原起点共 {total}"
            if zh
            else f"Extended {cycle.extensions} time(s): {total} in all, from the original start"
        )
    return lines


def _moment(instant: datetime, calendar: Calendar) -> str:
    return f"{instant.astimezone(zone(calendar.time_zone)):%Y-%m-%d %H:%M}"


def _rule_lines(
    clock: Clock, cycle: ClockCycle, calendar: Calendar, language: Language, *, each_day: bool
) -> list[str]:
    zh = language == "zh"
    if clock.due_field is not None:
        if cycle.due_fact is None:
            return ["约定的期限尚未填报" if zh else "The agreed date has not been reported yet"]
        return [f"约定的期限：{cycle.due_fact}" if zh else f"The agreed date: {cycle.due_fact}"]
    duration = length_of(clock, cycle)
    if duration is None and cycle.extensions:
        return []
    if duration is None:
        return ["期限所依的事实尚不知道" if zh else "The fact that the time limit rests on is not known yet"]
    if duration.unit is Unit.IMMEDIATE:
        seconds = int(GRACE.total_seconds())
        return [f"立即办理：起算后 {seconds} 秒内" if zh else f"At once: within {seconds} seconds of its start"]
    explanation = explain(
        cycle.started_at, duration, calendar, time_basis=clock.time, boundary=clock.boundary, pauses=tuple(cycle.pauses)
    )
    return explain_text(explanation, language, each_day=each_day)


def _seconds(
    clock: Clock, cycle: ClockCycle, due_at: datetime | None, calendar: Calendar, until: datetime
) -> tuple[float | None, float | None]:
    length = length_of(clock, cycle)
    if due_at is None or (length is not None and length.in_days):
        return None, None
    pauses = tuple(cycle.pauses)
    elapsed = elapsed_seconds(cycle.started_at, max(until, cycle.started_at), calendar, clock.time, pauses)
    if until <= due_at:
        return elapsed, elapsed_seconds(until, due_at, calendar, clock.time, pauses)
    return elapsed, -elapsed_seconds(due_at, until, calendar, clock.time, pauses)
