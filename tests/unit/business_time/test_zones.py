"""Calendars over the changes of the zones' clocks."""

import functools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.business_time.compiled import compiled
from shared.business_time.due import due, elapsed_seconds, is_open, next_opening
from shared.business_time.durations import Duration
from shared.business_time.zones import TZDATA_VERSION, instant_of, micros, zone
from tests.unit.business_time.making import ALL_DAYS, at, calendar, wall

ZONES = (
    "Africa/Casablanca",  # goes back for Ramadan: four changes a year
    "America/Havana",  # changes at midnight
    "America/New_York",
    "America/Sao_Paulo",  # changed at midnight until 2019
    "Asia/Beirut",  # changes at midnight
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # changes by half an hour
    "Europe/Berlin",
    "Pacific/Apia",  # 30 December 2011 does not exist
    "Pacific/Chatham",
)
FULL_DAY = [["00:00", "24:00"]]


@functools.cache
def transitions(name: str, first: int = 2000, last: int = 2040) -> list[datetime]:
    """Every instant (UTC, to the minute) at which the zone's offset changes."""
    tz, found = zone(name), []
    earlier = datetime(first, 1, 1, tzinfo=UTC)
    while earlier.year <= last:
        later = earlier + timedelta(days=1)
        if earlier.astimezone(tz).utcoffset() != later.astimezone(tz).utcoffset():
            low, high = earlier, later
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                middle = middle.replace(second=0, microsecond=0)
                if middle.astimezone(tz).utcoffset() == earlier.astimezone(tz).utcoffset():
                    low = middle
                else:
                    high = middle
            found.append(high)
        earlier = later
    return found


