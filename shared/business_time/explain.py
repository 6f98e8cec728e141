"""Why something is due when it is: every date that was counted or skipped, by name, and what pauses took out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.business_time.calendars import Calendar, Name
from shared.business_time.compiled import CompiledCalendar, compiled
from shared.business_time.dates import Boundary, date_count
from shared.business_time.due import Due, TimeBasis, due_unless_paused
from shared.business_time.durations import Duration, Unit
from shared.business_time.pauses import FOREVER, WALL, Axis, Pauses, clipped, elapsed_paused, united
from shared.business_time.zones import SECOND, TZDATA_VERSION, instant_of, micros

MOST_DAYS = 3_700
"""An explanation lists at most so many dates, about ten years; `Explanation.cut_short` says if there were more."""


class Reason(StrEnum):
    """Why a date was counted or not."""

    START_DATE = "start-date"
    WORKING_DAY = "working-day"
    MAKEUP_WORKDAY = "makeup-workday"
    CALENDAR_DAY = "calendar-day"
    WEEKLY_CLOSURE = "weekly-closure"
    HOLIDAY = "holiday"
    SPECIAL_CLOSURE = "special-closure"
    PAUSED = "paused"
    OUTSIDE = "outside"


_OPEN = (Reason.WORKING_DAY, Reason.MAKEUP_WORKDAY)


@dataclass(frozen=True, slots=True)
class Day:
    """One local date. `number` is its place among the counted dates, None if it was skipped; `seconds` is the business
    time counted on it (business hours and minutes only); `name` names the holiday or the make-up workday."""

    date: date
    number: int | None
    reason: Reason
    name: Name
    seconds: float


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause as far as it lay between start and due: from, to (None: not ended), and the seconds it took out.

    For durations that count dates the seconds are 0: what they lost stands among the days."""

    begins: datetime
    ends: datetime | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a due date rests on. `due` is None while a pause that has not ended keeps it from coming.

    `next_opening` is the first open instant at or after the due instant (None where opening hours play no part): what
    is due exactly at closing time can only be worked on from then.
    """

    start: datetime
    duration: Duration
    time_basis: TimeBasis
    boundary: Boundary
    calendar: Calendar
    tzdata: str
    due: Due | None
    next_opening: datetime | None
    days: tuple[Day, ...]
    pauses: tuple[Paused, ...]
    cut_short: bool

    @property
    def skipped(self) -> tuple[Day, ...]:
        """The dates that were not counted."""
        return tuple(day for day in self.days if day.number is None)

    @property
    def counted(self) -> tuple[Day, ...]:
        """The dates that were counted, in order."""
        return tuple(day for day in self.days if day.number is not None)


def explain(
    start: datetime,
    duration: Duration,
    calendar: Calendar,
    *,
    time_basis: TimeBasis,
    boundary: Boundary = "end-of-day",
    pauses: Pauses = (),
) -> Explanation:
    """Explain what `due` answers to the same question."""
    result = due_unless_paused(start, duration, calendar, time_basis=time_basis, boundary=boundary, pauses=pauses)
    axis, begins, spans = compiled(calendar), micros(start, field="start"), united(pauses)
    in_hours = duration.unit is Unit.SECONDS and time_basis == "business"
    ends = micros(result.at) if result else (spans[-1][0] if spans else begins)
    days: list[Day] = []
    first, last = axis.local_date(begins), axis.local_date(ends - 1)
    if duration.in_days:
        days = _dates(axis, begins, ends, duration, boundary, spans)
    elif in_hours and ends > begins:
        days = _hours(axis, begins, ends, spans, min(last, first + MOST_DAYS))
    return Explanation(
        start=instant_of(begins),
        duration=duration,
        time_basis=time_basis,
        boundary=boundary,
        calendar=calendar,
        tzdata=TZDATA_VERSION,
        due=result,
        next_opening=instant_of(axis.next_opening(ends)) if result and in_hours else None,
        days=tuple(days[:MOST_DAYS]),
        pauses=_paused(axis if in_hours else WALL, begins, ends, spans, in_days=duration.in_days),
        cut_short=last - first > MOST_DAYS and bool(days),
    )


def _dates(
    axis: CompiledCalendar,
    begins: int,
    ends: int,
    duration: Duration,
    boundary: Boundary,
    spans: list[tuple[int, int]],
) -> list[Day]:
    dates = date_count(axis, begins, duration, boundary, spans)
    last = axis.local_date(ends) if boundary == "same-time" else axis.local_date(ends - 1)
    same_day = duration.count == 0
    lost = set(dates.lost(dates.first if same_day else dates.first + 1))
    days: list[Day] = []
    number = 0
    step = -1 if duration.count < 0 else 1
    for ordinal in list(range(dates.first, last + step, step))[: MOST_DAYS + 1]:
        reason, name = _of_date(axis, ordinal)
        open_day = reason in _OPEN
        if ordinal == dates.first and not same_day:
            reason = Reason.START_DATE
        elif ordinal in lost:
            reason = Reason.PAUSED
        elif open_day or not dates.working:
            number += 1
            reason = reason if open_day and dates.working else Reason.CALENDAR_DAY
            days.append(Day(date.fromordinal(ordinal), number, reason, name, 0.0))
            continue
        days.append(Day(date.fromordinal(ordinal), None, reason, name, 0.0))
    return days


def _hours(axis: CompiledCalendar, begins: int, ends: int, spans: list[tuple[int, int]], last: int) -> list[Day]:
    days: list[Day] = []
    number = 0
    for ordinal in range(axis.local_date(begins), last + 1):
        midnight, end_of_day = axis.wall_time(ordinal, 0), axis.end_of_day(ordinal)
        first, final = max(begins, midnight), min(ends, end_of_day)
        used = elapsed_paused(axis, first, final, spans) if first < final else 0
        reason, name = _of_date(axis, ordinal)
        if used:
            number += 1
            days.append(Day(date.fromordinal(ordinal), number, reason, name, used / SECOND))
            continue
        if reason in _OPEN:
            open_then = first < final and axis.elapsed(first, final) > 0
            reason = Reason.PAUSED if open_then else Reason.OUTSIDE
        days.append(Day(date.fromordinal(ordinal), None, reason, name, 0.0))
    return days


def _of_date(axis: CompiledCalendar, ordinal: int) -> tuple[Reason, Name]:
    """What the calendar says of a date, pauses apart."""
    calendar, day, nameless = axis.calendar, date.fromordinal(ordinal), Name("", "")
    is_open = axis.is_working_day(ordinal)
    name = calendar.holidays.get(day) or calendar.makeup_workdays.get(day) or nameless
    if day in calendar.special_hours:
        return (Reason.WORKING_DAY if is_open else Reason.SPECIAL_CLOSURE), name
    if day in calendar.holidays:
        return Reason.HOLIDAY, name
    if not is_open:
        return Reason.WEEKLY_CLOSURE, nameless
    return (Reason.MAKEUP_WORKDAY if day in calendar.makeup_workdays else Reason.WORKING_DAY), name


def _paused(axis: Axis, begins: int, ends: int, spans: list[tuple[int, int]], *, in_days: bool) -> tuple[Paused, ...]:
    open_from = spans[-1][0] if spans and spans[-1][1] == FOREVER else None
    taken = [
        Paused(instant_of(first), instant_of(last), 0.0 if in_days else axis.elapsed(first, last) / SECOND)
        for first, last in clipped(begins, ends, spans)
        if first != open_from
    ]
    if open_from is not None and open_from <= ends:
        taken.append(Paused(instant_of(open_from), None, 0.0))
    return tuple(taken)
