"""The clocks of a case, in golden tables. Working days are those of the Chinese calendar."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from services.sla.domain.case import Case
from services.sla.domain.decide import decide
from tests.unit.sla.scenes import CALENDARS, CASE, at, decided, occurrence, procedure, words

MINUTES = {"from": ["received"], "until": ["resolved"], "duration": "PT30M"}


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        ("2025-09-29 09:29", ["Started", "Met"]),
        ("2025-09-29 09:30", ["Started", "Met"]),  # a stop at the due instant is in time
        ("2025-09-29 09:31", ["Started", "Breached:due", "StoppedLate"]),
    ],
)
def test_a_stop_is_judged_by_when_it_happened(stopped: str, expected: list[str]) -> None:
    rules = procedure(MINUTES)
    decision = decided(
        rules, [occurrence("2025-09-29 09:00", "received"), occurrence(stopped, "resolved")], "2025-10-05 09:00"
    )
    assert words(decision) == expected


def test_a_clock_that_nobody_stops_is_breached_once() -> None:
    rules = procedure(MINUTES)
    begun = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:00")
    assert words(begun) == ["Started"]
    assert begun.clocks[0].next_at == at("2025-09-29 09:30")
    breached = decided(rules, [], "2025-09-29 09:30", begun.case)
    assert words(breached) == ["Breached:due"]
    assert breached.clocks[0].next_at is None
    assert words(decided(rules, [], "2025-12-01 09:00", breached.case)) == []


def test_a_stop_that_arrives_late_but_happened_in_time_takes_the_breach_back() -> None:
    rules = procedure(MINUTES)
    breached = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 10:00")
    assert words(breached) == ["Started", "Breached:due"]
    late = decided(rules, [occurrence("2025-09-29 09:20", "resolved")], "2025-09-29 11:00", breached.case)
    assert words(late) == ["BreachRetracted", "Met"]


def test_ten_working_days_from_before_the_autumn_holidays() -> None:
    # From Mon 29 Sep 2025: Tue 30 (1); 1-8 Oct holiday; Thu 9 (2), Fri 10 (3), Sat 11 make-up workday (4),
    # Mon 13 (5), 14 (6), 15 (7), 16 (8), 17 (9), Mon 20 (10), until 24:00.
    rules = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P10WD"})
    decision = decided(rules, [occurrence("2025-09-29 09:00", "admitted")], "2025-09-29 09:00")
    assert decision.clocks[0].due_at == at("2025-10-21 00:00")


def test_an_extension_counts_from_the_original_start() -> None:
    # 15 working days from Mon 3 Nov 2025: 4-7 (4), 10-14 (9), 17-21 (14), Mon 24 (15).
    rules = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P10WD", "extension": {"to": "P15WD"}})
    begun = decided(rules, [occurrence("2025-11-03 09:00", "admitted")], "2025-11-03 09:00")
    extended = decided(
        rules,
        [occurrence("2025-11-14 09:00", "extension-approved", "extension-approved:reply")],
        "2025-11-14 09:00",
        begun.case,
    )
    assert words(extended) == ["Extended"]
    assert extended.clocks[0].due_at == at("2025-11-25 00:00")


def test_a_paused_clock_never_fires_and_goes_on_where_it_stood() -> None:
    rules = procedure({**MINUTES, "pauses": [{"from": "asked", "until": ["answered"]}]})
    begun = decided(
        rules, [occurrence("2025-09-29 09:00", "received"), occurrence("2025-09-29 09:10", "asked")], "2025-09-29 09:10"
    )
    assert words(begun) == ["Started", "Paused"]
    assert words(decided(rules, [], "2025-10-09 09:00", begun.case)) == []
    resumed = decided(rules, [occurrence("2025-09-30 12:00", "answered")], "2025-09-30 12:00", begun.case)
    assert words(resumed) == ["Resumed"]
    assert resumed.clocks[0].due_at == at("2025-09-30 12:20")


def test_one_event_may_end_a_pause_and_stop_the_clock() -> None:
    rules = procedure({**MINUTES, "pauses": [{"from": "asked", "until": ["resolved"]}]})
    events = [
        occurrence("2025-09-29 09:00", "received"),
        occurrence("2025-09-29 09:10", "asked"),
        occurrence("2025-11-10 09:00", "resolved"),
    ]
    assert words(decided(rules, events, "2025-11-10 09:00"))[-1] == "Met"


def test_a_pause_with_a_limit_ends_by_itself() -> None:
    rules = procedure({**MINUTES, "pauses": [{"from": "asked", "until": ["answered"], "at_most": "PT1H"}]})
    events = [occurrence("2025-09-29 09:00", "received"), occurrence("2025-09-29 09:10", "asked")]
    # 10 minutes used, an hour's pause until 10:10, 20 minutes left
    assert decided(rules, events, "2025-09-29 09:10").clocks[0].due_at == at("2025-09-29 10:30")


def test_reopening_begins_a_new_cycle_and_leaves_the_old_one_alone() -> None:
    rules = procedure(MINUTES)
    first = decided(
        rules,
        [occurrence("2025-09-29 09:00", "received"), occurrence("2025-09-29 09:10", "resolved")],
        "2025-09-29 09:10",
    )
    again = decided(rules, [occurrence("2025-10-09 09:00", "reopened")], "2025-10-09 09:00", first.case)
    assert words(again) == ["Started"]
    assert [(row.cycle, row.state, row.due_at) for row in again.clocks] == [
        (1, "met", at("2025-09-29 09:30")),
        (2, "running", at("2025-10-09 09:30")),
    ]


def test_a_second_start_in_the_same_cycle_changes_nothing() -> None:
    rules = procedure({"from": ["admitted", "assigned"], "until": ["resolved"], "duration": "PT30M"})
    events = [occurrence("2025-09-29 09:00", "admitted"), occurrence("2025-09-29 09:05", "assigned")]
    assert [row.due_at for row in decided(rules, events, "2025-09-29 09:06").clocks] == [at("2025-09-29 09:30")]


@pytest.mark.parametrize("name", ["withdrawn", "merged", "refused", "transferred-out"])
def test_a_complaint_that_is_no_more_has_no_running_clock(name: str) -> None:
    rules = procedure(MINUTES)
    begun = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:00")
    ended = decided(rules, [occurrence("2025-09-29 09:10", name)], "2025-09-29 09:10", begun.case)
    assert words(ended) == ["Cancelled"]
    assert ended.clocks[0].next_at is None


def test_an_escalation_that_crosses_the_answer_starts_nothing() -> None:
    rules = procedure({**MINUTES, "from": ["escalated"]})
    events = [occurrence("2025-09-29 09:00", "resolved"), occurrence("2025-09-29 09:01", "escalated")]
    assert decided(rules, events, "2025-09-29 10:00").clocks == ()
    again = [*events, occurrence("2025-09-29 11:00", "reopened"), occurrence("2025-09-29 11:01", "escalated")]
    assert [row.cycle for row in decided(rules, again, "2025-09-29 11:01").clocks] == [1]


def test_steps_of_a_ladder_come_in_order_with_their_lateness() -> None:
    rules = procedure(
        {
            **MINUTES,
            "steps": [
                {"id": "half", "percent": 50},
                {"id": "five-left", "before": "PT5M"},
                {"id": "hour-over", "after": "PT1H"},
            ],
        }
    )
    late = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 11:00")
    assert words(late) == ["Started", "Warned:half", "Warned:five-left", "Breached:due", "Warned:hour-over"]
    assert [emitted.data.late_by for emitted in late.emitted[1:]] == [6300.0, 5700.0, 5400.0, 1800.0]  # type: ignore[attr-defined]


def test_a_repeating_clock_is_due_again_until_it_is_stopped() -> None:
    rules = procedure({**MINUTES, "steps": [{"every": "PT30M"}]})
    begun = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 10:05")
    assert words(begun) == ["Started", "Breached:due", "Warned:repeat-2"]
    assert begun.clocks[0].next_at == at("2025-09-29 10:30")


def test_an_agreed_date_is_the_due_instant() -> None:
    rules = procedure({"from": ["decided"], "until": ["resolved"], "due_field": "decided.agreed"})
    decision = decided(
        rules,
        [occurrence("2025-09-29 09:00", "decided", **{"decided.agreed": "2025-10-10T18:00:00+08:00"})],
        "2025-09-29 09:00",
    )
    assert decision.clocks[0].due_at == at("2025-10-10 18:00")


def test_a_condition_is_judged_on_what_was_known_then() -> None:
    rules = procedure(
        {"from": ["classified"], "until": ["resolved"], "duration": "PT4H", "when": {"field": "class", "is": "major"}}
    )
    events = [
        occurrence("2025-09-29 09:00", "classified", **{"class": "general"}),
        occurrence("2025-09-29 10:00", "classified", place=1, **{"class": "major"}),
    ]
    assert [row.started_at for row in decided(rules, events, "2025-09-29 10:00").clocks] == [at("2025-09-29 10:00")]


def test_a_stop_that_the_breach_itself_brought_about_is_late() -> None:
    rules = procedure({**MINUTES, "until": ["escalated:leader"]})
    breached = decided(rules, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:30")
    rise = replace(occurrence("2025-09-29 09:30", "escalated", "escalated:leader"), cause="breached:reply")
    after = decided(rules, [rise], "2025-09-29 09:30", breached.case)
    assert words(after) == ["StoppedLate"]
    by_hand = decided(rules, [replace(rise, cause=None)], "2025-09-29 09:30", breached.case)
    assert words(by_hand) == ["BreachRetracted", "Met"]


STORY = (
    occurrence("2025-09-29 09:00", "received"),
    occurrence("2025-09-29 09:05", "asked"),
    occurrence("2025-09-29 09:15", "answered"),
    occurrence("2025-09-29 09:25", "extension-approved", "extension-approved:reply"),
    occurrence("2025-09-29 09:50", "resolved"),
    occurrence("2025-10-09 09:00", "reopened"),
)
STORY_RULES = procedure(
    {
        **MINUTES,
        "extension": {"to": "PT60M"},
        "pauses": [{"from": "asked", "until": ["answered"]}],
        "steps": [{"id": "half", "percent": 50}],
    }
)


def test_every_order_and_every_repetition_of_a_story_leads_to_the_same_clocks() -> None:
    """All 720 orders of six events, decided after each arrival, at the time of the last event and a day later."""
    expected = decided(STORY_RULES, STORY, "2025-10-10 09:00").clocks
    assert [row.state for row in expected] == ["met", "breached"]
    for order in itertools.permutations(STORY):
        case = Case(CASE, STORY_RULES.key)
        for index, event in enumerate(order):
            now = "2025-10-09 09:00"
            case = decided(STORY_RULES, [event, order[index // 2]], now, case).case
        final = decided(STORY_RULES, [], "2025-10-10 09:00", case)
        assert final.clocks == expected
        emitted = decided(STORY_RULES, [], "2025-10-10 09:00", final.case)
        assert emitted.emitted == ()


def test_no_step_is_said_twice_however_often_a_case_is_looked_at() -> None:
    case, received = Case(CASE, STORY_RULES.key), []
    for event in STORY:
        for minute in range(0, 30, 10):
            now = event.at + timedelta(minutes=minute)
            known = {one.id for one in case.occurrences}
            occurrences = case.occurrences + (() if event.id in known else (event,))
            decision = decide(
                Case(CASE, case.procedure, occurrences, case.states, case.generation), STORY_RULES, CALENDARS, now
            )
            received += [(type(emitted.data).__name__, emitted.cause) for emitted in decision.emitted]
            case = decision.case
    assert len(received) == len(set(received))
