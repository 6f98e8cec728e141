"""Clocks of a group: of several targets the first that applies runs, from the same start."""

from __future__ import annotations

import itertools
from typing import Any

from services.sla.domain.case import Case, Occurrence
from tests.unit.sla.scenes import CASE, at, decided, occurrence, procedure, words

SAME = {"from": ["received"], "until": ["resolved"], "group": "answer"}
MAJOR = {**SAME, "id": "major", "duration": "PT2H", "while": {"field": "class", "is": "major"}}
URGENT = {**SAME, "id": "urgent", "duration": "PT8H", "while": {"field": "class", "in": ["major", "urgent"]}}
OTHER = {**SAME, "id": "other", "duration": "P5WD"}
RULES = procedure(MAJOR, URGENT, OTHER)
RECEIVED = occurrence("2025-09-15 09:00", "received")


def classified(when: str, as_: str) -> Occurrence:
    return occurrence(f"2025-09-15 {when}", "classified", f"classified:{as_}", **{"class": as_})


def rows(decision: Any) -> list[tuple[str, int, str]]:
    """Each clock's cycle and state."""
    return [(row.clock, row.cycle, row.state) for row in decision.clocks]


def test_the_first_whose_condition_holds_runs_and_no_other() -> None:
    for as_, expected in (("major", "major"), ("urgent", "urgent"), ("minor", "other")):
        events = [occurrence("2025-09-15 09:00", "received", **{"class": as_})]
        assert rows(decided(RULES, events, "2025-09-15 09:00")) == [(expected, 1, "running")]


def test_a_better_match_replaces_the_other_from_the_same_start() -> None:
    begun = decided(RULES, [RECEIVED], "2025-09-15 09:00")
    assert rows(begun) == [("other", 1, "running")]
    raised = decided(RULES, [classified("10:00", "major")], "2025-09-15 10:00", begun.case)
    assert words(raised) == ["Started", "Cancelled"]
    assert rows(raised) == [("major", 1, "running"), ("other", 1, "cancelled")]
    assert raised.clocks[0].due_at == at("2025-09-15 11:00")  # two hours from 09:00, not from 10:00
    assert [getattr(one.data, "cause", None) for one in raised.emitted] == [None, "other-target"]


def test_a_target_that_is_past_when_it_comes_to_apply_is_breached_at_once() -> None:
    begun = decided(RULES, [RECEIVED], "2025-09-15 09:00")
    raised = decided(RULES, [classified("14:00", "major")], "2025-09-15 14:00", begun.case)
    assert words(raised) == ["Started", "Breached:due", "Cancelled"]


def test_what_was_said_under_the_former_target_stands_unless_it_had_been_replaced_by_then() -> None:
    events = [RECEIVED, classified("09:10", "major")]
    breached = decided(RULES, events, "2025-09-15 11:30")
    assert "Breached:due" in words(breached)
    later = decided(RULES, [classified("11:20", "minor")], "2025-09-15 11:30", breached.case)
    assert words(later) == ["Cancelled", "Started"]
    earlier = decided(RULES, [classified("10:20", "minor")], "2025-09-15 11:31", breached.case)
    assert words(earlier) == ["BreachRetracted", "Cancelled", "Started"]


def test_a_condition_that_nobody_can_judge_yet_starts_nothing_and_later_counts_from_the_start() -> None:
    rules = procedure(MAJOR)
    begun = decided(rules, [RECEIVED], "2025-09-15 09:00")
    assert begun.clocks == ()
    known = decided(rules, [classified("09:30", "major")], "2025-09-15 09:30", begun.case)
    assert [(row.started_at, row.due_at) for row in known.clocks] == [(at("2025-09-15 09:00"), at("2025-09-15 11:00"))]


def test_a_clock_that_comes_back_says_so() -> None:
    begun = decided(RULES, [RECEIVED, classified("09:10", "major")], "2025-09-15 09:10")
    lowered = decided(RULES, [classified("09:20", "minor")], "2025-09-15 09:20", begun.case)
    assert words(lowered) == ["Cancelled", "Started"]
    again = decided(RULES, [classified("09:30", "major")], "2025-09-15 09:30", lowered.case)
    assert words(again) == ["Started", "Cancelled"]
    assert rows(again) == [("major", 1, "running"), ("other", 1, "cancelled")]
    causes = [one.cause for decision in (begun, lowered, again) for one in decision.emitted]
    assert len(causes) == len(set(causes))


def test_pauses_before_the_change_count_for_the_clock_that_takes_over() -> None:
    pausing = {"pauses": [{"from": "asked", "until": ["answered"]}]}
    rules = procedure({**MAJOR, **pausing}, {**OTHER, **pausing})
    events = [
        RECEIVED,
        occurrence("2025-09-15 09:10", "asked"),
        occurrence("2025-09-15 09:40", "answered"),
        classified("10:00", "major"),
    ]
    assert decided(rules, events, "2025-09-15 10:00").clocks[0].due_at == at("2025-09-15 11:30")


def test_when_the_chosen_clock_is_over_so_is_the_choice_until_the_case_is_reopened() -> None:
    events = [RECEIVED, occurrence("2025-09-15 09:30", "resolved"), classified("10:00", "major")]
    done = decided(RULES, events, "2025-09-15 10:00")
    assert rows(done) == [("other", 1, "met")]
    reopened = decided(RULES, [occurrence("2025-09-15 11:00", "reopened")], "2025-09-15 11:00", done.case)
    assert rows(reopened) == [("major", 2, "running"), ("other", 1, "met")]


def test_what_restarts_a_group_does_not_stop_its_next_cycle_at_once() -> None:
    again = {"until": ["resolved", "returned"], "restart_on": ["returned"]}
    rules = procedure({**MAJOR, **again}, {**OTHER, **again})
    events = [RECEIVED, occurrence("2025-09-15 09:30", "returned"), classified("10:00", "major")]
    assert rows(decided(rules, events, "2025-09-15 10:00")) == [
        ("major", 2, "running"),
        ("other", 1, "met"),
        ("other", 2, "cancelled"),
    ]


def test_every_order_of_arrival_leads_to_the_same_choice() -> None:
    story = (
        RECEIVED,
        classified("09:10", "urgent"),
        classified("10:00", "major"),
        occurrence("2025-09-15 10:30", "resolved"),
        occurrence("2025-09-15 12:00", "reopened"),
    )
    expected = decided(RULES, story, "2025-09-15 13:00").clocks
    assert [(row.clock, row.cycle, row.state) for row in expected] == [
        ("major", 1, "met"),
        ("major", 2, "running"),
        ("urgent", 1, "cancelled"),
        ("other", 1, "cancelled"),
    ]
    for order in itertools.permutations(story):
        case = Case(CASE, RULES.key)
        for event in order:
            case = decided(RULES, [event], "2025-09-15 12:00", case).case
        assert decided(RULES, [], "2025-09-15 13:00", case).clocks == expected
