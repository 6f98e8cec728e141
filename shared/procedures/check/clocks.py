"""Clocks that can never start or stop, or that wait for their own events."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.business_time.durations import Duration, Unit
from shared.procedures.check.finding import Finding, error, warning
from shared.procedures.check.happenings import possible
from shared.procedures.milestones import DEADLINE, split
from shared.procedures.model import Clock, Procedure


def check_clocks(procedure: Procedure) -> Iterator[Finding]:
    """Findings on each clock, and on the time zone that all of them count in."""
    can_be = possible(procedure)
    for clock in procedure.clocks:
        path = f"clocks[{clock.id}]"
        yield from _own_events(path, clock)
        yield from _ends(path, clock, can_be)
        yield from _target(path, procedure, clock)
    try:
        ZoneInfo(procedure.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield error("time_zone", "没有这个时区", "there is no such time zone; for example Asia/Shanghai")


def _own_events(path: str, clock: Clock) -> Iterator[Finding]:
    named = {
        "from": clock.from_,
        "until": clock.until,
        "cancel_on": clock.cancel_on,
        "restart_on": clock.restart_on,
        **{f"pauses[{index}].on": (pause.on,) for index, pause in enumerate(clock.pauses)},
        **{f"pauses[{index}].until": pause.until for index, pause in enumerate(clock.pauses)},
    }
    for key, occurrences in named.items():
        for occurrence in occurrences:
            if split(occurrence)[0] in DEADLINE:
                yield error(
                    f"{path}.{key}",
                    f"时限不以时限事件为起止:{occurrence};可改用 escalated:<level>",
                    f"a clock does not wait for a clock's event: {occurrence}; use escalated:<level>",
                )


def _ends(path: str, clock: Clock, can_be: frozenset[str]) -> Iterator[Finding]:
    if not can_be.intersection(clock.from_):
        yield error(f"{path}.from", "该时限永远不会开始", "the clock can never start")
    if not can_be.intersection(clock.until):
        yield error(f"{path}.until", "该时限永远不会停止", "the clock can never stop")
    both = set(clock.from_) & set(clock.until)
    if both == set(clock.from_):
        yield error(f"{path}.until", "起止相同", "stops at what starts it")


def _target(path: str, procedure: Procedure, clock: Clock) -> Iterator[Finding]:
    if clock.due_field is not None:
        milestone, _, name = clock.due_field.partition(".")
        spec = next(
            (one for m in procedure.milestones if m.id == milestone for one in m.fields if one.id == name), None
        )
        if spec is None or spec.type not in ("instant", "date") or spec.holds != "coded":
            yield error(
                f"{path}.due_field",
                "须为某里程碑的日期或时刻字段:<milestone>.<field>",
                "is not a date or instant of a milestone: <milestone>.<field>",
            )
        elif milestone not in clock.from_:
            yield warning(
                f"{path}.due_field",
                "时限开始时可能还没有该值",
                "may not be known when the clock starts: start it at that milestone",
            )
        return
    length = Duration.parse(clock.duration) if clock.duration is not None else None
    if length is None:
        return
    if clock.repeats and (length.unit is Unit.IMMEDIATE or length.count <= 0):
        yield error(f"{path}.repeats", "重复的时限须有间隔", "a clock that repeats needs a length")
    if clock.extension is not None:
        total = Duration.parse(clock.extension.to)
        if total.unit is length.unit and total.count <= length.count:
            yield error(
                f"{path}.extension.to",
                "延长后的总期限不长于原期限",
                "is the total from the start, so it must be longer than the duration",
            )
