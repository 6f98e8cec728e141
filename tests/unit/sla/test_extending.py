"""Extensions: who may approve, how often, how far; and what is on record of those that were not given."""

from __future__ import annotations

from typing import Any

import pytest

from services.sla.domain.case import Occurrence, from_event
from services.sla.domain.explain import explain_clocks
from shared.events.assignments import MilestoneReached
from shared.events.envelope import make
from tests.unit.sla.scenes import CALENDARS, CASE, at, decided, occurrence, procedure, words

# Two hours from 09:00; extended to three, then by an hour each time, to five at most.
HOURS = {
    "from": ["received"],
    "until": ["resolved"],
    "duration": "PT2H",
    "extension": {"to": "PT3H", "times": 4, "each": "PT1H", "max": "PT5H", "approved_by": ["head"]},
}
PAUSE = ("paused", "resumed")
RECEIVED = occurrence("2025-09-29 09:00", "received")


def extension(word: str, when: str, by: str = "head") -> Occurrence:
    """`requested`, `approved` or `refused`, as routing reports it."""
    names = (f"extension-{word}", f"extension-{word}:reply")
    return occurrence(f"2025-09-29 {when}", *names, **{f"extension-{word}.by": by})


@pytest.mark.parametrize(
    ("approvals", "due"),
    [
        ([], "11:00"),
        ([("09:10", "head")], "12:00"),  # a total from the start: three hours
        ([("09:10", "head"), ("09:20", "head")], "13:00"),
        ([("09:10", "head"), ("09:20", "head"), ("09:30", "head")], "14:00"),
        ([("09:10", "head"), ("09:20", "head"), ("09:30", "head"), ("09:40", "head")], "14:00"),  # five at most
        ([("09:10", "desk")], "11:00"),  # the desk may not
        ([("09:10", "desk"), ("09:20", "head")], "12:00"),
        ([("08:50", "head")], "11:00"),  # there was no clock yet
    ],
)
def test_only_approvals_that_count_move_the_due_instant(approvals: list[tuple[str, str]], due: str) -> None:
    events = [RECEIVED, *(extension("approved", when, by) for when, by in approvals)]
    assert decided(procedure(HOURS), events, "2025-09-29 10:00").clocks[0].due_at == at(f"2025-09-29 {due}")


def test_more_approvals_than_the_clock_allows_change_nothing() -> None:
    once = procedure({**HOURS, "extension": {"to": "PT3H"}})
    events = [RECEIVED, extension("approved", "09:10"), extension("approved", "09:20")]
    assert decided(once, events, "2025-09-29 10:00").clocks[0].due_at == at("2025-09-29 12:00")


@pytest.mark.parametrize(
    ("story", "due"),
    [
        ("approved 11:00", "12:00"),  # at the due instant it is not over
        ("approved 11:01", "11:00"),
        ("requested 10:50, approved 11:30", "12:00"),  # asked for in time, decided later
        ("requested 11:01, approved 11:30", "11:00"),
        ("requested 10:50, refused 10:55, approved 11:30", "11:00"),
        ("requested 10:50, refused 10:55, requested 10:59, approved 11:30", "12:00"),
        ("approved 10:30, approved 11:30", "13:00"),  # the first moved the due instant to 12:00
        ("approved 10:30, approved 12:01", "12:00"),
        ("requested 10:30, approved 10:40, approved 12:01", "12:00"),  # the request was answered
        ("paused 10:00, resumed 11:30, approved 12:30", "13:30"),  # it stood for an hour and a half: due at 12:30
        ("paused 10:00, resumed 10:30, approved 11:31", "11:30"),
        ("approved 11:30, paused 11:40", "11:00"),  # what comes after the due instant puts nothing off
    ],
)
def test_what_was_due_is_not_extended_any_more(story: str, due: str) -> None:
    rules = procedure({**HOURS, "pauses": [{"from": "paused", "until": ["resumed"]}]})
    events = [RECEIVED]
    for part in story.split(", "):
        word, when = part.split()
        events.append(occurrence(f"2025-09-29 {when}", word) if word in PAUSE else extension(word, when))
    assert decided(rules, events, "2025-09-29 12:45").clocks[0].due_at == at(f"2025-09-29 {due}")


def test_an_approval_that_came_too_late_takes_no_breach_back_and_uses_up_none() -> None:
    rules = procedure({**HOURS, "extension": {"to": "PT3H", "approved_by": ["head"]}})
    breached = decided(rules, [RECEIVED], "2025-09-29 11:00")
    assert words(breached) == ["Started", "Breached:due"]
    late = decided(rules, [extension("approved", "11:05")], "2025-09-29 11:05", breached.case)
    assert words(late) == []
    (zh,) = explain_clocks(late.case, rules, CALENDARS, at("2025-09-29 11:05"), "zh")
    assert zh.lines[0] == "延期批准无效：期限已过，且到期前无人申请：2025-09-29 11:05"
    in_time = decided(rules, [extension("approved", "10:55")], "2025-09-29 11:06", late.case)  # heard of last
    assert words(in_time) == ["Extended", "BreachRetracted"]
    assert in_time.clocks[0].due_at == at("2025-09-29 12:00")


@pytest.mark.parametrize("word", ["requested", "refused"])
def test_a_request_or_a_refusal_does_not_stop_the_clock(word: str) -> None:
    begun = decided(procedure(HOURS), [RECEIVED], "2025-09-29 09:00")
    after = decided(procedure(HOURS), [extension(word, "10:00")], "2025-09-29 10:00", begun.case)
    assert words(after) == []
    assert after.clocks[0].next_at == at("2025-09-29 11:00")


def test_requests_approvals_and_refusals_are_part_of_the_explanation() -> None:
    rules = procedure(HOURS)
    events = [
        RECEIVED,
        extension("requested", "09:30"),
        extension("refused", "09:40"),
        extension("approved", "09:50", "desk"),
        extension("approved", "10:00"),
    ]
    case = decided(rules, events, "2025-09-29 10:00").case
    (zh,) = explain_clocks(case, rules, CALENDARS, at("2025-09-29 10:00"), "zh")
    assert zh.lines[:5] == (
        "申请延期：2025-09-29 09:30",
        "不予延期：2025-09-29 09:40",
        "延期批准无效：超过次数，或批准人无权：2025-09-29 09:50",
        "批准延期：2025-09-29 10:00",
        "已延期 1 次，自原起点共 PT3H",
    )
    (en,) = explain_clocks(case, rules, CALENDARS, at("2025-09-29 10:00"), "en")
    assert en.lines[1] == "Extension refused: 2025-09-29 09:40"


def test_who_approved_is_read_from_routings_event() -> None:
    data: Any = MilestoneReached(milestone="extension-approved", at=at("2025-09-29 09:10"), by="desk", clock="reply")
    event = make("routing", CASE, ("sample", 1), data, cause="x", at=at("2025-09-29 09:11")).numbered(1)
    assert decided(procedure(HOURS), [RECEIVED, *from_event(event)], "2025-09-29 10:00").clocks[0].due_at == at(
        "2025-09-29 11:00"
    )
