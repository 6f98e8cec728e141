"""Due dates counted by hand, around the holidays and make-up workdays of 2024 to 2026."""

import pytest

from shared.business_time.calendars import Calendar
from shared.business_time.due import due, step_after, step_before
from shared.business_time.durations import Duration
from tests.unit.business_time.making import ALWAYS, CN, at, wall

SH = "Asia/Shanghai"

# Published days (State Council notices):
# 2024 Spring Festival 10-17 Feb, worked Sun 4 and Sun 18 Feb; National Day 1-7 Oct, worked Sun 29 Sep and Sat 12 Oct
# 2025 Spring Festival 28 Jan-4 Feb, worked Sun 26 Jan and Sat 8 Feb; National Day and Mid-Autumn 1-8 Oct, worked
#      Sun 28 Sep and Sat 11 Oct
# 2026 New Year 1-3 Jan, worked Sun 4 Jan; Spring Festival 15-23 Feb, worked Sat 14 and Sat 28 Feb; Mid-Autumn
#      25-27 Sep; National Day 1-7 Oct, worked Sun 20 Sep and Sat 10 Oct
WORKING_DAYS = [
    # start, duration, date of the due instant (24:00), working
    ("2024-02-02 10:00", "P5WD", "2024-02-08"),  # Sun 4 (1) Mon 5 (2) 6 (3) 7 (4) Thu 8 (5)
    ("2024-02-08 10:00", "P3WD", "2024-02-19"),  # Fri 9 (1) [10-17 off] Sun 18 (2) Mon 19 (3)
    ("2024-02-09 17:29", "P10WD", "2024-02-29"),  # 18 (1) 19-23 (6) [24 25] 26 (7) 27 (8) 28 (9) leap day (10)
    ("2024-02-12 10:00", "P1WD", "2024-02-18"),  # within the holiday: the first working day after it, a Sunday
    ("2024-09-27 10:00", "P5WD", "2024-10-10"),  # Sun 29 (1) Mon 30 (2) [1-7] Tue 8 (3) 9 (4) 10 (5)
    ("2024-09-30 10:00", "P5WD", "2024-10-12"),  # 8 (1) 9 (2) 10 (3) 11 (4) Sat 12 (5)
    ("2025-01-24 10:00", "P5WD", "2025-02-07"),  # Sun 26 (1) Mon 27 (2) [28-4] Wed 5 (3) 6 (4) 7 (5)
    ("2025-01-27 10:00", "P5WD", "2025-02-10"),  # 5 (1) 6 (2) 7 (3) Sat 8 (4) [9] Mon 10 (5)
    ("2025-09-26 10:00", "P15WD", "2025-10-23"),  # 28-30 (3) [1-8] 9 10 11 (6) [12] 13-17 (11) [18 19] 20-23 (15)
    ("2025-09-30 23:59", "P2WD", "2025-10-10"),  # 9 (1) 10 (2)
    ("2025-12-31 10:00", "P2WD", "2026-01-05"),  # year end: [1-3] Sun 4 (1) Mon 5 (2)
    ("2026-02-13 10:00", "P5WD", "2026-02-27"),  # Sat 14 (1) [15-23] Tue 24 (2) 25 (3) 26 (4) 27 (5)
    ("2026-02-14 10:00", "P10WD", "2026-03-06"),  # 24-27 (4) Sat 28 (5) [1] Mon 2 (6) 3 (7) 4 (8) 5 (9) 6 (10)
    ("2026-02-20 00:00", "P1WD", "2026-02-24"),
    ("2026-09-18 10:00", "P5WD", "2026-09-24"),  # [19] Sun 20 (1) 21 (2) 22 (3) 23 (4) 24 (5)
    ("2026-09-24 10:00", "P5WD", "2026-10-09"),  # [25-27] 28 (1) 29 (2) 30 (3) [1-7] 8 (4) 9 (5)
    ("2026-09-30 10:00", "P3WD", "2026-10-10"),  # 8 (1) 9 (2) Sat 10 (3)
    ("2026-02-24 10:00", "-P2WD", "2026-02-13"),  # backwards: Sat 14 (1) Fri 13 (2)
    ("2026-02-14 10:00", "P0WD", "2026-02-14"),  # the same working day
    ("2026-02-15 10:00", "P0WD", "2026-02-24"),  # from a day off: the next one
]
CALENDAR_DATES = [
    ("2026-02-13 10:00", "P0D", "2026-02-13"),  # the same day, until 24:00
    ("2026-02-15 10:00", "P0D", "2026-02-15"),  # calendar days do not look at holidays
    ("2026-02-13 10:00", "P30D", "2026-03-15"),  # 15 days left in February + 15
    ("2024-02-13 10:00", "P30D", "2024-03-14"),  # a leap year: 16 + 14
    ("2026-02-13 10:00", "P2W", "2026-02-27"),
    ("2024-01-31 10:00", "P1M", "2024-02-29"),
    ("2025-01-31 10:00", "P1M", "2025-02-28"),
    ("2026-12-31 10:00", "P2M", "2027-02-28"),
    ("2026-03-31 10:00", "-P1M", "2026-02-28"),
    ("2024-02-29 10:00", "P1Y", "2025-02-28"),
    ("2024-02-29 10:00", "P4Y", "2028-02-29"),
    ("2025-12-31 23:59", "P1D", "2026-01-01"),
]


