"""A calendar compiled to sorted intervals with prefix sums: adding and measuring business time are binary searches.

All instants here are microseconds since the epoch (`zones`), all dates are proleptic ordinals. Years are compiled when
a question first reaches them, and kept; after that the cost of a question does not depend on the span it covers.
Opening hours are half-open: an instant at closing time is no longer open.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date

from shared.business_time.calendars import Calendar
from shared.business_time.zones import (
    DAY,
    EPOCH_ORDINAL,
    FIRST_YEAR,
    LAST_YEAR,
    SECOND,
    instant_of,
    local_days,
    local_micros,
    zone,
)
from shared.errors import CalendarNeverOpen

HORIZON_YEARS = 200
"""How far from the question an answer is looked for; beyond it, `CalendarNeverOpen`."""

_NO_BOUND = 1 << 62
_MOST_YEARS = 1_000  # what one calendar keeps compiled


@dataclass(frozen=True, slots=True)
class _Table:
    """Whole years [first, last]. `before[i]` and `total` are the business time from a fixed origin to `opens[i]` and to
    the end; before the origin it is negative."""

    first: int
    last: int
    starts: int
    ends: int
    opens: list[int]
    closes: list[int]
    before: list[int]
    total: int
    workdays: list[int]


class CompiledCalendar:
    """Business time on one calendar. Safe to share between threads: tables are replaced, never changed."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._zone = zone(calendar.time_zone)
        self.days = local_days(self._zone)
        self._fold_second = calendar.closing_in_ambiguous_hour == "second"
        self._table: _Table | None = None
        official = (calendar.published_from, calendar.published_until)
        self._official_from, self._official_until = (
            -_NO_BOUND if official[0] is None else self.wall_time(official[0].toordinal(), 0),
            _NO_BOUND if official[1] is None else self.end_of_day(official[1].toordinal()),
        )
        dated = [*calendar.holidays, *calendar.makeup_workdays, *calendar.special_hours]
        opens_weekly = any(calendar.week)
        # without weekly hours nothing opens outside the years of its dated exceptions
        self._opens_from = FIRST_YEAR if opens_weekly else min(day.year for day in dated)
        self._opens_until = LAST_YEAR if opens_weekly else max(day.year for day in dated)

    @property
    def years(self) -> int:
        """How many years are compiled now: what it holds of memory is in proportion."""
        return self._table.last - self._table.first + 1 if self._table else 0

    def elapsed(self, start: int, end: int) -> int:
        """Business microseconds from `start` to `end`; negative if `end` lies before."""
        table = self._covering(start, end)
        return _position(table, end) - _position(table, start)

    def add(self, start: int, amount: int) -> int:
        """The instant `amount` business microseconds after `start` (before it, if negative).

        The nearest such instant: an amount used up exactly at closing time ends there, one counted back exactly to
        opening time ends there. A zero amount gives `start` if open then, else the next opening.
        """
        if amount > 0:
            return self._forward(start, amount)
        if amount < 0:
            return self._backward(start, -amount)
        return self.next_opening(start)

    def next_opening(self, at: int) -> int:
        """`at` itself if open then, else the first opening after it."""
        table = self._covering(at, at)
        index = bisect_right(table.opens, at) - 1
        if index >= 0 and at < table.closes[index]:
            return at
        while index + 1 >= len(table.opens):
            table = self._extended_until(table, self._limit(at, 1))
            index = bisect_right(table.opens, at) - 1
        return table.opens[index + 1]

    def is_open(self, at: int) -> bool:
        """Whether `at` lies in opening hours."""
        table = self._covering(at, at)
        index = bisect_right(table.opens, at) - 1
        return index >= 0 and at < table.closes[index]

    def local_date(self, at: int) -> int:
        """The local date on which `at` falls."""
        return self.days.locate(at)[0]

    def local(self, at: int) -> tuple[int, int]:
        """The local date on which `at` falls, and the time of day on the wall as microseconds since 00:00."""
        return self.days.locate(at)

    def wall_time(self, ordinal: int, us_of_day: int) -> int:
        """The instant of a local wall time on a date; `zones.local_micros` says what DST does to it."""
        return self.days.wall_time(ordinal, us_of_day)

    def end_of_day(self, ordinal: int) -> int:
        """24:00 of the local date."""
        return self.days.wall_time(ordinal, DAY)

    def closing(self, ordinal: int) -> int | None:
        """The last closing time of the local date; None if it does not open."""
        spans = self.spans(ordinal)
        return spans[-1][1] if spans else None

    def spans(self, ordinal: int) -> list[tuple[int, int]]:
        """The opening hours of one local date as instants, in order, clear of one another."""
        return self._spans(ordinal, self.wall_time(ordinal, 0), self.end_of_day(ordinal))

    def _spans(self, ordinal: int, midnight: int, end_of_day: int) -> list[tuple[int, int]]:
        windows = self.calendar.windows(ordinal)
        if not windows:
            return []
        if end_of_day - midnight == DAY:  # no zone changes its offset twice in a day
            return [(midnight + opens, midnight + closes) for opens, closes in windows]
        spans: list[tuple[int, int]] = []
        # a time inside the spring gap moves behind times after the gap: sort again, and unite what now overlaps
        for first, last in sorted(
            (
                local_micros(self._zone, ordinal, opens),
                local_micros(self._zone, ordinal, closes, second=self._fold_second),
            )
            for opens, closes in windows
        ):
            if spans and first < spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], last))
            elif last > first:
                spans.append((first, last))
        return spans

    def is_working_day(self, ordinal: int) -> bool:
        """Whether the local date has opening hours."""
        return bool(self.spans(ordinal))

    def is_provisional(self, start: int, end: int) -> bool:
        """Whether what lies between two instants rests on dates whose holidays are not official yet."""
        if end < start:
            start, end = end, start
        return start < self._official_from or end > self._official_until

    def altered_days(self, first: date, last: date) -> list[tuple[date, float]]:
        """The dates on which a change of the zone's clocks falls into opening hours, with the seconds won or lost."""
        altered: list[tuple[date, float]] = []
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            planned = sum(closes - opens for opens, closes in self.calendar.windows(ordinal))
            actual = sum(closes - opens for opens, closes in self.spans(ordinal))
            if actual != planned:
                altered.append((date.fromordinal(ordinal), (actual - planned) / SECOND))
        return altered

    def nth_working_day(self, ordinal: int, count: int) -> int:
        """The `count`-th working day after the date (before it, if negative); `count` is not 0."""
        at = (ordinal - EPOCH_ORDINAL) * DAY
        table = self._covering(at - 2 * DAY, at + 2 * DAY)
        while True:
            days = table.workdays
            index = bisect_right(days, ordinal) - 1 + count if count > 0 else bisect_left(days, ordinal) + count
            if 0 <= index < len(days):
                return days[index]
            table = self._extended_until(table, self._limit(at, count))

    def _forward(self, start: int, amount: int) -> int:
        table = self._covering(start, start)
        target = _position(table, start) + amount
        if target > table.total:
            limit = self._limit(start, amount)
            while target > table.total:
                table = self._extended_until(table, limit)
        index = bisect_left(table.before, target) - 1
        return table.opens[index] + target - table.before[index]

    def _backward(self, start: int, amount: int) -> int:
        table = self._covering(start, start)
        target = _position(table, start) - amount
        if not table.before or target < table.before[0]:
            limit = self._limit(start, -amount)
            while not table.before or target < table.before[0]:
                table = self._extended_until(table, limit)
        index = bisect_right(table.before, target) - 1
        return table.opens[index] + target - table.before[index]

    def _limit(self, at: int, direction: int) -> int:
        """The last year to look at for an answer in that direction; negative years mean downwards."""
        year = instant_of(at).year
        if direction > 0:
            return min(year + HORIZON_YEARS, self._opens_until + 1, LAST_YEAR)
        return -max(year - HORIZON_YEARS, self._opens_from - 1, FIRST_YEAR)

    def _extended_until(self, table: _Table, limit: int) -> _Table:
        """One stretch of years more, up to the limit; the stretches grow, so that far answers stay cheap."""
        stretch = max(1, (table.last - table.first + 1) // 2)
        if limit > 0 and table.last < limit:
            return self._widened(table, table.first, min(table.last + stretch, limit))
        if limit < 0 and table.first > -limit:
            return self._widened(table, max(table.first - stretch, -limit), table.last)
        raise CalendarNeverOpen("there is not so much business time within the calendar's horizon", field="calendar")

    def _covering(self, start: int, end: int) -> _Table:
        table = self._table
        if start > end:
            start, end = end, start
        if table is not None and table.starts <= start and end < table.ends:
            return table
        # a local year reaches up to a day over its UTC year on either side
        first, last = instant_of(start - DAY).year, instant_of(end + DAY).year
        if first < FIRST_YEAR or last > LAST_YEAR or last - first > 2 * HORIZON_YEARS:
            raise CalendarNeverOpen("the instants lie outside the calendar's horizon", field="instant")
        if table is None or max(last, table.last) - min(first, table.first) > _MOST_YEARS:
            self._table = self._years(first, last)
            return self._table
        return self._widened(table, first, last)

    def _widened(self, table: _Table, first: int, last: int) -> _Table:
        """A table that covers those years too and keeps the origin of the given one, which stays as it is."""
        if first < table.first:
            table = _joined(self._years(first, table.first - 1), table, origin_in_later=True)
        if last > table.last:
            table = _joined(table, self._years(table.last + 1, last), origin_in_later=False)
        self._table = table
        return table

    def _years(self, first: int, last: int) -> _Table:
        opens: list[int] = []
        closes: list[int] = []
        before: list[int] = []
        workdays: list[int] = []
        total = 0
        begins, stops = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal()
        latest = self.closing(begins - 1) or self.wall_time(begins - 1, 0)
        starts = ends = self.wall_time(begins, 0)
        for ordinal in range(begins, stops + 1):
            midnight, ends = ends, self.end_of_day(ordinal)
            spans = self._spans(ordinal, midnight, ends)
            if spans:
                workdays.append(ordinal)
            for span_opens, span_closes in spans:
                if span_opens < latest:  # pushed into its successor by a gap at midnight
                    span_opens = latest
                if span_closes <= span_opens:
                    continue
                opens.append(span_opens)
                closes.append(span_closes)
                before.append(total)
                total += span_closes - span_opens
                latest = span_closes
        return _Table(first, last, starts, ends, opens, closes, before, total, workdays)


@functools.lru_cache(maxsize=1_024)
def compiled(calendar: Calendar) -> CompiledCalendar:
    """The compiled form of a calendar, made once for each content."""
    return CompiledCalendar(calendar)


def _position(table: _Table, at: int) -> int:
    """Business time from the table's origin to `at`, which the table covers."""
    index = bisect_right(table.opens, at) - 1
    if index < 0:
        return table.before[0] if table.before else 0
    return table.before[index] + min(at, table.closes[index]) - table.opens[index]


def _joined(earlier: _Table, later: _Table, *, origin_in_later: bool) -> _Table:
    """Two adjoining tables as one; the origin stays where the one had it that is already in use."""
    opens, closes = earlier.opens + later.opens, earlier.closes + later.closes
    if origin_in_later:
        shift = (later.before[0] if later.before else later.total) - earlier.total
        before = [position + shift for position in earlier.before] + later.before
        total = later.total
    else:
        before = earlier.before + [position + earlier.total for position in later.before]
        total = earlier.total + later.total
    return _Table(
        earlier.first,
        later.last,
        earlier.starts,
        later.ends,
        opens,
        closes,
        before,
        total,
        earlier.workdays + later.workdays,
    )
