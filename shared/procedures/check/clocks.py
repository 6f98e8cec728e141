"""Clocks that can never start or stop, or that wait for their own events."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from shared.business_time.durations import Duration, Unit
from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.check.occurrences import possible
from shared.procedures.milestones import DEADLINE, split
from shared.procedures.model import Clock, Extension, Procedure


def check_clocks(procedure: Procedure) -> Iterator[Finding]:
    """Findings on each clock, and on the time zone that all of them count in."""
    can_be = possible(procedure)
    for clock in procedure.clocks:
        path = f"clocks[{clock.id}]"
        yield from _own_events(path, clock)
        yield from _ends(path, clock, can_be)
        yield from _target(path, procedure, clock)
        yield from _lengths(path, clock)
        yield from _extension(path, procedure, clock)
    try:
        ZoneInfo(procedure.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zh, en = did_you_mean(procedure.time_zone, available_timezones())
        zh, en = zh or "；例如 Asia/Shanghai", en or "; for example Asia/Shanghai"
        yield error("time_zone", f"没有这个时区{zh}", f"there is no such time zone{en}")


def _own_events(path: str, clock: Clock) -> Iterator[Finding]:
    named = {
        "from": clock.from_,
        "until": clock.until,
        "cancel_on": clock.cancel_on,
        "restart_on": clock.restart_on,
        **{f"pauses[{index}].from": (pause.from_,) for index, pause in enumerate(clock.pauses)},
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
    if "left" not in clock.until and not can_be.intersection(clock.until):
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
            moments = [
                f"{m.id}.{one.id}" for m in procedure.milestones for one in m.fields if one.type in ("instant", "date")
            ]
            zh, en = did_you_mean(clock.due_field, moments)
            yield error(
                f"{path}.due_field",
                f"须为某里程碑的日期或时刻字段:<milestone>.<field>{zh}",
                f"is not a date or instant of a milestone: <milestone>.<field>{en}",
            )
        elif milestone not in clock.from_:
            yield warning(
                f"{path}.due_field",
                "时限开始时可能还没有该值",
                "may not be known when the clock starts: start it at that milestone",
            )


def _lengths(path: str, clock: Clock) -> Iterator[Finding]:
    step = clock.repetition
    length = Duration.parse(step.every) if step is not None and step.every is not None else None
    if length is not None and (length.unit is Unit.IMMEDIATE or length.count <= 0):
        place = f"{path}.steps[{clock.steps.index(step)}].every" if step is not None else path
        yield error(place, "重复须有间隔", "needs a length: what repeats at once never ends")


def _extension(path: str, procedure: Procedure, clock: Clock) -> Iterator[Finding]:
    rule = clock.extension
    if rule is None:
        return
    place = f"{path}.extension"
    if not clock.durations:
        yield error(place, "约定的期限不能延长", "an agreed date is not extended: report another date")
        return
    if rule.to is None:
        yield from _stated(place, procedure, clock, rule)
        return
    total = Duration.parse(rule.to)
    lengths = [Duration.parse(one) for one in clock.durations]
    if any(total.unit is length.unit and total.count <= length.count for length in lengths):
        yield error(
            f"{place}.to",
            "延长后的总期限不长于原期限",
            "is the total from the start, so it must be longer than the duration",
        )
    for key, text in (("each", rule.each), ("max", rule.max)):
        if text is not None and Duration.parse(text).unit is not total.unit:
            yield error(
                f"{place}.{key}", "计量单位须与 to 相同", "must count the same as `to` does: hours, or the same days"
            )
    most = Duration.parse(rule.max) if rule.max is not None else total
    if most.unit is total.unit and most.count < total.count:
        yield error(f"{place}.max", "上限短于首次延长后的总期限", "is less than the first extension gives")
    if rule.times > 1 and rule.each is None:
        yield warning(
            f"{place}.times",
            "未写 each，第二次起的批准不改变期限",
            "without `each` every approval after the first changes nothing",
        )
    if rule.each is not None and rule.times == 1:
        yield warning(f"{place}.each", "只能延期一次，each 用不上", "is never used: the clock is extended once only")


_STATED = ("date", "instant", "integer")


def _stated(place: str, procedure: Procedure, clock: Clock, rule: Extension) -> Iterator[Finding]:
    """The approver states the time: in a field that is there, and never below what the clock has anyway."""
    fields = {
        one.id: one.type for m in procedure.milestones if m.id == "extension-approved" for one in m.fields
    }  # fmt: skip
    if rule.to_field is not None and fields.get(rule.to_field) not in _STATED:
        zh, en = did_you_mean(rule.to_field, [name for name, type_ in fields.items() if type_ in _STATED])
        yield error(
            f"{place}.to_field",
            f"须为里程碑 extension-approved 的日期、时刻或整数字段{zh}",
            f"is no date, instant or whole number among the fields of the milestone extension-approved{en}",
        )
    elif fields.get(rule.to_field or "") == "integer" and clock.total_of(1) is None:
        yield error(
            f"{place}.to_field",
            "期限没有单一的计量单位，请用日期或时刻",
            "is a whole number, but the clock's duration does not count one unit: state a date or an instant",
        )
    most = Duration.parse(rule.at_most) if rule.at_most is not None else None
    for length in (Duration.parse(one) for one in clock.durations):
        if most is not None and most.unit is length.unit and most.count <= length.count:
            yield error(
                f"{place}.at_most",
                "上限不长于原期限",
                "is the total from the start, so it must be longer than the duration",
            )
            return
