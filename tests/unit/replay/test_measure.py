"""How long a clock ran, in its own measure."""

from __future__ import annotations

from typing import Any

import pytest

from huiyin.replay.measure import Measure
from shared.business_time.calendars import calendar_from
from tests.unit.sla.scenes import CALENDARS, at, procedure


def measure(duration: str | None, **more: Any) -> Measure:
    target = {"duration": duration} if duration else {"due_field": "received.due"}
    [clock] = procedure({"from": ["received"], "until": ["resolved"], **target, **more}).clocks
    return Measure.of(clock, CALENDARS["cn"])


@pytest.mark.parametrize(
    ("duration", "time", "unit"),
    [
        ("P15WD", "elapsed", "working-days"),
        ("P30D", "elapsed", "days"),
        ("P2M", "elapsed", "days"),
        ("PT24H", "elapsed", "elapsed-hours"),
        ("PT4H", "business", "business-hours"),
        ("PT30M", "elapsed", "elapsed-minutes"),
        ("IMMEDIATE", "elapsed", "elapsed-minutes"),
        (None, "business", "business-hours"),
    ],
)
def test_a_clock_is_measured_in_what_its_target_is_written_in(duration: str | None, time: str, unit: str) -> None:
    assert measure(duration, time=time).unit == unit


# 2025-09-26 is a Friday, 28 September (Sunday) a make-up workday, 1 to 8 October are holidays.
# Opening hours: 09:00 to 12:00 and 13:30 to 17:30.
@pytest.mark.parametrize(
    ("duration", "time", "start", "end", "elapsed"),
    [
        ("P15WD", "elapsed", "2025-09-26 09:00", "2025-09-26 23:00", 0.0),
        ("P15WD", "elapsed", "2025-09-26 09:00", "2025-09-27 10:00", 0.0),  # Saturday
        ("P15WD", "elapsed", "2025-09-26 09:00", "2025-09-28 10:00", 1.0),  # the make-up Sunday
        ("P15WD", "elapsed", "2025-09-26 09:00", "2025-10-09 10:00", 4.0),  # 28, 29, 30, 9
        ("P15WD", "elapsed", "2025-09-26 09:00", "2025-10-10 00:00", 4.0),  # 24:00 belongs to the 9th
        ("P15WD", "elapsed", "2025-09-26 00:00", "2025-09-26 00:00", 0.0),  # the start at midnight too
        ("P30D", "elapsed", "2025-09-26 23:59", "2025-09-27 00:01", 1.0),
        ("P30D", "elapsed", "2025-09-26 09:00", "2025-10-26 09:00", 30.0),
        ("PT24H", "elapsed", "2025-09-26 09:00", "2025-09-28 09:00", 48.0),
        ("PT24H", "business", "2025-09-26 17:00", "2025-09-28 10:00", 1.5),  # half an hour, then one
        ("PT30M", "elapsed", "2025-09-26 09:00", "2025-09-26 09:45", 45.0),
    ],
)
def test_what_counted_from_start_to_end(duration: str, time: str, start: str, end: str, elapsed: float) -> None:
    assert measure(duration, time=time).elapsed(at(start), at(end)) == elapsed


@pytest.mark.parametrize(
    ("duration", "paused", "elapsed"),
    [
        # Monday 13 to Monday 20 October: 14, 15, 16, 17, 20 count; the 14th and 15th end within the pause.
        ("P15WD", ("2025-10-14 10:00", "2025-10-16 10:00"), 3.0),
        ("P15WD", ("2025-10-14 10:00", "2025-10-14 15:00"), 5.0),
        ("P30D", ("2025-10-14 10:00", "2025-10-16 10:00"), 5.0),
        ("PT24H", ("2025-10-14 10:00", "2025-10-16 10:00"), 120.0),
        ("PT24H", ("2025-10-20 08:00", None), 167.0),  # still open when the clock stopped
        ("P15WD", ("2025-10-15 10:00", None), 1.0),
    ],
)
def test_pauses_are_taken_out_as_the_due_instant_takes_them_out(
    duration: str, paused: tuple[str, str | None], elapsed: float
) -> None:
    begins, ends = paused
    pauses = [(at(begins), at(ends) if ends else None)]
    assert measure(duration).elapsed(at("2025-10-13 09:00"), at("2025-10-20 09:00"), pauses) == elapsed


@pytest.mark.parametrize(
    ("duration", "due", "end", "late"),
    [
        ("P15WD", "2025-10-11 00:00", "2025-10-11 09:00", 1.0),  # due on Friday at 24:00, the 11th is worked
        ("P15WD", "2025-10-18 00:00", "2025-10-19 09:00", 0.0),  # due on Friday at 24:00, stopped on Sunday
        ("P15WD", "2025-10-18 00:00", "2025-10-20 09:00", 1.0),
        ("P30D", "2025-10-18 00:00", "2025-10-19 09:00", 2.0),
        ("PT24H", "2025-10-18 00:00", "2025-10-19 09:00", 33.0),
    ],
)
def test_lateness_is_counted_after_the_day_on_which_it_was_due(duration: str, due: str, end: str, late: float) -> None:
    assert measure(duration).late_by(at(due), at(end)) == late


def test_a_calendar_that_hardly_ever_opens_can_be_counted_on() -> None:
    opening = {"2025-10-15": [["09:00", "10:00"]]}
    yearly = calendar_from({"id": "fair", "version": "1", "time_zone": "Asia/Shanghai", "special_hours": opening})
    [clock] = procedure({"from": ["received"], "until": ["resolved"], "duration": "P1WD"}).clocks
    assert Measure.of(clock, yearly).elapsed(at("2025-01-01 09:00"), at("2025-12-31 09:00")) == 1.0
