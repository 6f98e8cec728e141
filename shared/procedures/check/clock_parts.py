"""Steps that are never emitted, groups of which a clock never runs, and clocks within none or within themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.business_time.durations import Duration, Unit
from shared.procedures.check.finding import Finding, error, warning
from shared.procedures.conditions import Always
from shared.procedures.model import Clock, Procedure, QuietHours

_OWN_STEPS = ("due", "pause-ends")


def check_clock_parts(procedure: Procedure) -> Iterator[Finding]:
    """Findings on the steps of each clock, and on how clocks belong together."""
    for clock in procedure.clocks:
        path = f"clocks[{clock.id}]"
        yield from _steps(path, clock)
        yield from _quiet(f"{path}.quiet", clock.quiet)
        yield from _group(path, procedure, clock)
        yield from _within(path, procedure, clock)
        if clock.skip_after is not None and Duration.parse(clock.skip_after).count <= 0:
            yield error(f"{path}.skip_after", "须长于零", "must be longer than nothing")


def _steps(path: str, clock: Clock) -> Iterator[Finding]:
    before = {one.id for one in clock.warnings}
    for part, steps in (("warnings", clock.warnings), ("after_breach", clock.after_breach)):
        for step in steps:
            place = f"{path}.{part}[{step.id}]"
            if step.id in _OWN_STEPS or step.id.startswith("repeat-"):
                yield error(place, "该名称由系统自己使用", "the system uses this id itself: give the step another")
            if part == "after_breach" and step.id in before:
                yield error(place, "逾期前已有同名步骤", "a step before the breach has this id already")
            yield from _quiet(f"{place}.quiet", step.quiet or ())
    length = Duration.parse(clock.duration) if clock.duration else None
    for one in clock.warnings:
        own = one.before is None or one.calendar is not None or one.time not in (None, clock.time)
        ahead = None if own or one.before is None else Duration.parse(one.before)
        if ahead is not None and length is not None and ahead.unit is length.unit and ahead.count > length.count:
            yield warning(
                f"{path}.warnings[{one.id}].before",
                "早于时限开始，永远不会提醒",
                "lies before the start of the clock, so it is never emitted",
            )


def _quiet(place: str, windows: Sequence[QuietHours]) -> Iterator[Finding]:
    quiet: set[int] = set()
    for window in windows:
        begins, ends = _minute(window.from_), _minute(window.until)
        quiet |= set(range(begins, ends)) if begins < ends else {*range(begins, 1440), *range(ends)}
    if len(quiet) == 1440:
        yield error(place, "全天静默，步骤永远发不出", "leaves nothing of a day, so no step could ever be emitted")


def _minute(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


def _group(path: str, procedure: Procedure, clock: Clock) -> Iterator[Finding]:
    if clock.group is None:
        return
    members = [one for one in procedure.clocks if one.group == clock.group]
    place = f"{path}.group"
    if any(one.id == clock.group for one in procedure.clocks):
        yield error(place, "与某个时限的 id 相同", "is the id of a clock: give the group another")
    if len(members) == 1 and clock.when is None:
        yield warning(place, "该组只有一个时限", "is a group of one clock only")
    lead = members[0]
    same = ("from_", "restart_on", "starts_again")
    if any(getattr(clock, key) != getattr(lead, key) for key in same):
        yield error(
            place,
            f"同组时限的 from、restart_on、starts_again 须与 {lead.id} 相同",
            f"clocks of a group have the same from, restart_on and starts_again, as {lead.id} has",
        )
    for earlier in members[: members.index(clock)]:
        if earlier.when is None or isinstance(earlier.when, Always) or earlier.when == clock.when:
            yield error(
                place,
                f"永远轮不到：{earlier.id} 在前且总先成立",
                f"never runs: {earlier.id} comes first and always holds where this does",
            )
            return


def _within(path: str, procedure: Procedure, clock: Clock) -> Iterator[Finding]:
    if clock.within is None:
        return
    place = f"{path}.within"
    overall = _named(procedure, clock.within)
    if not overall:
        yield error(place, "没有这个时限或时限组", f"no such clock or group of clocks: {clock.within}")
    if _leads_to(procedure, clock, clock.within, frozenset()):
        yield error(place, "时限不能在自身之内", "is within itself")
        return
    own = Duration.parse(clock.duration) if clock.duration else None
    for one in overall:
        total = Duration.parse(one.duration) if one.duration else None
        comparable = own is not None and total is not None and own.unit is total.unit and own.unit is not Unit.IMMEDIATE
        if own is not None and total is not None and comparable and clock.time == one.time and own.count > total.count:
            yield warning(
                place,
                f"比 {one.id} 还长，总以 {one.id} 为限",
                f"is longer than {one.id}, so it may always be cut to that",
            )


def _named(procedure: Procedure, name: str) -> list[Clock]:
    return [one for one in procedure.clocks if name in (one.id, one.group)]


def _leads_to(procedure: Procedure, clock: Clock, name: str, seen: frozenset[str]) -> bool:
    for one in _named(procedure, name):
        if one.id == clock.id:
            return True
        if one.within and one.id not in seen and _leads_to(procedure, clock, one.within, seen | {one.id}):
            return True
    return False
