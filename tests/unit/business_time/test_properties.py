"""Business time against an independent library, against counting minute by minute, and against its own laws."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import workclock
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.business_time.calendars import Calendar
from shared.business_time.compiled import CompiledCalendar, compiled
from shared.business_time.due import due, elapsed_seconds, fraction_point, step_after, step_before
from shared.business_time.durations import Duration, Unit
from shared.business_time.pauses import WALL, add_paused, elapsed_paused, united
from shared.business_time.zones import SECOND, instant_of, micros
from tests.unit.business_time.making import ALL_DAYS, CN, calendar

FIRST = date(2024, 1, 1)
DAYS = 3 * 366
ZONES = ("UTC", "Asia/Shanghai", "Asia/Kolkata", "Europe/Berlin", "America/New_York")

windows = st.lists(st.integers(0, 24 * 12), min_size=2, max_size=6, unique=True).map(
    lambda edges: [tuple(pair) for pair in zip(*[iter(sorted(edges))] * 2, strict=False)]
)
instants = st.integers(0, (DAYS - 400) * 86_400 * 1_000_000).map(
    lambda us: datetime(2024, 2, 1, tzinfo=UTC) + timedelta(microseconds=us)
)


@dataclass(frozen=True)
class Pair:
    """The same calendar for us and for workclock."""

    ours: Calendar
    theirs: workclock.Schedule = field(repr=False)
    day: int
    """Microseconds of opening hours on a working day."""


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Random windows, weekdays, holidays and make-up workdays.

    workclock knows no make-up workdays: it gets a week of seven days, and every day off as a holiday.
    """
    hours = draw(windows)
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1))
    offsets = draw(st.sets(st.integers(0, DAYS), max_size=60))
    days = [FIRST + timedelta(days=offset) for offset in sorted(offsets)]
    holidays = [day for day in days if day.weekday() in weekdays]
    makeup = [day for day in days if day.weekday() not in weekdays]
    tz = draw(st.sampled_from(ZONES))
    ours = calendar(
        [[_text(opens), _text(closes)] for opens, closes in hours],
        days=tuple(ALL_DAYS[index] for index in sorted(weekdays)),
        tz=tz,
        holidays=[day.isoformat() for day in holidays],
        makeup_workdays=[day.isoformat() for day in makeup],
    )
    off = [
        day
        for day in (FIRST + timedelta(days=offset) for offset in range(-500, DAYS + 500))
        if day in holidays or (day.weekday() not in weekdays and day not in makeup)
    ]
    rules = [workclock.WorkDay(_time(opens), _time(closes), range(7)) for opens, closes in hours]
    day = sum(closes - opens for opens, closes in hours) * 5 * 60 * SECOND
    return Pair(ours, workclock.Schedule([*rules, workclock.Holidays(off)], time_zone=tz), day)


def _text(fives: int) -> str:
    return f"{fives // 12:02d}:{fives % 12 * 5:02d}"


def _time(fives: int) -> time:
    return time(fives // 12 % 24, fives % 12 * 5)


@settings(max_examples=200, deadline=None)
@given(pairs(), instants, instants, st.floats(0, 25), st.integers(1, 1_000_000))
def test_adding_and_measuring_agree_with_workclock(
    pair: Pair, start: datetime, other: datetime, days: float, more: int
) -> None:
    axis, amount = compiled(pair.ours), int(days * pair.day) + more
    first, last = sorted((start, other))

    assert instant_of(axis.add(micros(start), amount)) == pair.theirs.add(start, timedelta(microseconds=amount))
    assert instant_of(axis.add(micros(start), -amount)) == pair.theirs.sub(start, timedelta(microseconds=amount))
    between = pair.theirs.between(first, last)
    assert axis.elapsed(micros(first), micros(last)) * timedelta(microseconds=1) == between
    assert instant_of(axis.next_opening(micros(start))) == pair.theirs.next_period(start)[0]


@settings(deadline=None)
@given(pairs(), instants, st.integers(1, 400 * 3_600))
def test_what_was_added_has_elapsed_and_not_an_instant_earlier(pair: Pair, start: datetime, seconds: int) -> None:
    duration = Duration(Unit.SECONDS, seconds)

    end = due(start, duration, pair.ours, time_basis="business").at

    assert elapsed_seconds(start, end, pair.ours, "business") == seconds
    assert elapsed_seconds(start, end - timedelta(microseconds=1), pair.ours, "business") < seconds
    assert elapsed_seconds(step_before(end, duration, pair.ours, "business"), end, pair.ours, "business") == seconds


@settings(deadline=None)
@given(pairs(), st.lists(instants, min_size=3, max_size=6), st.integers(-(10**11), 10**11))
def test_later_starts_never_give_earlier_ends_and_spans_add_up(
    pair: Pair, moments: list[datetime], amount: int
) -> None:
    axis = compiled(pair.ours)
    ordered = sorted(micros(moment) for moment in moments)

    ends = [axis.add(moment, amount) for moment in ordered]

    assert all(earlier <= later for earlier, later in pairwise(ends))
    parts = sum(axis.elapsed(earlier, later) for earlier, later in pairwise(ordered))
    assert parts == axis.elapsed(ordered[0], ordered[-1])
    assert axis.elapsed(ordered[-1], ordered[0]) == -parts


@settings(deadline=None)
@given(pairs(), instants, st.integers(1, 400))
def test_the_nth_working_day_is_found_back(pair: Pair, start: datetime, count: int) -> None:
    axis = compiled(pair.ours)
    day = start.toordinal()

    ahead = axis.nth_working_day(day, count)

    assert axis.is_working_day(ahead)
    assert sum(axis.is_working_day(each) for each in range(day + 1, ahead + 1)) == count
    assert axis.nth_working_day(ahead + 1, -count) == axis.nth_working_day(day, 1)


@settings(max_examples=40, deadline=None)
@given(pairs(), st.permutations([-9, -3, 0, 1, 2, 7]), instants, st.integers(-(10**12), 10**12))
def test_what_was_asked_before_does_not_change_an_answer(
    pair: Pair, years: list[int], start: datetime, amount: int
) -> None:
    fresh, used = CompiledCalendar(pair.ours), CompiledCalendar(pair.ours)
    begin = micros(start)
    far = [micros(start.replace(year=start.year + year, day=1)) for year in years]
    fresh.elapsed(min(far), max(far))  # all at once, where the other grows piece by piece to both sides

    assert [used.elapsed(begin, end) for end in far] == [fresh.elapsed(begin, end) for end in far]
    assert used.elapsed(min(far), max(far)) == fresh.elapsed(min(far), max(far))
    assert used.add(begin, amount) == fresh.add(begin, amount)
    assert used.nth_working_day(start.toordinal(), 77) == fresh.nth_working_day(start.toordinal(), 77)


minutes = st.integers(0, 9 * 1_440)
pause_lists = st.lists(st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair))), max_size=5)


