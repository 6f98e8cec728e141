"""When something is due, and the instants around it: what the deadlines of a case are computed with.

Pure functions of their arguments. Instants go in aware and come out aware in UTC, exact to the microsecond.
The decisions behind them stand in docs/business-time.md. A duration in days means dates of the calendar and does not
look at `time_basis`; `time_basis` says what a duration in hours and minutes counts: every second, or opening hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.business_time.calendars import Calendar
from shared.business_time.compiled import CompiledCalendar, compiled
from shared.business_time.dates import Boundary, date_after, due_on_date
from shared.business_time.durations import Duration, Unit
from shared.business_time.pauses import WALL, Axis, Pauses, add_paused, elapsed_paused, united
from shared.business_time.zones import SECOND, instant_of, micros
from shared.errors import Conflict, InvalidInput

__all__ = [
    "Boundary",
    "Due",
    "Pauses",
    "Period",
    "TimeBasis",
    "due",
    "due_unless_paused",
    "elapsed_seconds",
    "fraction_point",
    "is_open",
    "next_opening",
    "period",
    "step_after",
    "step_before",
]

TimeBasis = Literal["elapsed", "business"]
Period = Literal["business-hours", "off-hours", "holiday"]


@dataclass(frozen=True, slots=True)
class Due:
    """A due instant (UTC); `provisional` if a date it rests on has no official list of holidays yet."""

    at: datetime
    provisional: bool


def due(
    start: datetime,
    duration: Duration,
    calendar: Calendar,
    *,
    time_basis: TimeBasis,
    boundary: Boundary = "end-of-day",
    pauses: Pauses = (),
) -> Due:
    """When a clock that began at `start` falls due.

    Raises `Conflict` if a pause that has not ended keeps it from ever falling due (see `due_unless_paused`), and
    `CalendarNeverOpen` if the calendar's horizon does not hold so much business time.
    """
    result = due_unless_paused(start, duration, calendar, time_basis=time_basis, boundary=boundary, pauses=pauses)
    if result is None:
        raise Conflict("the clock is paused: nothing is due until the pause ends", field="pauses")
    return result


def due_unless_paused(
    start: datetime,
    duration: Duration,
    calendar: Calendar,
    *,
    time_basis: TimeBasis,
    boundary: Boundary = "end-of-day",
    pauses: Pauses = (),
) -> Due | None:
    """As `due`, with None while a pause that has not ended keeps the clock from falling due.

    A clock whose time was used up before that pause began has its due instant all the same.
    """
    if duration.unit is Unit.IMMEDIATE:
        return Due(instant_of(micros(start, field="start")), provisional=False)
    calculator, begins = compiled(calendar), micros(start, field="start")
    spans = united(pauses) if pauses else []
    if duration.unit is Unit.SECONDS:
        at = add_paused(_axis(calculator, time_basis), begins, duration.count * SECOND, spans)
        rests_on_holidays = time_basis == "business"
    else:
        found = due_on_date(calculator, begins, duration, boundary, spans)
        at = found[0] if found else None
        rests_on_holidays = duration.unit is Unit.WORKING_DAYS or boundary == "closing-time"
    if at is None:
        return None
    return Due(instant_of(at), rests_on_holidays and calculator.is_provisional(begins, at))


def step_before(
    target: datetime, amount: Duration, calendar: Calendar, time_basis: TimeBasis, pauses: Pauses = ()
) -> datetime:
    """The instant `amount` before `target`, counted on the same time basis: a warning, a reminder.

    Days keep the target's wall time; a target at 24:00 belongs to the day that ends there, and so does the step.
    Pauses count for hours and minutes only. `IMMEDIATE` is the target itself.
    """
    return _step(target, -amount, calendar, time_basis, pauses)


def step_after(
    target: datetime, amount: Duration, calendar: Calendar, time_basis: TimeBasis, pauses: Pauses = ()
) -> datetime:
    """The instant `amount` after `target`, as `step_before`: a rung of the ladder after a breach.

    Raises `Conflict` if a pause that has not ended keeps it from coming.
    """
    return _step(target, amount, calendar, time_basis, pauses)


def fraction_point(
    start: datetime, target: datetime, percent: float, calendar: Calendar, time_basis: TimeBasis, pauses: Pauses = ()
) -> datetime:
    """The instant at which `percent` of the time from `start` to `target` has been used up, to the microsecond.

    100 is `target` itself; more than 100 lies after it, in the same measure. Raises `InvalidInput` if `percent` is
    negative or `target` lies before `start`, `Conflict` if an unended pause keeps it from coming.
    """
    if not 0 <= percent <= 10_000:
        raise InvalidInput("a percentage lies between 0 and 10000", field="percent")
    begins, ends = _ordered(start, target)
    if percent == 100:
        return instant_of(ends)
    axis, spans = _axis(compiled(calendar), time_basis), united(pauses)
    amount = round(elapsed_paused(axis, begins, ends, spans) * percent / 100)
    at = add_paused(axis, begins, amount, spans)
    if at is None:
        raise Conflict("the clock is paused: nothing is due until the pause ends", field="pauses")
    return instant_of(min(at, ends) if percent < 100 else max(at, ends))


def elapsed_seconds(
    start: datetime, end: datetime, calendar: Calendar, time_basis: TimeBasis, pauses: Pauses = ()
) -> float:
    """Seconds counted from `start` to `end` outside the pauses; raises `InvalidInput` if `end` lies before `start`."""
    begins, ends = _ordered(start, end)
    return elapsed_paused(_axis(compiled(calendar), time_basis), begins, ends, united(pauses)) / SECOND


def next_opening(instant: datetime, calendar: Calendar) -> datetime:
    """`instant` itself if the calendar is open then, else its next opening."""
    return instant_of(compiled(calendar).next_opening(micros(instant)))


def is_open(instant: datetime, calendar: Calendar) -> bool:
    """Whether `instant` lies in opening hours; closing time does not."""
    return compiled(calendar).is_open(micros(instant))


def period(instant: datetime, calendar: Calendar) -> Period:
    """Opening hours, other hours of a working day, or a date that is no working day ("holiday", weekends too)."""
    calculator, at = compiled(calendar), micros(instant)
    if calculator.is_open(at):
        return "business-hours"
    return "off-hours" if calculator.is_working_day(calculator.local_date(at)) else "holiday"


def _step(target: datetime, amount: Duration, calendar: Calendar, time_basis: TimeBasis, pauses: Pauses) -> datetime:
    at, calculator = micros(target, field="target"), compiled(calendar)
    if amount.unit is Unit.IMMEDIATE:
        return instant_of(at)
    if amount.unit is Unit.SECONDS:
        end = add_paused(_axis(calculator, time_basis), at, amount.count * SECOND, united(pauses))
        if end is None:
            raise Conflict("the clock is paused: nothing is due until the pause ends", field="pauses")
        return instant_of(end)
    ordinal = calculator.local_date(at - 1)
    at_day_end = calculator.end_of_day(ordinal) == at
    wall = 0
    if not at_day_end:
        ordinal, wall = calculator.local(at)
    if amount.unit is not Unit.WORKING_DAYS:
        ordinal = date_after(ordinal, amount)
    elif amount.count:
        ordinal = calculator.nth_working_day(ordinal, amount.count)
    if at_day_end:
        return instant_of(calculator.end_of_day(ordinal))
    return instant_of(calculator.wall_time(ordinal, wall))


def _axis(calculator: CompiledCalendar, time_basis: TimeBasis) -> Axis:
    if time_basis not in ("elapsed", "business"):
        raise InvalidInput("a time basis is elapsed or business", field="time_basis")
    return calculator if time_basis == "business" else WALL


def _ordered(start: datetime, end: datetime) -> tuple[int, int]:
    begins, ends = micros(start, field="start"), micros(end, field="end")
    if ends < begins:
        raise InvalidInput("the end lies before the start", field="end")
    return begins, ends
