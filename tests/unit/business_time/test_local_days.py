"""Remembered days of a zone: the same as asking the zone each time, above all where its clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.business_time.zones import DAY, SECOND, LocalDays, instant_of, local_micros, micros, zone

HOUR = 3_600 * SECOND

# What each zone did, and the dates around it.
CHANGES = [
    ("UTC", date(2024, 2, 29)),
    ("Asia/Shanghai", date(1986, 5, 4)),  # 02:00 to 03:00
    ("Europe/Berlin", date(2024, 3, 31)),  # 02:00 to 03:00
    ("Europe/Berlin", date(2024, 10, 27)),  # 03:00 to 02:00
    ("America/Sao_Paulo", date(2018, 11, 4)),  # 00:00 to 01:00: the date begins late
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 00:00 to 23:00: the date before ends twice
    ("America/Toronto", date(1919, 3, 31)),  # 23:30 to 00:30: the gap lies on both dates
    ("America/St_Johns", date(2006, 10, 29)),  # 00:01 to 23:01: the date begins twice
    ("Africa/Addis_Ababa", date(1930, 1, 5)),  # 00:00 to 23:54:40
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that was left out
    ("Pacific/Kwajalein", date(1993, 8, 21)),  # another
    ("Australia/Lord_Howe", date(2024, 4, 7)),  # half an hour
]


@pytest.mark.parametrize(("name", "changed"), CHANGES)
def test_around_a_change_of_clocks_dates_and_times_are_the_zones(name: str, changed: date) -> None:
    tz = zone(name)
    days = LocalDays(tz)
    ordinals = range(changed.toordinal() - 3, changed.toordinal() + 4)
    walls = [0, SECOND, HOUR // 2, HOUR, 23 * HOUR, 23 * HOUR + HOUR // 2, DAY - 1, DAY]

    first = micros(datetime(changed.year, changed.month, changed.day, tzinfo=UTC)) - 3 * DAY
    instants = [first + quarter * HOUR // 4 for quarter in range(6 * 96)]
    expected = [instant_of(at).astimezone(tz) for at in instants]

    for _ in range(2):  # the second time from memory
        assert [days.locate(at) for at in instants] == [
            (local.toordinal(), (local.hour * 3_600 + local.minute * 60 + local.second) * SECOND + local.microsecond)
            for local in expected
        ]
        assert [days.wall_time(ordinal, wall) for ordinal in ordinals for wall in walls] == [
            local_micros(tz, ordinal, wall) for ordinal in ordinals for wall in walls
        ]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted({name for name, _ in CHANGES})),
    st.lists(st.integers(-70 * 366 * DAY, 80 * 366 * DAY), min_size=1, max_size=5),
)
def test_any_instant_lies_on_the_date_that_the_zone_says(name: str, instants: list[int]) -> None:
    tz = zone(name)
    days = LocalDays(tz)

    located = [days.locate(at) for at in instants]

    assert [(date.fromordinal(ordinal), wall // SECOND) for ordinal, wall in located] == [
        (local.date(), local.hour * 3_600 + local.minute * 60 + local.second)
        for local in (instant_of(at).astimezone(tz) for at in instants)
    ]


def test_more_dates_than_are_kept_are_all_right() -> None:
    tz = zone("Europe/Berlin")
    days = LocalDays(tz)
    ordinals = range(date(1990, 1, 1).toordinal(), date(2020, 1, 1).toordinal())

    assert [days.wall_time(ordinal, HOUR) for ordinal in ordinals] == [
        local_micros(tz, each, HOUR) for each in ordinals
    ]