@settings(max_examples=60, deadline=None)
@given(windows, pause_lists, minutes, st.integers(1, 2_000), st.booleans())
def test_pauses_agree_with_counting_minute_by_minute(
    hours: list[tuple[int, int]], pauses: list[tuple[int, int]], start: int, amount: int, backwards: bool
) -> None:
    origin = datetime(2026, 3, 2, tzinfo=UTC)
    given_calendar = calendar([[_text(opens), _text(closes)] for opens, closes in hours], days=ALL_DAYS)
    axis = compiled(given_calendar)

    def at(minute: int) -> datetime:
        return origin + timedelta(minutes=minute)

    def counts(minute: int) -> bool:
        return any(opens * 5 <= minute % 1_440 < closes * 5 for opens, closes in hours) and not any(
            begin <= minute < end for begin, end in pauses
        )

    spans = united([(at(begin), at(end)) for begin, end in pauses])
    left, minute = amount, start
    while left:
        minute -= backwards
        left -= counts(minute)
        minute += not backwards

    sign = -1 if backwards else 1
    end = add_paused(axis, micros(at(start)), sign * amount * 60 * SECOND, spans)

    assert end == micros(at(minute))
    first, last = sorted((start, minute))
    assert elapsed_paused(axis, micros(at(first)), micros(at(last)), spans) == amount * 60 * SECOND


@settings(deadline=None)
@given(pause_lists, minutes, st.integers(1, 2_000))
def test_elapsed_time_is_put_off_by_the_whole_of_each_pause(
    pauses: list[tuple[int, int]], start: int, amount: int
) -> None:
    origin = micros(datetime(2026, 3, 2, tzinfo=UTC))
    minute_us = 60 * SECOND
    paused = {minute for begin, end in pauses for minute in range(begin, end)}
    left, minute = amount, start
    while left:
        left -= minute not in paused
        minute += 1

    spans = united([(instant_of(origin + a * minute_us), instant_of(origin + b * minute_us)) for a, b in pauses])

    assert add_paused(WALL, origin + start * minute_us, amount * minute_us, spans) == origin + minute * minute_us


@settings(deadline=None)
@given(instants, st.integers(60, 10**6), st.lists(st.floats(0, 100), min_size=2, max_size=5))
def test_fractions_of_a_clock_come_in_order_and_end_at_its_target(
    start: datetime, seconds: int, percents: list[float]
) -> None:
    target = due(start, Duration(Unit.SECONDS, seconds), CN, time_basis="business").at

    points = [fraction_point(start, target, percent, CN, "business") for percent in sorted(percents)]

    assert all(earlier <= later for earlier, later in pairwise([*points, target]))
    assert fraction_point(start, target, 100, CN, "business") == target
    half = fraction_point(start, target, 50, CN, "business")
    assert abs(elapsed_seconds(start, half, CN, "business") - seconds / 2) <= 1e-6
    twice = fraction_point(start, target, 200, CN, "business")
    assert twice == step_after(target, Duration(Unit.SECONDS, seconds), CN, "business")


@settings(deadline=None)
@given(
    instants,
    st.sampled_from([Unit.SECONDS, Unit.WORKING_DAYS, Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS]),
    st.integers(0, 60),
    st.lists(st.tuples(instants, st.integers(0, 20 * 86_400)), max_size=4),
    st.sampled_from(["elapsed", "business"]),
    st.sampled_from(["end-of-day", "closing-time", "same-time"]),
)
def test_no_clock_falls_due_inside_a_pause_and_none_earlier_for_being_paused(
    start: datetime, unit: Unit, count: int, lengths: list[tuple[datetime, int]], time_basis: str, boundary: str
) -> None:
    pauses = [(begin, begin + timedelta(seconds=length)) for begin, length in lengths]
    duration = Duration(unit, count * 3_600 if unit is Unit.SECONDS else count)

    def at(given_pauses: list[tuple[datetime, datetime]]) -> datetime:
        return due(
            start,
            duration,
            CN,
            time_basis=time_basis,  # type: ignore[arg-type]
            boundary=boundary,  # type: ignore[arg-type]
            pauses=given_pauses,
        ).at

    paused = at(pauses)

    assert paused >= at([])
    assert not any(begin < paused < end for begin, end in pauses)
    assert all(paused >= at(pauses[:index]) for index in range(len(pauses)))
