"""Limitation periods: how old something was on the day of receipt, in the procedure's own days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.business_time.durations import Duration
from shared.procedures.ages import is_age, is_older
from shared.procedures.conditions import Compare, holds

RECEIVED = "2025-03-31T10:00:00+08:00"


@pytest.mark.parametrize(
    ("value", "age", "older"),
    [
        ("2024-12-31", "P90D", False),  # the ninetieth day is still in time
        ("2024-12-30", "P90D", True),
        ("2025-03-31", "P0D", False),
        ("2025-03-30", "P0D", True),
        ("2025-03-17", "P2W", False),
        ("2025-03-16", "P2W", True),
        ("2025-02-28", "P1M", True),  # 28 March
        ("2025-03-01", "P1M", False),
        ("2023-03-31", "P2Y", False),
        ("2023-03-30", "P2Y", True),
        ("2024-02-29", "P1Y", True),  # 28 February 2025
        ("2025-06-01", "P1D", False),  # still to come
        ("2024-12-30T16:30:00+00:00", "P90D", False),  # 31 December in Shanghai
        ("2024-12-30T15:30:00+00:00", "P90D", True),
        ("0001-01-01", "P9999Y", False),
    ],
)
def test_on_the_last_day_it_is_not_older_yet(value: str, age: str, older: bool) -> None:
    assert is_older(value, Duration.parse(age), RECEIVED) is older


@pytest.mark.parametrize(
    ("value", "received"), [(None, RECEIVED), ("2025-01-01", None), ("x", RECEIVED), (7, RECEIVED)]
)
def test_what_is_not_known_is_neither_older_nor_not(value: object, received: object) -> None:
    assert is_older(value, Duration.parse("P1D"), received) is None


@given(st.dates(date(1990, 1, 1), date(2025, 3, 31)), st.integers(0, 5000))
def test_days_are_counted_one_by_one(day: date, days: int) -> None:
    expected = day + timedelta(days=days) < date(2025, 3, 31)
    assert is_older(day.isoformat(), Duration.parse(f"P{days}D"), RECEIVED) is expected


@pytest.mark.parametrize(("text", "fits"), [("P90D", True), ("P1Y", True), ("P10WD", False), ("PT5H", False)])
def test_an_age_is_counted_in_calendar_days_and_longer(text: str, fits: bool) -> None:
    assert is_age(Duration.parse(text)) is fits
    if not fits:
        with pytest.raises(ValueError, match="calendar days"):
            Compare.model_validate({"field": "x", "older_than": text})


def test_a_condition_reads_the_age() -> None:
    condition = Compare.model_validate({"field": "occurred-on", "older_than": "P90D"})
    assert holds(condition, {"occurred-on": "2024-01-01", "received.at": RECEIVED}) is True
    assert holds(condition, {"occurred-on": "2025-03-01", "received.at": RECEIVED}) is False
    assert holds(condition, {"received.at": RECEIVED}) is None
