"""How long a clock ran, in its own measure (pure).

| target | measured in |
|---|---|
| `PnWD` | working days of the calendar after the start's date, up to the date of the end |
| `PnD`, weeks, months, years | calendar days after the start's date, up to the date of the end |
| `PT…` from four hours on, an agreed date | hours: elapsed or in opening hours, as the clock says |
| shorter `PT…`, at once | minutes of the same |

Dates are those of the calendar's zone; an end at 24:00 belongs to the day that ends there. So a clock of `P15WD` that
is stopped in time has run 15 working days at most. Pauses are taken out as the due instant takes them out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.business_time.calendars import Calendar
from shared.business_time.compiled import compiled
from shared.business_time.dates import Boundary, date_count
from shared.business_time.due import TimeBasis, elapsed_seconds
from shared.business_time.durations import Duration, Unit
from shared.business_time.pauses import united
from shared.business_time.zones import LAST_YEAR, instant_of, micros
from shared.errors import CalendarNeverOpen
from shared.procedures.model import Clock

_SHORT = 4 * 3_600
_NEVER = LAST_YEAR * 366

WORKING_DAYS, DAYS = "working-days", "days"

Paused = Sequence[tuple[datetime, datetime | None]]


@dataclass(frozen=True)
class Measure:
    """The measure of one clock. `unit` is a stable word; `divisor` is that many seconds (0: dates are counted)."""

    unit: str
    divisor: int
    calendar: Calendar
    time_basis: TimeBasis
    duration: Duration
    boundary: Boundary

    @staticmethod
    def of(clock: Clock, calendar: Calendar) -> Measure:
        """The measure of a clock on its calendar."""
        # an agreed date has no length of its own: it counts as a long one
        # and one by a table is measured by its first
        duration = Duration.parse(clock.durations[0]) if clock.durations else Duration(Unit.SECONDS, _SHORT)
        if duration.in_days:
            unit, divisor = (WORKING_DAYS if duration.unit is Unit.WORKING_DAYS else DAYS), 0
        else:
            word, divisor = ("hours", 3_600) if duration.count >= _SHORT else ("minutes", 60)
            unit = f"{clock.time}-{word}"
        return Measure(unit, divisor, calendar, clock.time, duration, clock.boundary)

    def elapsed(self, start: datetime, end: datetime, pauses: Paused = ()) -> float:
        """What counted from `start` to `end`, which is not before it; a pause still open lasts to the end."""
        if self.divisor:
            ended = [(begins, until or end) for begins, until in pauses if until is not None or begins < end]
            return elapsed_seconds(start, end, self.calendar, self.time_basis, ended) / self.divisor
        axis = compiled(self.calendar)
        first = axis.local(micros(start))[0]
        last = self._date_of(end, not_before=first)
        # an open pause takes the date of the end too, as it would have stood at that date's boundary
        spans = united([(begins, until or instant_of(axis.end_of_day(last))) for begins, until in pauses])
        dates = date_count(axis, micros(start), self.duration, self.boundary, spans)
        lost = sum(ordinal <= last for ordinal in dates.lost(first + 1)) if spans else 0
        return float(self._dates(first, last) - lost)

    def late_by(self, due_at: datetime, end: datetime) -> float:
        """What counted from the due instant to an end after it."""
        if self.divisor:
            return elapsed_seconds(due_at, end, self.calendar, self.time_basis) / self.divisor
        due_on = self._date_of(due_at, not_before=0)
        return float(self._dates(due_on, self._date_of(end, not_before=due_on)))

    def _date_of(self, at: datetime, *, not_before: int) -> int:
        return max(not_before, compiled(self.calendar).local_date(micros(at) - 1))

    def _dates(self, first: int, last: int) -> int:
        """How many dates that count lie after `first`, up to `last`."""
        if self.unit == DAYS:
            return last - first
        axis = compiled(self.calendar)

        def nth(count: int) -> int:
            try:
                return axis.nth_working_day(first, count)
            except CalendarNeverOpen:
                return _NEVER

        return bisect_right(range(1, last - first + 1), last, key=nth)
