"""The instants of steps: in hours of their own, out of quiet hours and pauses, in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.sla.scenes import at, decided, occurrence, procedure, words

# Received on Mon 15 Sep 2025 at 09:00, one working day: due on Tue 16 at 24:00, which is Wed 17 at 00:00.
# `cn` is open 09:00-12:00 and 13:30-17:30, seven hours a day; `cn-mall` 10:00-22:00; `always` never closes.
DAY = {"from": ["received"], "until": ["resolved"], "duration": "P1WD"}
RECEIVED = "2025-09-15 09:00"
NIGHT = {"from": "22:00", "until": "07:00"}
MORNING = {"from": "07:00", "until": "08:30"}


def steps(**clock: Any) -> list[tuple[str, str]]:
    """The steps armed when the complaint comes, each with its day and time in Shanghai."""
    decision = decided(procedure({**DAY, **clock}), [occurrence(RECEIVED, "received")], RECEIVED)
    return [(step.id, f"{step.at + timedelta(hours=8):%d %H:%M}") for step in decision.clocks[0].steps]


@pytest.mark.parametrize(
    ("warning", "expected"),
    [
        ({"before": "PT2H"}, "16 22:00"),
        ({"before": "PT2H", "time": "business"}, "16 15:30"),  # closing is 17:30
        ({"before": "PT8H", "time": "business"}, "15 16:30"),  # seven hours of the 16th, one of the 15th
        ({"before": "PT2H", "time": "business", "calendar": "cn-mall"}, "16 20:00"),  # closing is 22:00
        ({"before": "PT2H", "time": "business", "calendar": "always"}, "16 22:00"),
        ({"percent": 50}, "16 04:30"),  # 39 hours, half of them 19:30
        ({"percent": 50, "time": "business"}, "15 17:30"),  # 14 hours, seven of them on the 15th
        ({"percent": 50, "quiet": [NIGHT]}, "16 07:00"),  # 04:30 is quiet
        ({"percent": 50, "quiet": [NIGHT, MORNING]}, "16 08:30"),  # and so is 07:00
        ({"before": "PT17H", "quiet": [NIGHT]}, "16 07:00"),  # the end of quiet hours is not quiet
    ],
)
def test_a_warning_is_counted_and_kept_quiet_in_its_own_hours(warning: dict[str, Any], expected: str) -> None:
    assert steps(steps=[{"id": "w", **warning}]) == [("w", expected), ("due", "17 00:00")]


@pytest.mark.parametrize(
    "warning",
    [
        {"before": "PT40H"},  # before the start
        {"before": "PT15H", "time": "business"},  # there are only fourteen
        {"before": "PT2H", "quiet": [NIGHT]},  # put off from 22:00 to 07:00, when the breach has been said
    ],
)
def test_a_warning_outside_the_time_of_its_clock_is_not_said(warning: dict[str, Any]) -> None:
    assert steps(steps=[{"id": "w", **warning}]) == [("due", "17 00:00")]


@pytest.mark.parametrize(
    ("rung", "expected"),
    [
        ({"after": "PT2H"}, "17 02:00"),
        ({"after": "PT2H", "time": "business"}, "17 11:00"),  # opening is 09:00
        ({"after": "PT2H", "time": "business", "calendar": "cn-mall"}, "17 12:00"),
        ({"after": "PT2H", "quiet": [NIGHT]}, "17 07:00"),
        ({"after": "P1WD"}, "18 00:00"),  # the end of the next working day
        ({"after": "P1WD", "quiet": [NIGHT]}, "18 07:00"),
    ],
)
def test_a_step_after_the_breach_is_counted_and_kept_quiet_in_its_own_hours(
    rung: dict[str, Any], expected: str
) -> None:
    assert steps(steps=[{"id": "a", **rung}]) == [("due", "17 00:00"), ("a", expected)]


def test_quiet_hours_of_the_clock_are_those_of_its_steps_but_never_of_the_breach() -> None:
    clock = {
        "quiet": [NIGHT],
        "steps": [
            {"id": "half", "percent": 50},
            {"id": "loud", "percent": 50, "quiet": []},
            {"id": "next", "after": "PT1H"},
        ],
    }
    assert steps(**clock) == [("loud", "16 04:30"), ("half", "16 07:00"), ("due", "17 00:00"), ("next", "17 07:00")]


def test_a_step_that_was_put_off_is_due_when_it_may_be_said() -> None:
    rules = procedure({**DAY, "steps": [{"id": "half", "percent": 50, "quiet": [NIGHT]}]})
    begun = decided(rules, [occurrence(RECEIVED, "received")], RECEIVED)
    assert words(decided(rules, [], "2025-09-16 06:59", begun.case)) == []
    emitted = decided(rules, [], "2025-09-16 07:00", begun.case).emitted[0].data
    assert (emitted.step_due_at, emitted.late_by) == (at("2025-09-16 07:00"), 0.0)  # type: ignore[attr-defined]


def test_steps_of_one_instant_come_in_the_order_in_which_they_are_declared() -> None:
    clock = {
        "quiet": [NIGHT],
        "steps": [
            {"id": "z", "before": "PT18H"},
            {"id": "a", "before": "PT20H"},
            {"id": "m", "before": "PT17H"},
            {"id": "y", "after": "PT2H"},
            {"id": "b", "after": "PT1H"},
        ],
    }
    assert [id_ for id_, _ in steps(**clock)] == ["z", "a", "m", "due", "y", "b"]


def test_no_step_comes_inside_a_pause() -> None:
    # Due at 09:30; the pause begins at 09:40, so the breach stands. An hour later than 09:30, of which 20 minutes
    # are paused, is 10:50; a day later is not counted in hours, and lies outside the pause.
    rules = procedure(
        {
            **DAY,
            "duration": "PT30M",
            "steps": [{"id": "hour", "after": "PT1H"}, {"id": "day", "after": "P1D"}],
            "pauses": [{"from": "asked", "until": ["answered"]}],
        }
    )
    events = [occurrence(RECEIVED, "received"), occurrence("2025-09-15 09:40", "asked")]
    paused = decided(rules, events, "2025-09-15 09:40")
    assert paused.clocks[0].state == "paused"
    assert [step.id for step in paused.clocks[0].steps] == []
    resumed = decided(rules, [occurrence("2025-09-15 10:00", "answered")], "2025-09-15 10:00", paused.case)
    assert [(step.id, step.at) for step in resumed.clocks[0].steps] == [
        ("hour", at("2025-09-15 10:50")),
        ("day", at("2025-09-16 09:30")),
    ]


def test_two_kinds_of_pause_each_end_in_their_own_way() -> None:
    # 10 minutes used by 09:10; asked until 10:10 at most, held from 09:30 until 11:00: one pause from 09:10 to 11:00,
    # and 20 minutes left.
    rules = procedure(
        {
            **DAY,
            "duration": "PT30M",
            "pauses": [
                {"from": "asked", "until": ["answered"], "at_most": "PT1H"},
                {"from": "held", "until": ["released"]},
            ],
        }
    )
    events = [
        occurrence(RECEIVED, "received"),
        occurrence("2025-09-15 09:10", "asked"),
        occurrence("2025-09-15 09:30", "held"),
        occurrence("2025-09-15 11:00", "released"),
    ]
    assert decided(rules, events, "2025-09-15 11:00").clocks[0].due_at == at("2025-09-15 11:20")


def test_a_warning_that_falls_on_the_start_is_said_with_it() -> None:
    rules = procedure({**DAY, "steps": [{"id": "whole", "before": "PT39H"}]})
    assert words(decided(rules, [occurrence(RECEIVED, "received")], RECEIVED)) == ["Started", "Warned:whole"]


def test_a_short_pause_that_ends_does_not_end_the_longer_one_around_it() -> None:
    rules = procedure(
        {
            **DAY,
            "duration": "PT30M",
            "pauses": [{"from": "asked", "until": ["answered"]}, {"from": "held", "until": ["released"]}],
        }
    )
    events = [
        occurrence(RECEIVED, "received"),
        occurrence("2025-09-15 09:10", "held"),
        occurrence("2025-09-15 09:20", "asked"),
        occurrence("2025-09-15 09:25", "answered"),
    ]
    paused = decided(rules, events, "2025-09-15 09:30")
    assert (paused.clocks[0].state, paused.clocks[0].due_at) == ("paused", None)


def test_an_agreed_date_is_put_off_by_a_pause() -> None:
    rules = procedure(
        {
            "from": ["decided"],
            "until": ["resolved"],
            "due_field": "decided.agreed",
            "pauses": [{"from": "asked", "until": ["answered"]}],
        }
    )
    events = [
        occurrence(RECEIVED, "decided", **{"decided.agreed": "2025-09-15T10:00:00+08:00"}),
        occurrence("2025-09-15 09:30", "asked"),
    ]
    paused = decided(rules, events, "2025-09-15 09:30")
    assert paused.clocks[0].due_at is None
    assert words(decided(rules, [], "2025-09-15 12:00", paused.case)) == []
    resumed = decided(rules, [occurrence("2025-09-15 12:00", "answered")], "2025-09-15 12:00", paused.case)
    assert words(resumed) == ["Resumed"]
    assert resumed.clocks[0].due_at == at("2025-09-15 12:30")  # half an hour was left at 09:30
