"""Clocks that are due again and again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.sla.domain.cycle_state import CycleKey
from tests.unit.sla.running import System
from tests.unit.sla.scenes import at, decided, occurrence, procedure, words

HALF_HOURLY = {"from": ["received"], "until": ["resolved"], "duration": "PT30M", "steps": [{"every": "PT30M"}]}
NIGHT = {"from": "22:00", "until": "07:00"}


def emitted(received: str, until: str, **clock: Any) -> list[tuple[str, str]]:
    """The steps that timers bring by then, each with its time in Shanghai."""
    system = System(procedure({**HALF_HOURLY, **clock}))
    system.apply(at(received), occurrence(received, "received"))
    system.run(at(until))
    fired = [event.data for event in system.received if "step" in event.data]
    return [(data["step"], f"{data['step_due_at'] + timedelta(hours=8):%d %H:%M}") for data in fired]


def test_it_is_said_again_after_each_length_until_it_is_stopped() -> None:
    assert emitted("2025-09-29 09:00", "2025-09-29 10:59") == [
        ("due", "29 09:30"),
        ("repeat-2", "29 10:00"),
        ("repeat-3", "29 10:30"),
    ]


def test_steps_after_the_breach_do_not_hold_repetitions_up() -> None:
    assert emitted(
        "2025-09-29 09:00", "2025-09-29 10:59", steps=[{"id": "hour", "after": "PT1H"}, {"every": "PT30M"}]
    ) == [
        ("due", "29 09:30"),
        ("repeat-2", "29 10:00"),
        ("hour", "29 10:30"),
        ("repeat-3", "29 10:30"),
    ]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ({"steps": [{"every": "PT2H"}]}, ["11:30", "13:30", "15:30", "17:30", "19:30", "21:30", "23:30"]),
        ({"steps": [{"every": "PT2H"}], "time": "business"}, ["11:30", "15:00", "17:00"]),  # lunch from 12:00 to 13:30
        ({"steps": [{"every": "PT2H", "times": 2}]}, ["11:30", "13:30"]),
        ({"steps": [{"every": "PT5H"}], "quiet": [NIGHT]}, ["14:30", "19:30"]),
        ({"steps": [{"every": "PT5H", "quiet": [NIGHT]}]}, ["14:30", "19:30"]),
        ({"steps": [{"every": "PT2H", "time": "business"}]}, ["11:30", "15:00", "17:00"]),
        (
            {"steps": [{"every": "PT2H", "time": "business", "calendar": "cn-mall"}]},
            ["12:00", "14:00", "16:00", "18:00", "20:00", "22:00"],
        ),
    ],
)
def test_the_interval_the_number_and_the_quiet_hours_are_declared(clock: dict[str, Any], expected: list[str]) -> None:
    fired = emitted("2025-09-29 09:00", "2025-09-29 23:59", **clock)
    assert fired == [("due", "29 09:30"), *((f"repeat-{n}", f"29 {one}") for n, one in enumerate(expected, start=2))]


def test_repetitions_of_one_night_are_said_once_in_the_morning() -> None:
    # 21:30 is due, 23:30, 01:30, 03:30 and 05:30 are quiet, then comes 07:30.
    assert emitted("2025-09-29 21:00", "2025-09-30 08:00", steps=[{"every": "PT2H"}], quiet=[NIGHT]) == [
        ("due", "29 21:30"),
        ("repeat-5", "30 07:00"),
        ("repeat-6", "30 07:30"),
    ]


def test_months_are_counted_from_the_due_instant_and_do_not_drift() -> None:
    # Received on 1 January 2026 with thirty days: due at the end of the 31st; February has no 31st, March has.
    system = System(procedure({**HALF_HOURLY, "duration": "P30D", "steps": [{"every": "P1M"}]}))
    system.apply(at("2026-01-01 09:00"), occurrence("2026-01-01 09:00", "received"))
    system.run(at("2026-04-15 00:00"))
    instants = [event.data["step_due_at"] for event in system.received if "step" in event.data]
    assert instants == [at("2026-02-01 00:00"), at("2026-03-01 00:00"), at("2026-04-01 00:00")]


def test_a_stop_ends_repetitions_and_a_late_one_takes_none_back() -> None:
    rules = procedure(HALF_HOURLY)
    begun = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 10:05")
    assert words(begun) == ["Started", "Breached:due", "Warned:repeat-2"]
    stopped = decided(rules, [occurrence("2025-09-29 10:10", "resolved")], "2025-09-29 10:40", begun.case)
    assert words(stopped) == ["StoppedLate"]
    assert stopped.clocks[0].steps == ()


def test_a_thousand_repetitions_leave_no_trace_but_their_number() -> None:
    rules = procedure({**HALF_HOURLY, "catch_up": "latest"})
    begun = decided(rules, [occurrence("2025-09-01 09:00", "received")], "2025-09-01 09:00")
    later = decided(rules, [], "2025-09-29 09:10", begun.case)  # 28 days of 48 half hours, less the first
    assert words(later) == ["Breached:due", "Warned:repeat-1344"]
    assert list(later.case.states[CycleKey("reply", 1)].fired) == ["due"]
