import asyncio
import json
import math
import os
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.business_time.clock import FileClock, RealClock, VirtualClock, change_rate, open_clock, write_clock
from shared.business_time.clock_file import Schedule, Segment, append_segment, posix, read_schedule, write_schedule
from shared.errors import InvalidInput

START = datetime(2026, 1, 1, tzinfo=UTC)
REAL = datetime(2026, 6, 1, tzinfo=UTC)


class Hand:
    """Real time that is turned by hand."""

    def __init__(self, start: datetime) -> None:
        self.seconds = posix(start)

    def __call__(self) -> float:
        return self.seconds


def test_a_file_clock_runs_at_its_rate_from_its_start(tmp_path: Path) -> None:
    path, hand = tmp_path / "clock.json", Hand(REAL)
    write_clock(path, real=REAL, virtual=START, rate=3_600)
    clock = FileClock(path, real=hand)

    hand.seconds += 2.5

    assert clock.now() == START + timedelta(hours=2, minutes=30)
    assert clock.rate() == 3_600
    assert clock.real_seconds_until(START + timedelta(hours=3)) == pytest.approx(0.5)
    assert clock.real_seconds_until(START) == 0.0


def test_a_change_of_rate_continues_where_the_clock_will_be() -> None:
    first = Schedule.single(real=REAL, virtual=START, rate=60)

    changed = append_segment(first, 3_600, real=posix(REAL) + 10)

    assert changed.virtual_at(posix(REAL) + 10) == START + timedelta(minutes=10)
    assert changed.virtual_at(posix(REAL) + 11) == START + timedelta(minutes=70)
    assert changed.virtual_at(posix(REAL) + 9) == START + timedelta(minutes=9)
    # the wait reckons with a change that is announced but has not come
    assert changed.real_when(START + timedelta(minutes=70)) == pytest.approx(posix(REAL) + 11)


def test_a_clock_reads_its_file_again_when_it_has_changed(tmp_path: Path) -> None:
    path, hand = tmp_path / "clock.json", Hand(REAL)
    write_clock(path, real=REAL, virtual=START, rate=1)
    clock = FileClock(path, real=hand)
    assert clock.rate() == 1

    write_clock(path, real=REAL, virtual=START, rate=7)

    deadline = time.monotonic() + 5
    while clock.rate() != 7:
        assert time.monotonic() < deadline


def test_a_clock_whose_file_is_gone_keeps_its_schedule(tmp_path: Path) -> None:
    path, hand = tmp_path / "clock.json", Hand(REAL)
    write_clock(path, real=REAL, virtual=START, rate=60)
    clock = FileClock(path, real=hand)

    path.unlink()
    hand.seconds += 1

    assert clock.now() == START + timedelta(minutes=1)