def reference(name: str, day: date, hours: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    """A date's windows as instants by the plain rule: each edge converted once, the first of two; then united."""
    tz, spans = zone(name), []
    for opens, closes in hours:
        edges = [
            (datetime.combine(day, time()) + timedelta(minutes=minute)).replace(tzinfo=tz).astimezone(UTC)
            for minute in (opens, closes)
        ]
        if edges[0] < edges[1]:
            spans.append((edges[0], edges[1]))
    united: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(spans):
        if united and begin < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((begin, end))
    return united


@pytest.mark.parametrize("name", ZONES)
def test_around_the_clock_elapsed_is_real_time_over_every_transition(name: str) -> None:
    given_calendar = calendar(FULL_DAY, days=ALL_DAYS, tz=name)

    for change in transitions(name):
        start, end = change - timedelta(hours=30, seconds=17), change + timedelta(hours=31, seconds=5)
        assert elapsed_seconds(start, end, given_calendar, "business") == (end - start).total_seconds()
        assert due(start, Duration.parse("PT61H22S"), given_calendar, time_basis="business").at == end
        assert is_open(change, given_calendar)


@pytest.mark.parametrize("name", ZONES)
def test_windows_on_days_of_transition_are_what_the_plain_rule_gives(name: str) -> None:
    hours = [(0, 30), (45, 135), (150, 195), (210, 720), (780, 1_425), (1_430, 1_440)]
    texts = [[f"{a // 60:02d}:{a % 60:02d}", f"{b // 60:02d}:{b % 60:02d}"] for a, b in hours]
    axis = compiled(calendar(texts, days=ALL_DAYS, tz=name))

    for change in transitions(name):
        around = change.astimezone(zone(name)).date()
        for day in (around + timedelta(days=offset) for offset in (-2, -1, 0, 1, 2)):
            spans = [(instant_of(a), instant_of(b)) for a, b in axis.spans(day.toordinal())]
            assert spans == reference(name, day, hours)


def test_a_window_inside_the_spring_gap_moves_forward_and_may_be_empty() -> None:
    # Berlin 2026-03-29: 02:00 becomes 03:00. 02:30 is 03:30 then; 03:15 has passed by that time: never open.
    empty = calendar([["02:30", "03:15"]], days=ALL_DAYS, tz="Europe/Berlin")
    moved = calendar([["02:30", "04:00"]], days=ALL_DAYS, tz="Europe/Berlin")

    assert wall(next_opening(at("2026-03-29 00:00", "Europe/Berlin"), empty), "Europe/Berlin") == "2026-03-30 02:30"
    assert wall(next_opening(at("2026-03-29 00:00", "Europe/Berlin"), moved), "Europe/Berlin") == "2026-03-29 03:30"
    assert compiled(empty).altered_days(date(2026, 3, 28), date(2026, 3, 30)) == [(date(2026, 3, 29), -2_700.0)]


@pytest.mark.parametrize(("fold", "closes"), [("first", "2026-10-25T00:30Z"), ("second", "2026-10-25T01:30Z")])
def test_the_ambiguous_hour_opens_at_its_first_occurrence_and_closes_as_configured(fold: str, closes: str) -> None:
    # Berlin 2026-10-25: 03:00 becomes 02:00; 02:15 is 00:15Z, and again 01:15Z
    given_calendar = calendar([["02:15", "02:30"]], days=ALL_DAYS, tz="Europe/Berlin", closing_in_ambiguous_hour=fold)

    spans = compiled(given_calendar).spans(date(2026, 10, 25).toordinal())

    assert spans == [(micros(datetime.fromisoformat("2026-10-25T00:15Z")), micros(datetime.fromisoformat(closes)))]


def test_a_date_that_a_zone_skips_is_no_working_day() -> None:
    axis = compiled(calendar(FULL_DAY, days=ALL_DAYS, tz="Pacific/Apia"))

    assert not axis.is_working_day(date(2011, 12, 30).toordinal())
    assert axis.nth_working_day(date(2011, 12, 29).toordinal(), 1) == date(2011, 12, 31).toordinal()


def test_office_days_last_eight_hours_under_the_summer_time_of_1986_to_1991_in_shanghai() -> None:
    office = calendar(tz="Asia/Shanghai", days=ALL_DAYS)
    always = calendar(FULL_DAY, days=ALL_DAYS, tz="Asia/Shanghai")
    changes = transitions("Asia/Shanghai", 1985, 1992)

    assert len(changes) == 12
    for change in changes:
        noon = change.astimezone(zone("Asia/Shanghai")).replace(hour=8, minute=0) - timedelta(days=1)
        assert elapsed_seconds(noon, noon + timedelta(days=3), office, "business") == 3 * 8 * 3_600
        start, end = change - timedelta(days=1), change + timedelta(days=1)
        assert elapsed_seconds(start, end, always, "business") == 48 * 3_600


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("2026-03-28 02:30", "P1D", "2026-03-29 03:30"),  # the wall time does not exist: moved forward
        ("2026-03-27 02:30", "P2WD", "2026-03-31 02:30"),
        ("2026-10-24 02:30", "P1D", "2026-10-25 02:30"),
        ("2026-03-28 10:00", "PT24H", "2026-03-29 11:00"),  # 24 hours are 24 hours
    ],
)
def test_the_same_time_on_a_day_of_transition(start: str, duration: str, expected: str) -> None:
    result = due(
        at(start, "Europe/Berlin"),
        Duration.parse(duration),
        calendar(tz="Europe/Berlin"),
        time_basis="elapsed",
        boundary="same-time",
    )

    assert wall(result.at, "Europe/Berlin") == expected


def test_an_ambiguous_same_time_is_the_first_of_the_two() -> None:
    result = due(
        at("2026-10-24 02:30", "Europe/Berlin"),
        Duration.parse("P1D"),
        calendar(tz="Europe/Berlin"),
        time_basis="elapsed",
        boundary="same-time",
    )

    assert result.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(st.sampled_from(ZONES), st.integers(0, 40 * 366 * 86_400), st.integers(0, 10 * 366 * 86_400))
def test_around_the_clock_business_time_is_elapsed_time_anywhere(name: str, offset: int, span: int) -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=offset)
    end = start + timedelta(seconds=span)

    assert elapsed_seconds(start, end, calendar(FULL_DAY, days=ALL_DAYS, tz=name), "business") == span


def test_zones_come_from_the_pinned_database() -> None:
    assert TZDATA_VERSION[:4].isdigit()
    assert zone("Asia/Shanghai").key == "Asia/Shanghai"
