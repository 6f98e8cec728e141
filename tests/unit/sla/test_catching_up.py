"""What is said of steps that came while nothing could be said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sla.running import System
from tests.unit.sla.scenes import at, decided, occurrence, procedure, words

# Due at 09:30; steps at 09:15, 09:25, 09:30, 10:30 and 11:30.
LADDER = {
    "from": ["received"],
    "until": ["resolved"],
    "duration": "PT30M",
    "steps": [
        {"id": "half", "percent": 50},
        {"id": "five-left", "before": "PT5M"},
        {"id": "hour", "after": "PT1H"},
        {"id": "two-hours", "after": "PT2H"},
    ],
}
RECEIVED = occurrence("2025-09-29 09:00", "received")
ALL = ["Warned:half", "Warned:five-left", "Breached:due", "Warned:hour", "Warned:two-hours"]
LATEST: dict[str, Any] = {"catch_up": "latest"}
SKIP: dict[str, Any] = {"catch_up": "skip", "skip_after": "PT1H"}


@pytest.mark.parametrize(
    ("mode", "back_at", "expected"),
    [
        ({}, "09:20", ALL[:1]),
        ({}, "12:00", ALL),
        (LATEST, "09:20", ["Warned:half"]),
        (LATEST, "09:27", ["Warned:five-left"]),
        (LATEST, "09:40", ["Breached:due"]),
        (LATEST, "11:00", ["Breached:due", "Warned:hour"]),
        (LATEST, "12:00", ["Breached:due", "Warned:two-hours"]),
        (SKIP, "10:20", ["Warned:five-left", "Breached:due"]),  # 09:15 is more than an hour ago
        (SKIP, "11:30", ["Breached:due", "Warned:hour", "Warned:two-hours"]),  # 10:30 is an hour ago, no more
        (SKIP, "12:00", ["Breached:due", "Warned:two-hours"]),
        (SKIP, "15:00", ["Breached:due"]),  # the breach is said however late
    ],
)
def test_after_an_outage_what_is_said_is_what_the_clock_declares(
    mode: dict[str, Any], back_at: str, expected: list[str]
) -> None:
    rules = procedure({**LADDER, **mode})
    begun = decided(rules, [RECEIVED], "2025-09-29 09:00")
    back = decided(rules, [], f"2025-09-29 {back_at}", begun.case)
    assert words(back) == expected
    assert not set(words(decided(rules, [], "2025-09-29 20:00", back.case))) & set(_come_by(back_at))


def _come_by(back_at: str) -> list[str]:
    """The steps whose instants have come by then: what was passed over is not said later either."""
    instants = ("09:15", "09:25", "09:30", "10:30", "11:30")
    return [word for word, instant in zip(ALL, instants, strict=True) if instant <= back_at]


@pytest.mark.parametrize("each", [1, 2, 100])
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ({}, ["half", "five-left", "due", "hour", "two-hours"]),
        (LATEST, ["due", "two-hours"]),
        (SKIP, ["due", "two-hours"]),
    ],
)
def test_timers_that_page_through_a_backlog_say_the_same(mode: dict[str, Any], each: int, expected: list[str]) -> None:
    system = System(procedure({**LADDER, **mode}))
    system.apply(at("2025-09-29 09:00"), RECEIVED)
    while system.fire(at("2025-09-29 12:00"), each):
        pass
    assert [event.data["step"] for event in system.received if "step" in event.data] == expected


def test_only_steps_that_are_said_whatever_the_delay_are_left_to_the_timers_alone() -> None:
    def plain(**mode: Any) -> set[bool]:
        return {
            step.plain
            for step in decided(procedure({**LADDER, **mode}), [RECEIVED], "2025-09-29 09:00").clocks[0].steps
        }

    assert (plain(), plain(**LATEST), plain(**SKIP)) == ({True}, {False}, {False})


def test_of_repetitions_the_latest_is_said_with_its_number() -> None:
    # Due at 09:30, again at 10:00, 10:30, 11:00: the fourth time.
    rules = procedure({**LADDER, **LATEST, "steps": [{"every": "PT30M"}]})
    begun = decided(rules, [RECEIVED], "2025-09-29 09:00")
    back = decided(rules, [], "2025-09-29 11:10", begun.case)
    assert words(back) == ["Breached:due", "Warned:repeat-4"]
    assert back.clocks[0].next_step == "repeat-5"