def test_a_change_of_speed_needs_a_second_of_notice_and_says_when_it_rules(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    write_clock(path, real=datetime.now(UTC), virtual=START, rate=1)

    with pytest.raises(InvalidInput):
        change_rate(path, 60, delay_seconds=0.9)
    before = time.time()
    rules = change_rate(path, 60)

    assert posix(rules) >= before + 1.0 - 1e-6
    assert [segment.rate for segment in read_schedule(path).segments] == [1, 60]
    assert os.listdir(tmp_path) == ["clock.json"]


def test_a_second_change_before_the_first_has_come_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    write_clock(path, real=datetime.now(UTC), virtual=START, rate=1)

    later = change_rate(path, 60, delay_seconds=500)
    last = change_rate(path, 3_600)

    assert last == later
    assert read_schedule(path).rate_at(posix(later) + 1) == 3_600


rates = st.floats(0.001, 1_000_000)


@given(
    rates,
    st.lists(st.tuples(st.integers(0, 10**9), rates), max_size=5),
    st.lists(st.integers(-(10**9), 10**10), min_size=2, max_size=40),
)
def test_virtual_time_never_runs_back(rate: float, changes: list[tuple[int, float]], looks: list[int]) -> None:
    schedule = Schedule.single(real=REAL, virtual=START, rate=rate)
    begin = posix(REAL)
    for microseconds, new_rate in changes:
        schedule = append_segment(schedule, new_rate, real=begin + microseconds / 1e6)
    edges = [posix(segment.real) + tick for segment in schedule.segments for tick in (-1e-6, 0, 1e-6)]
    moments = sorted([begin + look / 1e6 for look in looks] + edges)

    shown = [schedule.virtual_at(moment) for moment in moments]

    assert all(earlier <= later for earlier, later in pairwise(shown))


@given(rates, rates, st.integers(0, 10**9), st.integers(1, 10**10))
def test_a_clock_shows_an_instant_at_the_real_time_it_foretells(
    rate: float, new_rate: float, change: int, ahead: int
) -> None:
    schedule = append_segment(
        Schedule.single(real=REAL, virtual=START, rate=rate), new_rate, real=posix(REAL) + change / 1e6
    )
    instant = START + timedelta(microseconds=ahead)

    shown = schedule.virtual_at(schedule.real_when(instant))

    # POSIX seconds as a float are good to a quarter of a microsecond
    assert abs((shown - instant).total_seconds()) <= 1e-6 * (2 + max(rate, new_rate))


def test_a_clock_stands_still_rather_than_run_back_when_its_file_is_replaced(tmp_path: Path) -> None:
    path, hand = tmp_path / "clock.json", Hand(REAL)
    write_clock(path, real=REAL, virtual=START, rate=1)
    clock = FileClock(path, real=hand)
    hand.seconds += 100
    shown = clock.now()

    write_clock(path, real=REAL, virtual=START - timedelta(days=1), rate=2)
    deadline = time.monotonic() + 5
    while clock.rate() != 2:
        assert time.monotonic() < deadline

    assert clock.now() == shown


@pytest.mark.parametrize(
    ("segments", "field"),
    [
        ([], "segments"),
        ([{"real": "2026-01-01T00:00:00", "virtual": "2026-01-01T00:00:00Z", "rate": 1}], "segments.0.real"),
        ([{"real": "2026-01-01T00:00:00Z", "virtual": "soon", "rate": 1}], "segments.0.virtual"),
        ([{"real": "2026-01-01T00:00:00Z", "virtual": "2026-01-01T00:00:00Z", "rate": 0}], "segments.0.rate"),
        ([{"real": "2026-01-01T00:00:00Z", "virtual": "2026-01-01T00:00:00Z", "rate": "1"}], "segments.0.rate"),
        (["now"], "segments.0"),
    ],
)
def test_a_malformed_clock_file_is_refused_by_field(tmp_path: Path, segments: list[object], field: str) -> None:
    path = tmp_path / "clock.json"
    path.write_text(json.dumps({"segments": segments}), encoding="utf-8")

    with pytest.raises(InvalidInput) as caught:
        FileClock(path)

    assert caught.value.field == field


def test_a_schedule_that_would_run_back_or_out_of_order_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="never runs back"):
        Schedule((Segment(REAL, START, 2), Segment(REAL + timedelta(seconds=10), START + timedelta(seconds=19), 1)))
    with pytest.raises(InvalidInput, match="order"):
        Schedule((Segment(REAL, START, 1), Segment(REAL - timedelta(seconds=1), START, 1)))
    jump = Schedule((Segment(REAL, START, 1), Segment(REAL + timedelta(seconds=1), START + timedelta(days=1), 1)))
    write_schedule(tmp_path / "clock.json", jump)
    assert read_schedule(tmp_path / "clock.json") == jump
    assert jump.virtual_at(posix(REAL) + 1) == START + timedelta(days=1)
    assert jump.real_when(START + timedelta(hours=1)) == posix(REAL) + 1  # jumped over: shown when the jump comes


def test_without_a_file_the_clock_is_the_machines() -> None:
    clock = open_clock(None)

    assert isinstance(clock, RealClock)
    assert abs(clock.now().timestamp() - time.time()) < 5
    assert clock.rate() == 1.0
    assert clock.real_seconds_until(clock.now() - timedelta(seconds=1)) == 0.0


@pytest.mark.asyncio
async def test_sleepers_wake_when_a_virtual_clock_is_moved_past_their_instant() -> None:
    clock = VirtualClock(START)
    near = asyncio.create_task(clock.sleep_until(START + timedelta(hours=1)))
    far = asyncio.create_task(clock.sleep_until(START + timedelta(hours=2)))
    await asyncio.sleep(0)

    clock.advance(timedelta(hours=1))
    await asyncio.wait_for(near, 5)

    assert not far.done()
    clock.set(START + timedelta(hours=3))
    await asyncio.wait_for(far, 5)
    await clock.sleep_until(START)
    assert clock.real_seconds_until(START + timedelta(hours=4)) == math.inf
    with pytest.raises(InvalidInput):
        clock.set(START)


@pytest.mark.asyncio
async def test_a_sleeper_is_woken_by_its_event_on_every_clock(tmp_path: Path) -> None:
    write_clock(tmp_path / "clock.json", real=datetime.now(UTC), virtual=START, rate=1)
    for clock in (RealClock(), FileClock(tmp_path / "clock.json"), VirtualClock(START)):
        wake = asyncio.Event()
        sleeper = asyncio.create_task(clock.sleep_until(clock.now() + timedelta(days=1), wake))
        await asyncio.sleep(0)
        assert not sleeper.done()

        wake.set()

        await asyncio.wait_for(sleeper, 5)


@pytest.mark.asyncio
async def test_a_sleeper_honours_a_change_of_rate(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    write_clock(path, real=datetime.now(UTC), virtual=START, rate=1)
    clock = FileClock(path)
    sleeper = asyncio.create_task(clock.sleep_until(START + timedelta(days=1)))
    await asyncio.sleep(0)

    change_rate(path, 1_000_000)

    await asyncio.wait_for(sleeper, 10)
    assert clock.now() >= START + timedelta(days=1)


@pytest.mark.asyncio
async def test_a_sleeper_that_is_cancelled_leaves_nothing_behind() -> None:
    clock = VirtualClock(START)
    sleeper = asyncio.create_task(clock.sleep_until(START + timedelta(hours=1), asyncio.Event()))
    await asyncio.sleep(0)

    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    clock.advance(timedelta(hours=2))

    assert len(asyncio.all_tasks()) == 1
