"""Durations that count dates: from an instant to the n-th working day, calendar day, month or year.

The start's own date is not counted. What pauses do: a date is not counted if the clock stands paused at that date's
boundary (the instant at which it would be due), nor is a working day whose opening hours were paused whole. So a
clock paused from one day to a later one loses the days from the first until the day before the last, and no clock
falls due inside a pause.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.business_time.compiled import CompiledCalendar
from shared.business_time.durations import Duration, Unit
from shared.business_time.pauses import FOREVER
from shared.business_time.zones import FIRST_YEAR, LAST_YEAR
from shared.errors import CalendarNeverOpen, InvalidInput

Boundary = Literal["end-of-day", "closing-time", "same-time"]
"""When on its date something is due: 24:00, the last closing time (24:00 where it does not open), or the wall time of
the start (moved forward out of a spring gap; the first of two in autumn)."""


@dataclass(frozen=True, slots=True)
class DateCount:
    """Counting dates from a start: `first` is its local date, `wall` its time of day in microseconds."""

    axis: CompiledCalendar
    first: int
    wall: int
    boundary: Boundary
    working: bool
    spans: list[tuple[int, int]]

    def due_at(self, ordinal: int) -> int:
        """The instant at which something due on that date is due."""
        return _due_at(self.axis, ordinal, self.wall, self.boundary)

    def nth(self, count: int) -> int:
        """The `count`-th date after the first (before it, if negative), pauses apart; the first itself for 0."""
        if self.working and count:
            return self.axis.nth_working_day(self.first, count)
        return self.first + count

    def lost(self, begin: int) -> list[int]:
        """The dates from `begin` on that pauses take out, in order; a pause that has not ended is left aside."""
        lost: set[int] = set()
        for begins, ends in self.spans:
            if ends == FOREVER:
                break
            lost.update(self.lost_to(begins, ends, begin))
        return sorted(lost)

    def lost_to(self, begins: int, ends: int, begin: int) -> Iterator[int]:
        """The dates from `begin` on that pauses take out, among those on which this one lies."""
        for ordinal in range(max(begin, self.axis.local_date(begins)), self.axis.local_date(ends) + 1):
            hours = self.axis.spans(ordinal) if self.working else []
            if self.working and not hours:
                continue
            if begins < self.due_at(ordinal) <= ends or (self.working and self._paused_whole(hours)):
                yield ordinal

    def _paused_whole(self, hours: list[tuple[int, int]]) -> bool:
        return all(any(begins <= opens and closes <= ends for begins, ends in self.spans) for opens, closes in hours)


def date_count(
    axis: CompiledCalendar, start: int, duration: Duration, boundary: Boundary, spans: list[tuple[int, int]]
) -> DateCount:
    """How `duration`, which counts dates, is counted from the instant `start`."""
    if spans and duration.count < 0:
        raise InvalidInput("a duration in days that points backwards takes no pauses", field="pauses")
    first, wall = axis.local(start)
    return DateCount(axis, first, wall, boundary, duration.unit is Unit.WORKING_DAYS, spans)


def due_on_date(
    axis: CompiledCalendar, start: int, duration: Duration, boundary: Boundary, spans: list[tuple[int, int]]
) -> tuple[int, int] | None:
    """The due instant (microseconds) and its date; None if a pause that has not ended keeps it from coming."""
    if not spans and duration.unit is Unit.WORKING_DAYS and duration.count:  # what most deadlines are
        first, wall = axis.days.locate(start)
        ordinal = axis.nth_working_day(first, duration.count)
        return _due_at(axis, ordinal, wall, boundary), ordinal
    dates = date_count(axis, start, duration, boundary, spans)
    count = duration.count if dates.working else date_after(dates.first, duration) - dates.first
    if dates.working and count == 0 and not axis.is_working_day(dates.first):
        count = 1  # "the same working day" from a day off is the next one
    if spans:
        count = _beyond(dates, count)
    ordinal = dates.nth(count)
    at = dates.due_at(ordinal)
    if spans and spans[-1][1] == FOREVER and spans[-1][0] < at:
        return None
    return at, ordinal


def _due_at(axis: CompiledCalendar, ordinal: int, wall: int, boundary: Boundary) -> int:
    if boundary == "same-time":
        return axis.days.wall_time(ordinal, wall)
    closing = axis.closing(ordinal) if boundary == "closing-time" else None
    return axis.end_of_day(ordinal) if closing is None else closing


def date_after(ordinal: int, duration: Duration) -> int:
    """The date (ordinal) so many calendar days, weeks, months or years after a date; months clip to their last day."""
    count = duration.count
    if duration.unit in (Unit.DAYS, Unit.WEEKS):
        result = ordinal + count * (7 if duration.unit is Unit.WEEKS else 1)
        if not date(FIRST_YEAR, 1, 1).toordinal() <= result <= date(LAST_YEAR, 12, 31).toordinal():
            raise CalendarNeverOpen("the date lies outside the calendar's horizon", field="duration")
        return result
    day = date.fromordinal(ordinal)
    months = day.year * 12 + day.month - 1 + count * (12 if duration.unit is Unit.YEARS else 1)
    year, month = divmod(months, 12)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarNeverOpen("the date lies outside the calendar's horizon", field="duration")
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1).toordinal()
    return min(date(year, month + 1, 1).toordinal() + day.day - 1, following - 1)


def _beyond(dates: DateCount, count: int) -> int:
    """The index of the date on which `count` dates that pauses leave have been counted."""
    begin = dates.first + 1 if count else dates.first
    lost: set[int] = set()
    index, last = count, dates.nth(count)
    for begins, ends in dates.spans:
        if ends == FOREVER or dates.axis.local_date(begins) > last:
            break  # no later pause reaches back to a date before its own
        lost.update(dates.lost_to(begins, ends, begin))
        ordered = sorted(lost)
        while (wanted := count + bisect_right(ordered, last)) != index:
            index, last = wanted, dates.nth(wanted)
    return index