@pytest.mark.parametrize(("start", "duration", "date"), WORKING_DAYS + CALENDAR_DATES)
def test_a_clock_in_days_is_due_at_24_00_of_the_date_counted_by_hand(start: str, duration: str, date: str) -> None:
    result = due(at(start, SH), Duration.parse(duration), CN, time_basis="elapsed")

    # 24:00 of a date is 16:00 UTC of that date in China
    assert wall(result.at) == f"{date} 16:00"


@pytest.mark.parametrize(
    ("start", "duration", "boundary", "expected"),
    [
        ("2026-02-13 10:05", "P5WD", "closing-time", "2026-02-27 17:30"),
        ("2026-02-13 10:05", "P5WD", "same-time", "2026-02-27 10:05"),
        ("2026-02-13 20:05", "P5WD", "same-time", "2026-02-27 20:05"),
        ("2026-02-13 10:05", "P3D", "closing-time", "2026-02-17 00:00"),  # 16 Feb does not open: 24:00
        ("2026-02-13 10:05", "P14D", "closing-time", "2026-02-27 17:30"),
        ("2026-02-13 10:05", "P1M", "same-time", "2026-03-13 10:05"),
    ],
)
def test_the_boundary_says_when_on_its_date_something_is_due(
    start: str, duration: str, boundary: str, expected: str
) -> None:
    result = due(at(start, SH), Duration.parse(duration), CN, time_basis="business", boundary=boundary)  # type: ignore[arg-type]

    assert wall(result.at, SH) == expected


@pytest.mark.parametrize(
    ("start", "duration", "calendar", "time_basis", "expected"),
    [
        # office hours 09:00-12:00 and 13:30-17:30, seven hours a day
        ("2026-02-13 16:30", "PT4H", CN, "business", "2026-02-14 12:00"),  # Fri 1 h, Sat 3 h: stays on closing time
        ("2026-02-13 16:30", "PT4H1S", CN, "business", "2026-02-14 13:30:01"),
        ("2026-02-13 17:30", "PT24H", CN, "business", "2026-02-26 12:00"),  # Sat 7, Tue 7 (14), Wed 7 (21), Thu 3
        ("2026-02-13 10:00", "PT24H", CN, "elapsed", "2026-02-14 10:00"),  # exactly 24 hours
        ("2026-02-14 20:00", "PT30M", CN, "business", "2026-02-24 09:30"),
        ("2025-12-31 17:00", "PT1H", CN, "business", "2026-01-04 09:30"),
        ("2026-02-13 10:00", "IMMEDIATE", CN, "business", "2026-02-13 10:00"),
        ("2026-02-15 10:00", "IMMEDIATE", CN, "business", "2026-02-15 10:00"),
        ("2026-02-15 10:00", "PT0S", CN, "business", "2026-02-24 09:00"),  # nothing, outside hours: next opening
        ("2026-02-13 10:00", "PT49H", ALWAYS, "business", "2026-02-15 11:00"),
    ],
)
def test_a_clock_in_hours_counts_every_second_or_opening_hours(
    start: str, duration: str, calendar: Calendar, time_basis: str, expected: str
) -> None:
    result = due(at(start, SH), Duration.parse(duration), calendar, time_basis=time_basis)  # type: ignore[arg-type]

    assert wall(result.at, SH) == expected


