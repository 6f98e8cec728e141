"""Durations that count dates: from an instant to the n-th working day, calendar day, month or year.

The start's own date is not counted. What pauses do: a date is not counted if the clock stands paused at that date's
boundary (the instant at which it would be due), nor is a working day whose opening hours were paused whole. So a
clock paused from one day to a later one loses the days from the first until the day before the last, and no clock
falls due inside a pause.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from typing import Literal

from shared.business_time.compiled import CompiledCalendar
from shared.business_time.durations import Duration, Unit
from shared.business_time.pauses import FOREVER
from shared.errors import CalendarNeverOpen, InvalidInput

Boundary = Literal["end-of-day", "closing-time", "same-time"]
"""When on its date something is due: 24:00, the last closing time (24:00 where it does not open), or the wall time of
the start (moved forward out of a spring gap; the first of two in autumn)."""

Spans = list[tuple[int, int]]


def due_on_date(
    axis: CompiledCalendar, start: int, duration: Duration, boundary: Boundary, spans: Spans
) -> tuple[int, int] | None:
    """The due instant (microseconds) and its date; None if a pause that has not ended keeps it from coming."""
    if spans and duration.count < 0:
        raise InvalidInput("a duration in days that points backwards takes no pauses", field="pauses")
    first, wall = axis.local(start)

    def due_at(ordinal: int) -> int:
        if boundary == "same-time":
            return axis.wall_time(ordinal, wall)
        closing = axis.closing(ordinal) if boundary == "closing-time" else None
        return axis.end_of_day(ordinal) if closing is None else closing

    working = duration.unit is Unit.WORKING_DAYS
    count = duration.count if working else date_after(first, duration) - first
    if working and count == 0 and not axis.is_working_day(first):
        count = 1  # "the same working day" from a day off is the next one

    def nth(n: int) -> int:
        return axis.nth_working_day(first, n) if working and n else first + n

    if spans:
        lost = _lost_dates(axis, spans, first + 1 if count else first, due_at, working=working)
        count = _beyond(count, nth, lost)
    ordinal = nth(count)
    at = due_at(ordinal)
    if spans and spans[-1][1] == FOREVER and spans[-1][0] < at:
        return None
    return at, ordinal


def date_after(ordinal: int, duration: Duration) -> int:
    """The date (ordinal) so many calendar days, weeks, months or years after a date; months clip to their last day."""
    count = duration.count
    if duration.unit in (Unit.DAYS, Unit.WEEKS):
        result = ordinal + count * (7 if duration.unit is Unit.WEEKS else 1)
        if not 1 <= result <= date.max.toordinal() - 1_000:
            raise CalendarNeverOpen("the date lies outside the calendar's horizon", field="duration")
        return result
    day = date.fromordinal(ordinal)
    months = day.year * 12 + day.month - 1 + count * (12 if duration.unit is Unit.YEARS else 1)
    year, month = divmod(months, 12)
    if not 3 <= year <= 9_990:
        raise CalendarNeverOpen("the date lies outside the calendar's horizon", field="duration")
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1).toordinal()
    return min(date(year, month + 1, 1).toordinal() + day.day - 1, following - 1)


def _beyond(count: int, nth: Callable[[int], int], lost: list[int]) -> int:
    """The index of the date on which `count` dates that are not lost have been counted."""
    index = count
    while True:
        wanted = count + bisect_right(lost, nth(index))
        if wanted == index:
            return index
        index = wanted


def _lost_dates(
    axis: CompiledCalendar, spans: Spans, first: int, due_at: Callable[[int], int], *, working: bool
) -> list[int]:
    """The dates from `first` on that ended pauses take out, in order."""
    lost: set[int] = set()
    for begins, ends in spans:
        if ends == FOREVER:
            break
        for ordinal in range(max(first, axis.local_date(begins)), axis.local_date(ends) + 1):
            if working and not axis.is_working_day(ordinal):
                continue
            hours = axis.spans(ordinal) if working else []
            paused_whole = working and all(
                any(begins <= opens and closes <= ends for begins, ends in spans) for opens, closes in hours
            )
            if paused_whole or begins < due_at(ordinal) <= ends:
                lost.add(ordinal)
    return sorted(lost)
