"""When a run is due, and the instants of its steps before and after that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from services.sla.domain.quiet import outside_pauses, sayable
from services.sla.domain.runs import Run
from shared.business_time.calendars import Calendar
from shared.business_time.due import Due, due_unless_paused, fraction_point, step_after, step_before
from shared.business_time.durations import Duration, Unit
from shared.business_time.zones import zone
from shared.errors import CalendarError, Conflict, InvalidInput, NotFound
from shared.procedures.model import AfterBreach, Clock, Warning_

GRACE = timedelta(seconds=60)
"""What "at once" allows: an immediate clock is met within it (decision in docs/clocks.md)."""

Kind = Literal["warn", "breach", "after", "look"]
RANKS: Mapping[str, int] = MappingProxyType({"warn": 0, "breach": 1, "after": 2, "look": 3})
"""The order of steps at one instant; those of one kind come in the order in which they are declared."""

_NO_SUCH_INSTANT = (Conflict, InvalidInput, CalendarError)  # an agreed date before the start, or an open pause
_NONE: Mapping[str, Calendar] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Step:
    """One instant (UTC) of a run at which something is said; `look`: at which the run is to be decided on anew.

    `plain`: all that it says is known beforehand, so that it can be said without deciding on the case again.
    """

    id: str
    kind: Kind
    at: datetime
    plain: bool = True


@dataclass(frozen=True)
class Target:
    """When the run is due (None: not known now) and its steps, in order of time."""

    due_at: datetime | None
    provisional: bool
    steps: tuple[Step, ...]


def target_of(
    clock: Clock,
    run: Run,
    calendar: Calendar,
    calendars: Mapping[str, Calendar] = _NONE,
    cap: Due | None = None,
) -> Target:
    """Compute the target of a run from its start, extensions and pauses.

    `calendars` are those that steps with a calendar of their own name; raises `NotFound` if one is missing. `cap`: when
    the clock that this one is `within` is due; one that was due before this run began caps nothing.
    """
    found = due_of(clock, run, calendar)
    if found is None:
        return Target(None, False, ())
    if cap is not None and run.started_at < cap.at:
        found = min(found, Due(outside_pauses(cap.at, run.pauses) or found.at, cap.provisional), key=lambda due: due.at)
    hours = _Hours(clock, run, calendar, calendars)
    steps = [*hours.warnings(found.at), Step("due", "breach", found.at, hours.plain), *hours.after(found.at)]
    return Target(found.at, found.provisional, tuple(in_order(steps)))


def in_order(steps: list[Step]) -> list[Step]:
    """Steps by instant, then by kind, then as they were given."""
    return sorted(steps, key=lambda step: (step.at, RANKS[step.kind]))


def length_of(clock: Clock, extensions: int) -> Duration:
    """How long a clock runs after so many extensions, counted from its original start."""
    rule = clock.extension
    if not extensions or rule is None:
        return Duration.parse(clock.duration or "IMMEDIATE")
    total = Duration.parse(rule.to)
    if rule.each is not None:
        total = Duration(total.unit, total.count + Duration.parse(rule.each).count * (extensions - 1))
    return total if rule.max is None else min(total, Duration.parse(rule.max), key=lambda one: one.count)


def repetition(clock: Clock, run: Run, calendar: Calendar, target: Target, number: int) -> Step | None:
    """The `number`-th time (from 2) that a repeating clock is due; None if there is none, or a pause keeps it away.

    It lies `number - 1` whole lengths after the due instant: it does not drift. It is not plain, because whoever says
    it arms the next.
    """
    text = clock.repeat_every or clock.duration
    if not clock.repeats or text is None or target.due_at is None:
        return None
    if clock.repeat_at_most is not None and number - 1 > clock.repeat_at_most:
        return None
    length = Duration.parse(text)
    if length.count <= 0:
        return None
    every = Duration(length.unit, length.count * (number - 1))
    try:
        at = step_after(target.due_at, every, calendar, clock.time, tuple(run.pauses))
    except _NO_SUCH_INSTANT:
        return None
    moved = sayable(at, run.pauses, clock.quiet, calendar.time_zone)
    return None if moved is None else Step(f"repeat-{number}", "after", moved, plain=False)


def repetitions(clock: Clock, run: Run, calendar: Calendar, target: Target, after: int) -> Iterator[tuple[int, Step]]:
    """The repetitions after the `after`-th, with their numbers. Of several that quiet hours or a pause put off to one
    instant only the last is meant."""
    number = after + 1
    step = repetition(clock, run, calendar, target, number)
    while step is not None:
        following = repetition(clock, run, calendar, target, number + 1)
        if following is None or following.at != step.at:
            yield number, step
        number, step = number + 1, following


def due_of(clock: Clock, run: Run, calendar: Calendar) -> Due | None:
    """When a run is due by its own length, start, extensions and pauses; None while a pause keeps that open."""
    if clock.due_field is not None:
        return _agreed(run, calendar)
    duration = length_of(clock, run.extensions)
    if duration.unit is Unit.IMMEDIATE:
        duration = Duration(Unit.SECONDS, int(GRACE.total_seconds()))
        return due_unless_paused(run.started_at, duration, calendar, basis="elapsed", pauses=tuple(run.pauses))
    return due_unless_paused(
        run.started_at, duration, calendar, basis=clock.time, boundary=clock.boundary, pauses=tuple(run.pauses)
    )


def _agreed(run: Run, calendar: Calendar) -> Due | None:
    """An agreed instant is put off by the pauses before it, as any other."""
    if run.due_fact is None:
        return None
    try:
        agreed = datetime.fromisoformat(run.due_fact)
    except ValueError:
        return None
    if agreed.tzinfo is None:  # a date: until the end of that day where the calendar is
        noon = agreed.replace(hour=12, tzinfo=zone(calendar.time_zone))
        found = due_unless_paused(noon, Duration(Unit.DAYS, 0), calendar, basis="elapsed")
        agreed = found.at if found is not None else noon
    for begins, ends in run.pauses:
        if begins < agreed:
            if ends is None:
                return None
            agreed += ends - begins
    return Due(agreed.astimezone(UTC), provisional=False)


@dataclass(frozen=True)
class _Hours:
    """Puts the steps of a run to their instants: each counted and kept quiet in its own calendar."""

    clock: Clock
    run: Run
    calendar: Calendar
    calendars: Mapping[str, Calendar]

    @property
    def plain(self) -> bool:
        """Steps of which not all are said when they come late are decided on together."""
        return self.clock.catch_up == "all"

    def warnings(self, due_at: datetime) -> Iterator[Step]:
        """Those between start and due instant: what quiet hours put off beyond that, the breach itself says."""
        for warning in self.clock.warnings:
            try:
                at = self._before(warning, due_at)
            except _NO_SUCH_INSTANT:
                continue
            moved = self._moved(warning, at) if self.run.started_at <= at < due_at else None
            if moved is not None and moved < due_at:
                yield Step(warning.id, "warn", moved, self.plain)

    def after(self, due_at: datetime) -> Iterator[Step]:
        """Those after the due instant that no open pause keeps away."""
        for rung in self.clock.after_breach:
            calendar, basis = self._of(rung), rung.time or self.clock.time
            try:
                at = step_after(due_at, Duration.parse(rung.after), calendar, basis, tuple(self.run.pauses))
            except _NO_SUCH_INSTANT:
                continue
            moved = self._moved(rung, at)
            if moved is not None:
                yield Step(rung.id, "after", moved, self.plain)

    def _before(self, warning: Warning_, due_at: datetime) -> datetime:
        calendar, basis, pauses = self._of(warning), warning.time or self.clock.time, tuple(self.run.pauses)
        if warning.percent is not None:
            return fraction_point(self.run.started_at, due_at, warning.percent, calendar, basis, pauses)
        return step_before(due_at, Duration.parse(warning.before or "PT0S"), calendar, basis, pauses)

    def _moved(self, step: Warning_ | AfterBreach, at: datetime) -> datetime | None:
        windows = self.clock.quiet if step.quiet is None else step.quiet
        return sayable(at, self.run.pauses, windows, self._of(step).time_zone)

    def _of(self, step: Warning_ | AfterBreach) -> Calendar:
        if step.calendar is None:
            return self.calendar
        if step.calendar not in self.calendars:
            raise NotFound("there is no such calendar", field="calendar")
        return self.calendars[step.calendar]