@pytest.mark.parametrize(
    ("target", "amount", "time_basis", "expected"),
    [
        # a target at 24:00 belongs to the day that ends there, and so does the step
        ("2026-02-28 00:00", "P1WD", "business", "2026-02-27 00:00"),  # before Fri 27, 24:00: Thu 26, 24:00
        ("2026-02-28 00:00", "P4WD", "business", "2026-02-15 00:00"),  # 26, 25, 24, Sat 14
        ("2026-02-28 00:00", "P1D", "elapsed", "2026-02-27 00:00"),
        ("2026-02-27 17:30", "P1WD", "business", "2026-02-26 17:30"),
        ("2026-02-27 17:30", "PT1H", "business", "2026-02-27 16:30"),
        ("2026-02-24 09:30", "PT1H", "business", "2026-02-14 17:00"),  # back over the festival, in business time
        ("2026-02-24 09:30", "PT1H", "elapsed", "2026-02-24 08:30"),
        ("2026-02-24 10:00", "PT1H", "business", "2026-02-24 09:00"),  # used up exactly at opening: stays there
        ("2026-03-31 10:00", "P1M", "elapsed", "2026-02-28 10:00"),
        ("2026-02-24 10:00", "IMMEDIATE", "business", "2026-02-24 10:00"),
    ],
)
def test_a_warning_is_counted_backwards_from_the_target(
    target: str, amount: str, time_basis: str, expected: str
) -> None:
    result = step_before(at(target, SH), Duration.parse(amount), CN, time_basis)  # type: ignore[arg-type]

    assert wall(result, SH) == expected


@pytest.mark.parametrize(
    ("target", "amount", "time_basis", "expected"),
    [
        ("2026-02-14 00:00", "P1WD", "business", "2026-02-15 00:00"),  # Fri 13, 24:00 -> Sat 14, 24:00
        ("2026-02-13 17:30", "P2WD", "business", "2026-02-24 17:30"),
        ("2026-02-13 17:30", "PT1H", "business", "2026-02-14 10:00"),
        ("2026-02-13 17:30", "PT1H", "elapsed", "2026-02-13 18:30"),
    ],
)
def test_a_rung_after_the_breach_is_counted_forwards(target: str, amount: str, time_basis: str, expected: str) -> None:
    result = step_after(at(target, SH), Duration.parse(amount), CN, time_basis)  # type: ignore[arg-type]

    assert wall(result, SH) == expected


def test_a_date_that_is_due_at_closing_time_rests_on_holidays_too() -> None:
    result = due(at("2026-12-31 10:00", SH), Duration.parse("P30D"), CN, time_basis="elapsed", boundary="closing-time")

    assert result.provisional is True


@pytest.mark.parametrize(
    ("start", "duration", "time_basis", "provisional"),
    [
        ("2026-12-21 10:00", "P8WD", "elapsed", False),  # 22-25 (4) 28-31 (8): Thu 31 Dec, 24:00, the last published
        ("2026-12-21 10:00", "P9WD", "elapsed", True),
        ("2026-12-31 10:00", "PT8H", "business", True),
        ("2026-12-31 10:00", "PT8H", "elapsed", False),  # rests on no list of holidays
        ("2026-12-31 10:00", "P30D", "elapsed", False),
        ("2003-12-31 10:00", "P5WD", "elapsed", True),
    ],
)
def test_what_rests_on_unpublished_holidays_is_provisional(
    start: str, duration: str, time_basis: str, provisional: bool
) -> None:
    result = due(at(start, SH), Duration.parse(duration), CN, time_basis=time_basis)  # type: ignore[arg-type]

    assert result.provisional is provisional
