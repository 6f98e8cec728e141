"""Extensions: who may approve, how often, how far; and what is on record of those that were not given."""

from __future__ import annotations

from typing import Any

import pytest

from services.sla.domain.explaining import explain_clocks
from services.sla.domain.happenings import Happening, from_event
from shared.events.assignments import MilestoneReached
from shared.events.envelope import make
from tests.unit.sla.scenes import CALENDARS, CASE, at, happening, procedure, told, words

# Two hours from 09:00; extended to three, then by an hour each time, to five at most.
HOURS = {
    "from": ["received"],
    "until": ["resolved"],
    "duration": "PT2H",
    "extension": {"to": "PT3H", "times": 4, "each": "PT1H", "max": "PT5H", "approved_by": ["head"]},
}
RECEIVED = happening("2025-09-29 09:00", "received")


def extension(word: str, when: str, by: str = "head") -> Happening:
    """`requested`, `approved` or `refused`, as routing reports it."""
    names = (f"extension-{word}", f"extension-{word}:reply")
    return happening(f"2025-09-29 {when}", *names, **{f"extension-{word}.by": by})


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
    assert told(procedure(HOURS), events, "2025-09-29 10:00").clocks[0].due_at == at(f"2025-09-29 {due}")


def test_more_approvals_than_the_clock_allows_change_nothing() -> None:
    once = procedure({**HOURS, "extension": {"to": "PT3H"}})
    events = [RECEIVED, extension("approved", "09:10"), extension("approved", "09:20")]
    assert told(once, events, "2025-09-29 10:00").clocks[0].due_at == at("2025-09-29 12:00")


@pytest.mark.parametrize("word", ["requested", "refused"])
def test_a_request_or_a_refusal_does_not_stop_the_clock(word: str) -> None:
    begun = told(procedure(HOURS), [RECEIVED], "2025-09-29 09:00")
    after = told(procedure(HOURS), [extension(word, "10:00")], "2025-09-29 10:00", begun.case)
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
    case = told(rules, events, "2025-09-29 10:00").case
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
    assert told(procedure(HOURS), [RECEIVED, *from_event(event)], "2025-09-29 10:00").clocks[0].due_at == at(
        "2025-09-29 11:00"
    )
