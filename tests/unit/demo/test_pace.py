"""The clock's speed: phase by phase, and slower while the system lags behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from huiyin.demo.pace import BRISK, FIRST_MORNING, GENTLE, Driver, Pace, Phase, begin
from shared.business_time.clock import VirtualClock, write_clock
from shared.business_time.clock_file import read_schedule
from shared.business_time.loader import load_calendars

PACE = Pace(10.0, (Phase(timedelta(0), 100.0), Phase(timedelta(hours=1), 1000.0)), resting=5.0)
START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "clock.json"
    write_clock(file, real=datetime(2025, 1, 1, tzinfo=UTC), virtual=START, rate=1.0)
    return file


def rates(path: Path) -> list[float]:
    """The speeds that were set after the first."""
    return [segment.rate for segment in read_schedule(path).segments[1:]]


def test_each_phase_begins_when_its_time_has_come(path: Path) -> None:
    clock = VirtualClock(START)
    driver = Driver(path, clock, PACE)

    driver.arriving()
    driver.drive(0.0)
    clock.advance(timedelta(minutes=59))
    driver.drive(0.0)
    clock.advance(timedelta(minutes=2))
    driver.drive(0.0)
    driver.rest()

    assert rates(path) == [10.0, 100.0, 1000.0, 5.0]


@pytest.mark.parametrize(("lag", "rate"), [(0.0, 100.0), (1.0, 100.0), (2.0, 50.0), (10.0, 10.0), (1000.0, 5.0)])
def test_time_goes_slower_while_the_system_lags_behind(path: Path, lag: float, rate: float) -> None:
    Driver(path, VirtualClock(START), PACE).drive(lag)

    assert rates(path) == [rate]


def test_after_a_rest_the_phase_is_set_again(path: Path) -> None:
    driver = Driver(path, VirtualClock(START), PACE)

    driver.drive(0.0)
    driver.rest()
    driver.rest()
    driver.drive(0.0)

    assert rates(path) == [100.0, 5.0, 100.0]


BEGINNINGS = [
    (None, FIRST_MORNING),
    # a Friday evening: Monday 09:00 in Shanghai is 01:00 UTC, and five minutes
    (datetime(2025, 3, 7, 12, 0, tzinfo=UTC), datetime(2025, 3, 10, 1, 5, tzinfo=UTC)),
    # during the National Day holiday of 2025 (1-8 October): Thursday 9 October
    (datetime(2025, 10, 2, 3, 0, tzinfo=UTC), datetime(2025, 10, 9, 1, 5, tzinfo=UTC)),
]


@pytest.mark.parametrize(("reached", "expected"), BEGINNINGS)
def test_a_run_begins_on_the_next_morning_of_work(reached: datetime | None, expected: datetime) -> None:
    assert begin(load_calendars()["cn"], reached) == expected


@pytest.mark.parametrize("pace", [BRISK, GENTLE])
def test_phases_stand_in_order_and_begin_at_once(pace: Pace) -> None:
    starts = [phase.after for phase in pace.phases]

    assert starts == sorted(starts)
    assert starts[0] == timedelta(0)
