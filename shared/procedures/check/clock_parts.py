"""Steps that are never emitted, groups of which a clock never runs, and clocks within none or within themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.business_time.durations import Duration, Unit
from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.conditions import Always, Condition
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
    lengths = [Duration.parse(one) for one in clock.durations]
    for index, step in enumerate(clock.steps):
        place = f"{path}.steps[{step.id or index}]"
        if step.id is not None and (step.id in _OWN_STEPS or step.id.startswith("repeat-")):
            yield error(place, "该名称由系统自己使用", "the system uses this id itself: give the step another")
        yield from _quiet(f"{place}.quiet", step.quiet or ())
        own = step.before is None or step.calendar is not None or step.time not in (None, clock.time)
        ahead = None if own or step.before is None else Duration.parse(step.before)
        too_far = [one for one in lengths if ahead and ahead.unit is one.unit and ahead.count > one.count]
        if lengths and too_far == lengths:
            yield warning(
                f"{place}.before",
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
    if len(members) == 1:
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
        if _always(earlier.when, clock.when) and _always(earlier.while_, clock.while_):
            yield error(
                place,
                f"永远轮不到：{earlier.id} 在前且总先成立",
                f"never runs: {earlier.id} comes first and always holds where this does",
            )
            return


def _always(earlier: Condition | None, later: Condition | None) -> bool:
    """Whether the earlier condition surely holds where the later does."""
    return earlier is None or isinstance(earlier, Always) or earlier == later


def _within(path: str, procedure: Procedure, clock: Clock) -> Iterator[Finding]:
    if clock.within is None:
        return
    place = f"{path}.within"
    overall = _named(procedure, clock.within)
    if not overall:
        names = {name for one in procedure.clocks for name in (one.id, one.group) if name and one.id != clock.id}
        zh, en = did_you_mean(clock.within, names)
        yield error(
            place, f"没有这个时限或时限组：{clock.within}{zh}", f"no such clock or group of clocks: {clock.within}{en}"
        )
    if _leads_to(procedure, clock, clock.within, frozenset()):
        yield error(place, "时限不能在自身之内", "is within itself")
        return
    for one in overall:
        lengths = [Duration.parse(text) for text in clock.durations]
        totals = [Duration.parse(text) for text in one.durations]
        if clock.time == one.time and any(_longer(own, total) for own in lengths for total in totals):
            yield warning(
                place,
                f"比 {one.id} 还长，总以 {one.id} 为限",
                f"is longer than {one.id}, so it may always be cut to that",
            )


def _longer(one: Duration, other: Duration) -> bool:
    """Whether both count the same, and the one is the longer."""
    return one.unit is other.unit and one.unit is not Unit.IMMEDIATE and one.count > other.count


def _named(procedure: Procedure, name: str) -> list[Clock]:
    return [one for one in procedure.clocks if name in (one.id, one.group)]


def _leads_to(procedure: Procedure, clock: Clock, name: str, seen: frozenset[str]) -> bool:
    for one in _named(procedure, name):
        if one.id == clock.id:
            return True
        if one.within and one.id not in seen and _leads_to(procedure, clock, one.within, seen | {one.id}):
            return True
    return False
