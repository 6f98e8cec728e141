"""The clock of a home never runs back from one run to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.embedded.home import Home
from huiyin.embedded.scaled_clock import (
    ClockStart,
    clock_start,
    parse_rate,
    parse_start,
    read_last,
    save_last,
    write_start,
)
from shared.business_time.clock import FileClock
from shared.errors import InvalidInput, StackError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=100)
EARLIER = NOW - timedelta(days=100)


@pytest.mark.parametrize(
    ("rate", "start", "last", "used", "expected"),
    [
        (None, None, None, False, None),  # a new home in real time
        (None, None, None, True, None),  # and again
        (3600.0, None, None, False, ClockStart(NOW, 3600.0)),  # a new home, scaled from now
        (3600.0, EARLIER, None, False, ClockStart(EARLIER, 3600.0)),  # a new home may begin in the past
        (None, LATER, None, False, ClockStart(LATER, 1.0)),  # only another beginning
        (60.0, None, LATER, True, ClockStart(LATER, 60.0)),  # goes on where it stopped, at another speed
        (1.0, None, LATER, True, ClockStart(LATER, 1.0)),  # also at natural speed
        (60.0, None, EARLIER, True, ClockStart(EARLIER, 60.0)),  # also when that is in the real past
        (60.0, LATER, LATER, True, ClockStart(LATER, 60.0)),  # the very instant is no step back
        (60.0, None, None, True, ClockStart(NOW, 60.0)),  # real data so far: from now
    ],
)
def test_a_run_begins_where_it_may(
    rate: float | None, start: datetime | None, last: datetime | None, used: bool, expected: ClockStart | None
) -> None:
    assert clock_start(rate, start, last=last, used=used, now=NOW) == expected


@pytest.mark.parametrize(
    ("rate", "start", "last", "used", "message"),
    [
        (None, None, LATER, True, "the data of this home comes from virtual time"),
        (None, None, EARLIER, True, "the data of this home comes from virtual time"),
        (60.0, NOW, LATER, True, "time would run back"),
        (60.0, EARLIER, None, True, "time would run back"),  # real data so far
    ],
)
def test_a_run_that_would_lie_before_its_data_is_refused(
    rate: float | None, start: datetime | None, last: datetime | None, used: bool, message: str
) -> None:
    with pytest.raises(StackError, match=message):
        clock_start(rate, start, last=last, used=used, now=NOW)


@given(
    rate=st.floats(0.1, 1e5),
    start=st.none() | st.datetimes(timezones=st.just(UTC)),
    last=st.datetimes(timezones=st.just(UTC)),
)
def test_whatever_is_asked_time_goes_on_or_the_run_is_refused(
    rate: float, start: datetime | None, last: datetime
) -> None:
    try:
        chosen = clock_start(rate, start, last=last, used=True, now=NOW)
    except StackError:
        assert start is not None
        assert start < last
    else:
        assert chosen is not None
        assert chosen.virtual >= last


def test_what_is_saved_while_running_lies_ahead_of_what_services_have_seen(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert read_last(home) is None
    write_start(home, ClockStart(LATER, 3600.0), datetime.now(UTC))
    seen = FileClock(home.clock_file).now()
    saved = read_last(home)
    assert saved is not None
    assert saved >= seen + timedelta(seconds=3600)

    save_last(home, running=False)
    exact = read_last(home)
    assert exact is not None
    assert seen <= exact <= FileClock(home.clock_file).now()


def test_a_damaged_file_is_an_error_and_no_fresh_start(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.clock_last_file.write_text("{}")
    with pytest.raises(StackError, match="cannot be read"):
        read_last(home)


@pytest.mark.parametrize(("text", "rate"), [("3600x", 3600.0), ("3600", 3600.0), ("1X", 1.0), (" 0.5x ", 0.5)])
def test_speeds_are_read(text: str, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "x", "0", "-1x", "fast", "nan", "inf", "2000000"])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_rate(text)


def test_a_start_without_a_zone_is_utc() -> None:
    assert parse_start("2026-02-13T08:00") == datetime(2026, 2, 13, 8, tzinfo=UTC)
    assert parse_start("2026-02-13T08:00+08:00") == datetime(2026, 2, 13, 0, tzinfo=UTC)
    with pytest.raises(InvalidInput):
        parse_start("tomorrow")
