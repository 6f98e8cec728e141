"""Faults that other systems of this kind have had, and that no other test here would show: see docs/clocks.md."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.explain import explain_clocks
from tests.unit.sla.running import System
from tests.unit.sla.scenes import CALENDARS, at, decided, occurrence, procedure, words

HOURS = {"from": ["received"], "until": ["resolved"], "duration": "PT4H", "time": "business"}


def test_clocks_do_not_touch_each_other_whatever_their_steps_are_called() -> None:
    steps = {"steps": [{"id": "half", "percent": 50}, {"id": "late", "after": "PT10M"}]}
    short = {**steps, "id": "short", "from": ["received"], "until": ["replied"], "duration": "PT20M"}
    long = {**steps, "id": "long", "from": ["received"], "until": ["resolved"], "duration": "PT60M"}
    system = System(procedure(long, short))
    system.apply(at("2025-09-29 09:00"), occurrence("2025-09-29 09:00", "received"))
    system.run(at("2025-09-29 09:15"))
    system.apply(at("2025-09-29 09:15"), occurrence("2025-09-29 09:15", "replied"))
    system.run(at("2025-09-29 12:00"))
    emitted = [(one.data["clock"], one.data["step"]) for one in system.received if "step" in one.data]
    assert emitted == [("short", "half"), ("long", "half"), ("long", "due"), ("long", "late")]


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2025-09-27 20:00", "2025-09-28 13:30"),  # Saturday: from Sunday 09:00, a make-up workday; three hours, lunch,
        ("2025-09-29 17:30", "2025-09-30 13:30"),  # at closing time: from the next opening
    ],
)
def test_time_counts_from_the_first_open_instant(received: str, due: str) -> None:
    # ... and the fourth hour: 09:00-12:00 and 13:30-14:30
    decision = decided(procedure(HOURS), [occurrence(received, "received")], received)
    assert decision.clocks[0].due_at == at(due) + timedelta(hours=1)
    (found,) = explain_clocks(decision.case, procedure(HOURS), CALENDARS, at(received) + timedelta(hours=13), "en")
    assert found.elapsed_seconds == 0.0


def test_a_pause_over_night_takes_out_no_more_than_its_opening_hours() -> None:
    rules = procedure({**HOURS, "pauses": [{"from": "asked", "until": ["answered"]}]})
    events = [
        occurrence("2025-09-29 13:30", "received"),
        occurrence("2025-09-29 16:00", "asked"),
        occurrence("2025-09-30 10:00", "answered"),
    ]
    # 13:30-16:00 are two and a half hours used; one and a half are left: 10:00-11:30
    assert decided(rules, events, "2025-09-30 10:00").clocks[0].due_at == at("2025-09-30 11:30")


def test_a_target_that_moves_takes_the_breach_of_the_old_one_back_at_once() -> None:
    rules = procedure({"from": ["received"], "until": ["resolved"], "duration": "PT1H", "extension": {"to": "PT3H"}})
    breached = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 10:00")
    approved = occurrence("2025-09-29 09:50", "extension-approved", "extension-approved:reply")
    moved = decided(rules, [approved], "2025-09-29 10:30", breached.case)
    assert words(moved) == ["Extended", "BreachRetracted"]
    assert moved.clocks[0].state == "running"
    again = decided(rules, [], "2025-09-29 12:00", moved.case)
    assert words(again) == ["Breached:due"]
    causes = [one.cause for decision in (breached, moved, again) for one in decision.emitted]
    assert len(causes) == len(set(causes))


def test_a_withdrawal_before_the_due_instant_that_arrives_late_takes_the_breach_back() -> None:
    rules = procedure(HOURS)
    breached = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 15:00")
    assert words(breached) == ["Started", "Breached:due"]
    gone = decided(rules, [occurrence("2025-09-29 11:00", "withdrawn")], "2025-09-29 15:01", breached.case)
    assert words(gone) == ["BreachRetracted", "Cancelled"]


def test_a_start_that_turns_out_not_to_be_one_takes_everything_back() -> None:
    rules = procedure({**HOURS, "when": {"field": "class", "is": "major"}})
    begun = decided(rules, [occurrence("2025-09-29 09:00", "received", **{"class": "major"})], "2025-09-29 15:00")
    earlier = occurrence("2025-09-29 08:00", "withdrawn")  # it had been withdrawn before
    gone = decided(rules, [earlier], "2025-09-29 15:01", begun.case)
    assert words(gone) == ["BreachRetracted", "Cancelled"]
    assert gone.clocks == ()
    assert gone.gone == (("reply", 1),)
    assert words(decided(rules, [], "2025-10-29 15:01", gone.case)) == []


def test_a_cycle_that_comes_back_is_armed_anew_and_its_old_timers_are_void() -> None:
    story = procedure({"from": ["received"], "until": ["resolved"], "duration": "PT1H"})
    system = System(story)
    now = at("2025-09-29 09:00")
    system.apply(now, occurrence("2025-09-29 09:00", "received"))
    system.apply(now, occurrence("2025-09-29 08:00", "withdrawn"))  # no cycle at all
    system.apply(now, occurrence("2025-09-29 08:30", "reopened"))  # there is one after all
    system.run(at("2025-09-29 12:00"))
    kinds = [one.type for one in system.received]
    assert kinds == ["Started", "Cancelled", "Started", "Breached"]


def test_a_cycle_that_comes_back_at_its_end_has_no_timer() -> None:
    system = System(procedure({"from": ["received"], "until": ["resolved"], "duration": "PT1H"}))
    now = at("2025-09-29 09:10")
    system.apply(now, occurrence("2025-09-29 09:00", "received"))
    system.apply(now, occurrence("2025-09-29 08:58", "resolved"))  # no cycle at all
    system.apply(now, occurrence("2025-09-29 09:05", "withdrawn"))
    system.apply(now, occurrence("2025-09-29 08:59", "reopened"))  # there was one, until 09:05
    assert {row.state for row in system.rows.values()} == {"cancelled"}
    system.run(at("2025-09-29 12:00"))
    assert [one.type for one in system.received] == ["Started", "Cancelled"]


def test_a_due_instant_that_comes_back_makes_other_events_than_the_first_time() -> None:
    agreed = {"from": ["decided"], "until": ["resolved"], "due_field": "decided.agreed"}
    rules = procedure({**agreed, "steps": [{"id": "hour-left", "before": "PT1H"}]})
    case, causes, emitted = None, [], []
    for when, hour in (("09:00", "12:00"), ("11:05", "12:00"), ("11:10", "11:30"), ("11:20", "12:00")):
        fact = {"decided.agreed": f"2025-09-29T{hour}:00+08:00"}
        decision = decided(rules, [occurrence(f"2025-09-29 {when}", "decided", **fact)], f"2025-09-29 {when}", case)
        emitted += words(decision)
        causes += [one.cause for one in decision.emitted]
        case = decision.case
    assert emitted == ["Started", "Warned:hour-left", *["Rescheduled", "Warned:hour-left"] * 2]
    assert len(causes) == len(set(causes))


def test_a_year_of_repetitions_is_caught_up_on_in_one_decision_and_leaves_one_number_behind() -> None:
    rules = procedure(
        {**HOURS, "duration": "PT30M", "time": "elapsed", "steps": [{"every": "PT30M"}], "catch_up": "latest"}
    )
    begun = decided(rules, [occurrence("2025-01-01 09:00", "received")], "2025-01-01 09:00")
    year = decided(rules, [], "2026-01-01 09:10", begun.case)
    after = decided(rules, [], "2026-01-01 09:31", year.case)
    assert words(year) == ["Breached:due", "Warned:repeat-17520"]
    assert words(after) == ["Warned:repeat-17521"]
    assert after.case.states[CycleKey("reply", 1)].repeated.times == 17521
