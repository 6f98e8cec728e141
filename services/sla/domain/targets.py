"""When a run is due, and the instants of its steps before and after that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.sla.domain.runs import Run
from shared.business_time.calendars import Calendar
from shared.business_time.due import Due, due_unless_paused, fraction_point, step_after, step_before
from shared.business_time.durations import Duration, Unit
from shared.business_time.zones import zone
from shared.errors import HuiyinError
from shared.procedures.model import Clock

GRACE = timedelta(seconds=60)
"""What "at once" allows: an immediate clock is met within it (decision in docs/clocks.md)."""

Kind = Literal["warn", "breach", "after", "look"]


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


def target_of(clock: Clock, run: Run, calendar: Calendar) -> Target:
    """Compute the target of a run from its start, extensions and pauses."""
    found = _due(clock, run, calendar)
    if found is None:
        return Target(None, False, ())
    steps = [*_warnings(clock, run, found.at, calendar), Step("due", "breach", found.at)]
    steps += [
        Step(one.id, "after", step_after(found.at, Duration.parse(one.after), calendar, clock.time))
        for one in clock.after_breach
    ]
    return Target(found.at, found.provisional, tuple(sorted(steps, key=lambda step: (step.at, step.kind == "after"))))


def repetition(clock: Clock, run: Run, calendar: Calendar, target: Target, number: int) -> Step | None:
    """The `number`-th repetition (from 2) of a clock that is due again and again; None if it does not repeat."""
    if not clock.repeats or clock.duration is None or target.due_at is None:
        return None
    at = target.due_at
    for _ in range(number - 1):
        at = step_after(at, Duration.parse(clock.duration), calendar, clock.time)
    return Step(f"repeat-{number}", "after", at, plain=False)


def _due(clock: Clock, run: Run, calendar: Calendar) -> Due | None:
    if clock.due_field is not None:
        return _agreed(run, calendar)
    text = clock.duration
    if run.extensions and clock.extension is not None:
        text = clock.extension.to  # a total, counted from the original start
    duration = Duration.parse(text or "IMMEDIATE")
    if duration.unit is Unit.IMMEDIATE:
        return Due(run.started_at + GRACE, provisional=False)
    return due_unless_paused(
        run.started_at, duration, calendar, basis=clock.time, boundary=clock.boundary, pauses=tuple(run.pauses)
    )


def _agreed(run: Run, calendar: Calendar) -> Due | None:
    if run.due_fact is None:
        return None
    try:
        agreed = datetime.fromisoformat(run.due_fact)
    except ValueError:
        return None
    if agreed.tzinfo is None:  # a date: until the end of that day where the calendar is
        noon = agreed.replace(hour=12, tzinfo=zone(calendar.time_zone))
        return due_unless_paused(noon, Duration(Unit.DAYS, 0), calendar, basis="elapsed")
    return Due(agreed.astimezone(UTC), provisional=False)


def _warnings(clock: Clock, run: Run, due_at: datetime, calendar: Calendar) -> list[Step]:
    steps = []
    for warning in clock.warnings:
        try:
            if warning.percent is not None:
                at = fraction_point(run.started_at, due_at, warning.percent, calendar, clock.time, tuple(run.pauses))
            else:
                at = step_before(
                    due_at, Duration.parse(warning.before or "PT0S"), calendar, clock.time, tuple(run.pauses)
                )
        except HuiyinError:
            continue  # no such instant: an agreed date before the start, or an open pause
        if run.started_at <= at < due_at:
            steps.append(Step(warning.id, "warn", at))
    return steps
