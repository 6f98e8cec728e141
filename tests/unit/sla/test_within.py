"""Clocks of a stage under an overall clock; and clocks that start again."""

from __future__ import annotations

import pytest

from services.sla.domain.case import Occurrence
from tests.unit.sla.scenes import at, decided, occurrence, procedure, words

OVERALL = {"id": "answer", "from": ["received"], "until": ["resolved"], "duration": "PT4H"}
STAGE = {"id": "survey", "from": ["assigned"], "until": ["surveyed"], "duration": "PT2H", "within": "answer"}
RECEIVED = occurrence("2025-09-29 09:00", "received")


def assigned(when: str) -> Occurrence:
    return occurrence(f"2025-09-29 {when}", "assigned")


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("10:00", "12:00"),  # its own two hours
        ("11:00", "13:00"),  # both
        ("12:30", "13:00"),  # the answer is due at 13:00
        ("13:00", "15:00"),  # the answer was due by then: that caps nothing
    ],
)
def test_a_stage_is_never_due_later_than_the_whole(when: str, due: str) -> None:
    decision = decided(procedure(OVERALL, STAGE), [RECEIVED, assigned(when)], "2025-09-29 13:30")
    assert {row.clock: row.due_at for row in decision.clocks}["survey"] == at(f"2025-09-29 {due}")


def test_an_extension_of_the_whole_moves_the_stage_that_it_held() -> None:
    rules = procedure({**OVERALL, "extension": {"to": "PT5H"}}, STAGE)
    begun = decided(rules, [RECEIVED, assigned("12:30")], "2025-09-29 12:30")
    given = occurrence("2025-09-29 12:40", "extension-approved", "extension-approved:answer")
    extended = decided(rules, [given], "2025-09-29 12:40", begun.case)
    assert words(extended) == ["Extended", "Rescheduled"]
    assert extended.clocks[1].due_at == at("2025-09-29 14:00")


def test_a_stage_may_be_within_whichever_clock_of_a_group_runs() -> None:
    short = {
        **OVERALL,
        "id": "short",
        "duration": "PT3H",
        "while": {"field": "class", "is": "major"},
        "group": "answer",
    }
    rules = procedure(short, {**OVERALL, "id": "long", "group": "answer"}, STAGE)
    begun = decided(rules, [RECEIVED, assigned("11:30")], "2025-09-29 11:30")
    assert begun.clocks[-1].due_at == at("2025-09-29 13:00")
    raised = occurrence("2025-09-29 11:40", "classified", **{"class": "major"})
    assert decided(rules, [raised], "2025-09-29 11:40", begun.case).clocks[-1].due_at == at("2025-09-29 12:00")


def test_a_whole_that_was_cancelled_before_it_was_due_caps_nothing() -> None:
    rules = procedure({**OVERALL, "cancel_on": ["dropped"]}, STAGE)
    events = [RECEIVED, assigned("12:30"), occurrence("2025-09-29 12:45", "dropped")]
    assert decided(rules, events, "2025-09-29 12:45").clocks[1].due_at == at("2025-09-29 14:30")


def test_a_circle_of_clocks_within_each_other_comes_to_an_end() -> None:
    one, other = {**OVERALL, "within": "survey"}, {**STAGE, "from": ["received"]}
    decision = decided(procedure(one, other), [RECEIVED], "2025-09-29 09:00")
    assert {row.due_at for row in decision.clocks} == {at("2025-09-29 11:00")}


# A reply to each word of the complainant: the clock starts on the first that is not answered yet.
REPLY = {
    "from": ["supplemented"],
    "until": ["replied"],
    "duration": "PT1H",
    "starts_again": True,
    "restart_on": [],
}


def test_a_reply_clock_starts_on_the_complainants_word_only_and_stops_on_the_answer() -> None:
    story = [
        occurrence("2025-09-29 09:00", "replied"),  # nobody had asked
        occurrence("2025-09-29 10:00", "supplemented"),  # 1: due 11:00
        occurrence("2025-09-29 10:30", "supplemented"),  # asks again, the clock runs on
        occurrence("2025-09-29 10:40", "replied"),
        occurrence("2025-09-29 10:50", "replied"),  # adds something
        occurrence("2025-09-29 12:00", "supplemented"),  # 2: due 13:00
    ]
    decision = decided(procedure(REPLY), story, "2025-09-29 12:30")
    assert [(row.cycle, row.state, row.due_at) for row in decision.clocks] == [
        (1, "met", at("2025-09-29 11:00")),
        (2, "running", at("2025-09-29 13:00")),
    ]


def test_a_restart_begins_a_cycle_at_nought_and_leaves_the_former_as_it_was() -> None:
    rules = procedure({**REPLY, "starts_again": False, "restart_on": ["supplemented"]})
    begun = decided(rules, [occurrence("2025-09-29 10:00", "supplemented")], "2025-09-29 10:00")
    again = decided(rules, [occurrence("2025-09-29 10:30", "supplemented")], "2025-09-29 10:30", begun.case)
    assert words(again) == ["Cancelled", "Started"]
    assert [(row.cycle, row.state, row.due_at) for row in again.clocks] == [
        (1, "cancelled", at("2025-09-29 11:00")),
        (2, "running", at("2025-09-29 11:30")),
    ]


@pytest.mark.parametrize("end", ["withdrawn", "merged", "refused", "transferred-out"])
def test_after_a_complaint_is_gone_nothing_starts(end: str) -> None:
    rules = procedure({**OVERALL, "from": ["assigned"]})
    events = [RECEIVED, occurrence("2025-09-29 10:00", end), assigned("10:01")]
    assert decided(rules, events, "2025-09-29 18:00").clocks == ()
