"""Quiet hours by the wall clock of a zone, also on the days on which the clock is changed."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.sla.domain.schedule import first_allowed, outside_pauses, outside_quiet
from shared.procedures.model import QuietHours
from tests.unit.sla.scenes import at


def window(from_: str, until: str) -> QuietHours:
    return QuietHours.model_validate({"from": from_, "until": until})


NIGHT, NOON = window("22:00", "07:00"), window("12:00", "13:00")


@pytest.mark.parametrize(
    ("instant", "moved"),
    [
        ("29 21:59", "29 21:59"),
        ("29 22:00", "30 07:00"),
        ("29 23:59", "30 07:00"),
        ("30 00:00", "30 07:00"),
        ("30 06:59", "30 07:00"),
        ("30 07:00", "30 07:00"),
        ("30 12:30", "30 13:00"),
    ],
)
def test_what_falls_into_quiet_hours_comes_at_their_end(instant: str, moved: str) -> None:
    assert outside_quiet(at(f"2025-09-{instant}"), [NIGHT, NOON], "Asia/Shanghai") == at(f"2025-09-{moved}")


@pytest.mark.parametrize(
    ("instant", "until", "moved"),
    [
        # Berlin, 26 October 2025: 02:00-03:00 comes twice, at 00:00Z in summer time and at 01:00Z in winter time.
        ("2025-10-26T00:15Z", "02:30", "2025-10-26T00:30Z"),
        ("2025-10-26T01:15Z", "02:30", "2025-10-26T01:30Z"),
        # 30 March 2025: 02:00 is 03:00 at once, at 01:00Z; 02:30 does not exist and is moved to 03:30.
        ("2025-03-30T00:30Z", "02:30", "2025-03-30T01:30Z"),
    ],
)
def test_the_end_of_quiet_hours_is_found_on_the_days_of_the_change(instant: str, until: str, moved: str) -> None:
    found = outside_quiet(datetime.fromisoformat(instant), [window("22:00", until)], "Europe/Berlin")
    assert found == datetime.fromisoformat(moved)


def test_windows_that_leave_nothing_of_a_day_do_not_count() -> None:
    everything = [window("00:00", "12:00"), window("12:00", "00:00")]
    assert outside_quiet(at("2025-09-29 09:00"), everything, "Asia/Shanghai") == at("2025-09-29 09:00")


def test_the_end_of_a_pause_may_be_quiet_and_the_end_of_quiet_hours_paused() -> None:
    pauses = [(at("2025-09-29 21:00"), at("2025-09-29 23:00")), (at("2025-09-30 06:30"), at("2025-09-30 09:00"))]
    assert outside_pauses(at("2025-09-29 22:30"), pauses) == at("2025-09-29 23:00")
    assert first_allowed(at("2025-09-29 21:30"), pauses, [NIGHT], "Asia/Shanghai") == at("2025-09-30 09:00")
    assert first_allowed(at("2025-09-29 21:00"), pauses, [NIGHT], "Asia/Shanghai") == at("2025-09-29 21:00")
    assert first_allowed(at("2025-09-29 21:30"), [(at("2025-09-29 21:00"), None)], [NIGHT], "Asia/Shanghai") is None
