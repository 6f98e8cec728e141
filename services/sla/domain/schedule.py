"""When a cycle is due, the instants of its steps, and which of them have come.

Steps are moved to when they may fire: out of pauses, and out of quiet hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from services.sla.domain.cycles import ClockCycle
from shared.business_time.calendars import Calendar
from shared.business_time.due import Due, due_unless_paused, fraction_point, step_after, step_before
from shared.business_time.durations import Duration, Unit
from shared.business_time.zones import SECOND, instant_of, local_micros, zone
from shared.errors import CalendarError, Conflict, InvalidInput, NotFound
from shared.procedures.model import Clock, ClockStep, DurationTable, QuietHours

Spans = Sequence[tuple[datetime, datetime | None]]


def outside_pauses(at: datetime, pauses: Spans) -> datetime | None:
    """`at`, or the end of the pause that it falls into; None if that pause has not ended.

    What comes at the very instant at which a pause begins or ends comes then.
    """
    for begins, ends in sorted(pauses, key=lambda span: span[0]):
        if begins < at and (ends is None or at < ends):
            if ends is None:
                return None
            at = ends
    return at


def outside_quiet(at: datetime, windows: Sequence[QuietHours], time_zone: str) -> datetime:
    """`at`, or the end of the quiet hours (wall time of the zone) that it falls into; their end is no longer quiet.

    Windows may adjoin or overlap. Where together they leave nothing of a day, none of them counts.
    """
    moved = at
    for _ in range(2 * len(windows) + 1):
        end = next((end for one in windows if (end := _end(moved, one, time_zone)) is not None), None)
        if end is None:
            return moved
        moved = end
    return at


def first_allowed(at: datetime, pauses: Spans, windows: Sequence[QuietHours], time_zone: str) -> datetime | None:
    """The first instant not before `at` that lies neither in a pause nor in quiet hours; None if a pause is open."""
    while True:
        outside = outside_pauses(at, pauses)
        if outside is None:
            return None
        moved = outside_quiet(outside, windows, time_zone)
        if moved == at:
            return at
        at = moved


def _end(at: datetime, window: QuietHours, time_zone: str) -> datetime | None:
    """When the window that `at` falls into ends; None if it falls into none."""
    local = at.astimezone(zone(time_zone))
    wall = f"{local:%H:%M}"
    overnight = window.until < window.from_
    if not (wall >= window.from_ or wall < window.until if overnight else window.from_ <= wall < window.until):
        return None
    date = local.toordinal() + (1 if overnight and wall >= window.from_ else 0)
    hours, minutes = (int(part) for part in window.until.split(":"))
    of_day = (hours * 60 + minutes) * 60 * SECOND
    end = instant_of(local_micros(zone(time_zone), date, of_day))
    # In the hour that comes twice, the first of the two may be over.
    return end if end > at else instant_of(local_micros(zone(time_zone), date, of_day, second=True))


GRACE = timedelta(seconds=60)
"""What "at once" allows: an immediate clock is met within it (decision in docs/clocks.md)."""

Kind = Literal["warn", "breach", "after", "look"]
RANKS: Mapping[str, int] = MappingProxyType({"warn": 0, "breach": 1, "after": 2, "look": 3})
"""The order of steps at one instant; those of one kind come in the order in which they are declared."""

_NO_SUCH_INSTANT = (Conflict, InvalidInput, CalendarError)  # an agreed date before the start, or an open pause
_NONE: Mapping[str, Calendar] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Step:
    """One instant (UTC) of a cycle at which an event is emitted; `look`: at which the cycle is to be decided on anew.

    `plain`: its event is known beforehand, so that a timer can emit it without a decision on the case.
    """

    id: str
    kind: Kind
    at: datetime
    plain: bool = True


@dataclass(frozen=True)
class Schedule:
    """When the cycle is due (None: not known now) and its steps, in order of time."""

    due_at: datetime | None
    provisional: bool
    steps: tuple[Step, ...]


def schedule_of(
    clock: Clock,
    cycle: ClockCycle,
    calendar: Calendar,
    calendars: Mapping[str, Calendar] = _NONE,
    cap: Due | None = None,
) -> Schedule:
    """Compute the schedule of a cycle from its start, extensions and pauses.

    `calendars` are those that steps with a calendar of their own name; raises `NotFound` if one is missing. `cap`: when
    the clock that this one is `within` is due; one that was due before this cycle began caps nothing.
    """
    found = due_of(clock, cycle, calendar)
    if found is None:
        return Schedule(None, False, ())
    if cap is not None and cycle.started_at < cap.at:
        found = min(
            found, Due(outside_pauses(cap.at, cycle.pauses) or found.at, cap.provisional), key=lambda due: due.at
        )
    hours = _Hours(clock, cycle, calendar, calendars)
    steps = [*hours.warnings(found.at), Step("due", "breach", found.at, hours.plain), *hours.after(found.at)]
    return Schedule(found.at, found.provisional, tuple(in_order(steps)))


def in_order(steps: list[Step]) -> list[Step]:
    """Steps by instant, then by kind, then as they were given."""
    return sorted(steps, key=lambda step: (step.at, RANKS[step.kind]))


def length_of(clock: Clock, cycle: ClockCycle) -> Duration | None:
    """How long a cycle of a clock is in all, counted from its original start.

    None while that rests on a fact that is not known, and for a clock with an agreed date, or extended to one.
    """
    rule, extensions = clock.extension, cycle.extensions
    if not extensions or rule is None:
        table = clock.duration
        text = table.of(cycle.duration_by) if isinstance(table, DurationTable) else table
        return None if text is None else Duration.parse(text)
    if rule.to is None:
        stated = cycle.extended.stated if cycle.extended is not None else None
        total_text = clock.total_of(stated) if isinstance(stated, int) else None
        return None if total_text is None else Duration.parse(total_text)
    total = Duration.parse(rule.to)
    if rule.each is not None:
        total = Duration(total.unit, total.count + Duration.parse(rule.each).count * (extensions - 1))
    return total if rule.max is None else min(total, Duration.parse(rule.max), key=lambda one: one.count)


def repetition(
    clock: Clock,
    cycle: ClockCycle,
    calendar: Calendar,
    calendars: Mapping[str, Calendar],
    schedule: Schedule,
    number: int,
) -> Step | None:
    """The `number`-th time (from 2) that a repeating clock is due; None if there is none, or a pause keeps it away.

    It lies `number - 1` whole lengths after the due instant: it does not drift. It is not plain, because whoever emits
    it arms the next.
    """
    rule = clock.repetition
    if rule is None or rule.every is None or schedule.due_at is None:
        return None
    if rule.times is not None and number - 1 > rule.times:
        return None
    length = Duration.parse(rule.every)
    if length.count <= 0:
        return None
    every = Duration(length.unit, length.count * (number - 1))
    moved = _Hours(clock, cycle, calendar, calendars).later(rule, schedule.due_at, every)
    return None if moved is None else Step(f"repeat-{number}", "after", moved, plain=False)


def repetitions(
    clock: Clock,
    cycle: ClockCycle,
    calendar: Calendar,
    calendars: Mapping[str, Calendar],
    schedule: Schedule,
    after: int,
) -> Iterator[tuple[int, Step]]:
    """The repetitions after the `after`-th, with their numbers. Of several that quiet hours or a pause put off to one
    instant only the last is meant."""
    number = after + 1
    step = repetition(clock, cycle, calendar, calendars, schedule, number)
    while step is not None:
        following = repetition(clock, cycle, calendar, calendars, schedule, number + 1)
        if following is None or following.at != step.at:
            yield number, step
        number, step = number + 1, following


def due_of(clock: Clock, cycle: ClockCycle, calendar: Calendar) -> Due | None:
    """When a cycle is due by its own length, start, extensions and pauses; None while a pause keeps that open."""
    if clock.due_field is not None:
        return _agreed(cycle.due_fact, cycle.pauses, calendar)
    extension, last = clock.extension, cycle.extended
    if extension is None or extension.to_field is None or last is None:
        return _counted(clock, cycle, length_of(clock, cycle), calendar)
    if isinstance(last.stated, int):
        found = _counted(clock, cycle, length_of(clock, cycle), calendar)
    else:  # whoever states a date knows of the pauses before: only what the cycle stands after that puts it off
        later = [(max(begins, last.at), ends) for begins, ends in cycle.pauses if ends is None or ends > last.at]
        found = _agreed(str(last.stated), later, calendar)
    if found is None or extension.at_most is None:
        return found
    bound = _counted(clock, cycle, Duration.parse(extension.at_most), calendar)
    return bound if bound is not None and bound.at < found.at else found


def _counted(clock: Clock, cycle: ClockCycle, duration: Duration | None, calendar: Calendar) -> Due | None:
    """So long after the start; None while a pause keeps that open, or the length is not known."""
    if duration is None:
        return None
    if duration.unit is Unit.IMMEDIATE:
        duration = Duration(Unit.SECONDS, int(GRACE.total_seconds()))
        return due_unless_paused(cycle.started_at, duration, calendar, time_basis="elapsed", pauses=tuple(cycle.pauses))
    return due_unless_paused(
        cycle.started_at, duration, calendar, time_basis=clock.time, boundary=clock.boundary, pauses=tuple(cycle.pauses)
    )


def _agreed(stated: str | None, pauses: Spans, calendar: Calendar) -> Due | None:
    """An agreed instant is put off by the pauses before it, as any other."""
    if stated is None:
        return None
    try:
        agreed = datetime.fromisoformat(stated)
    except ValueError:
        return None
    if agreed.tzinfo is None:  # a date: until the end of that day where the calendar is
        noon = agreed.replace(hour=12, tzinfo=zone(calendar.time_zone))
        found = due_unless_paused(noon, Duration(Unit.DAYS, 0), calendar, time_basis="elapsed")
        agreed = found.at if found is not None else noon
    for begins, ends in pauses:
        if begins < agreed:
            if ends is None:
                return None
            agreed += ends - begins
    return Due(agreed.astimezone(UTC), provisional=False)


@dataclass(frozen=True)
class _Hours:
    """Puts the steps of a cycle to their instants: each counted and kept quiet in its own calendar."""

    clock: Clock
    cycle: ClockCycle
    calendar: Calendar
    calendars: Mapping[str, Calendar]

    @property
    def plain(self) -> bool:
        """Steps of which not all are emitted when they come late are decided on together."""
        return self.clock.catch_up == "all"

    def warnings(self, due_at: datetime) -> Iterator[Step]:
        """Those between start and due instant: what quiet hours put off beyond that is left to the breach."""
        for warning in self.clock.steps:
            if not warning.precedes or warning.id is None:
                continue
            try:
                at = self._before(warning, due_at)
            except _NO_SUCH_INSTANT:
                continue
            moved = self._moved(warning, at) if self.cycle.started_at <= at < due_at else None
            if moved is not None and moved < due_at:
                yield Step(warning.id, "warn", moved, self.plain)

    def after(self, due_at: datetime) -> Iterator[Step]:
        """Those after the due instant that no open pause keeps away."""
        for rung in self.clock.steps:
            if rung.after is None or rung.id is None:
                continue
            moved = self.later(rung, due_at, Duration.parse(rung.after))
            if moved is not None:
                yield Step(rung.id, "after", moved, self.plain)

    def later(self, step: ClockStep, due_at: datetime, amount: Duration) -> datetime | None:
        """So long after the due instant, outside pauses and quiet hours; None if an open pause keeps it away."""
        calendar, time_basis = self._of(step), step.time or self.clock.time
        try:
            at = step_after(due_at, amount, calendar, time_basis, tuple(self.cycle.pauses))
        except _NO_SUCH_INSTANT:
            return None
        return self._moved(step, at)

    def _before(self, warning: ClockStep, due_at: datetime) -> datetime:
        calendar, time_basis, pauses = self._of(warning), warning.time or self.clock.time, tuple(self.cycle.pauses)
        if warning.percent is not None:
            return fraction_point(self.cycle.started_at, due_at, warning.percent, calendar, time_basis, pauses)
        return step_before(due_at, Duration.parse(warning.before or "PT0S"), calendar, time_basis, pauses)

    def _moved(self, step: ClockStep, at: datetime) -> datetime | None:
        windows = self.clock.quiet if step.quiet is None else step.quiet
        return first_allowed(at, self.cycle.pauses, windows, self._of(step).time_zone)

    def _of(self, step: ClockStep) -> Calendar:
        if step.calendar is None:
            return self.calendar
        if step.calendar not in self.calendars:
            raise NotFound("there is no such calendar", field="calendar")
        return self.calendars[step.calendar]


@dataclass(frozen=True)
class Steps:
    """Steps in order of time. `emitted`: have come. `skipped`: came too, but the clock's rule on late steps leaves
    them out. `armed`: still to come. `repeated`: how often the clock was due by now, 1 while it does not repeat."""

    emitted: tuple[Step, ...]
    skipped: tuple[Step, ...]
    armed: tuple[Step, ...]
    repeated: int


def steps_of(
    clock: Clock,
    cycle: ClockCycle,
    calendar: Calendar,
    calendars: Mapping[str, Calendar],
    schedule: Schedule,
    now: datetime,
    fired: Mapping[str, datetime],
    repeated: int,
) -> Steps:
    """What becomes of a cycle's steps at `now`.

    `fired`: the steps that were emitted or skipped, each with the due instant that it belonged to: of another due
    instant a step is emitted again. `repeated`: how often the clock was due by then, of the present due instant.
    """
    new = [one for one in schedule.steps if fired.get(one.id) != schedule.due_at]
    come = [one for one in new if has_come(one, cycle, now)]
    armed = [one for one in new if one.at > now and not cycle.over]
    for number, step in repetitions(clock, cycle, calendar, calendars, schedule, repeated):
        if not has_come(step, cycle, now):
            armed += [step] if step.at > now and not cycle.over else []
            break
        come.append(step)
        repeated = number
    emitted, skipped = _caught_up(clock, calendar, in_order(come), now)
    return Steps(tuple(emitted), tuple(skipped), tuple(in_order(armed)), repeated)


def has_come(step: Step, cycle: ClockCycle, now: datetime) -> bool:
    """Whether a step's instant came while the cycle went on. A stop at that very instant was in time, unless the breach
    itself brought it about."""
    if cycle.ended_at is not None and (
        step.at > cycle.ended_at or (step.at == cycle.ended_at and not cycle.stopped_by_breach)
    ):
        return False
    return step.at <= now


def _caught_up(clock: Clock, calendar: Calendar, come: list[Step], now: datetime) -> tuple[list[Step], list[Step]]:
    """Steps that have come, in order: those to be emitted and those skipped. The breach is always emitted."""
    match clock.catch_up:
        case "all":
            return come, []
        case "latest":
            keep = {one.id for one in come[-1:]}
        case "skip":
            allowed = Duration.parse(clock.skip_after or "PT0S")
            keep = {one.id for one in come if step_after(one.at, allowed, calendar, "elapsed") >= now}
    emitted = [one for one in come if one.id in keep or one.kind == "breach"]
    return emitted, [one for one in come if one not in emitted]
