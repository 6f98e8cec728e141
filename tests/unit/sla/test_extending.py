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
        "延期批准无效：超过次数，批准人无权，或未延长期限：2025-09-29 09:50",
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


# Five working days from Mon 22 Sep 2025: 23, 24, 25, 26, and Sun 28, a working day; then until when the head says,
# within thirty calendar days.
OPEN = {
    "from": ["received"],
    "until": ["resolved"],
    "duration": "P5WD",
    "extension": {"to_field": "until", "times": 2, "at_most": "P30D", "approved_by": ["head"]},
}
FIRST = occurrence("2025-09-22 09:00", "received")


def approved(when: str, until: Any, by: str = "head") -> Occurrence:
    """An approval that states the time itself."""
    facts = {"extension-approved.by": by, **({} if until is None else {"extension-approved.until": until})}
    return occurrence(when, "extension-approved", "extension-approved:reply", **facts)


@pytest.mark.parametrize(
    ("stated", "due"),
    [
        (["2025-10-15"], "2025-10-16 00:00"),  # until the end of that day
        (["2025-10-15T12:00:00+08:00"], "2025-10-15 12:00"),
        (["2025-11-30"], "2025-10-23 00:00"),  # thirty days from the 22nd of September end with the 22nd of October
        (["2025-09-28"], "2025-09-29 00:00"),  # no later than it is anyway: it counts for nothing
        ([None], "2025-09-29 00:00"),
        (["2025-10-10", "2025-10-15"], "2025-10-16 00:00"),  # the second time from what the first gave
        (["2025-10-15", "2025-10-10"], "2025-10-16 00:00"),
        (["2025-10-10", "2025-10-15", "2025-10-20"], "2025-10-16 00:00"),  # twice only
        (["2025-09-25", "2025-10-10", "2025-10-15"], "2025-10-16 00:00"),  # what counts for nothing uses up none
        ([9], "2025-10-11 00:00"),  # nine working days: after the 28th of September 29, 30, 9 and 10 October
        ([5], "2025-09-29 00:00"),
    ],
)
def test_the_approver_states_until_when_within_what_the_rule_allows(stated: list[Any], due: str) -> None:
    events = [FIRST, *(approved(f"2025-09-23 1{n}:00", one) for n, one in enumerate(stated))]
    assert decided(procedure(OPEN), events, "2025-09-24 09:00").clocks[0].due_at == at(due)


def test_a_date_that_was_stated_is_put_off_only_by_what_the_clock_stands_after_that() -> None:
    rules = procedure({**OPEN, "pauses": [{"from": "paused", "until": ["resumed"]}]})
    events = [
        FIRST,
        occurrence("2025-09-23 09:00", "paused"),
        occurrence("2025-09-23 15:00", "resumed"),  # six hours of which the head knew
        approved("2025-09-23 16:00", "2025-10-10T12:00:00+08:00"),
        occurrence("2025-09-24 09:00", "paused"),
        occurrence("2025-09-24 11:00", "resumed"),
    ]
    assert decided(rules, events, "2025-09-25 09:00").clocks[0].due_at == at("2025-10-10 14:00")
    assert decided(rules, events[:5], "2025-09-25 09:00").clocks[0].due_at is None


def test_of_a_pause_that_was_open_at_the_approval_only_what_came_after_it_puts_the_date_off() -> None:
    rules = procedure({**OPEN, "pauses": [{"from": "paused", "until": ["resumed"]}]})
    events = [
        FIRST,
        occurrence("2025-09-23 09:00", "paused"),
        approved("2025-09-23 15:00", "2025-10-10T12:00:00+08:00"),
        occurrence("2025-09-23 17:00", "resumed"),  # two hours after the approval
    ]
    assert decided(rules, events, "2025-09-25 09:00").clocks[0].due_at == at("2025-10-10 14:00")


def test_hours_are_extended_by_a_number_of_hours_and_the_explanation_says_until_when() -> None:
    hours = {**HOURS, "extension": {"to_field": "until", "approved_by": ["head"]}}
    in_all = approved("2025-09-29 10:00", 4)
    found = decided(procedure(hours), [RECEIVED, in_all], "2025-09-29 10:00")
    assert found.clocks[0].due_at == at("2025-09-29 13:00")
    assert words(found) == ["Started"]
    dated = approved("2025-09-29 10:00", "2025-09-30")
    case = decided(procedure(hours), [RECEIVED, dated], "2025-09-29 10:00").case
    (en,) = explain_clocks(case, procedure(hours), CALENDARS, at("2025-09-29 10:00"), "en")
    assert en.lines[:2] == ("Extension approved: 2025-09-29 10:00", "Extended until 2025-09-30")
    assert en.due_at == at("2025-10-01 00:00")


def test_an_approval_that_states_a_time_takes_a_breach_back_only_if_it_was_given_in_time() -> None:
    rules = procedure(OPEN)
    breached = decided(rules, [FIRST], "2025-09-29 00:00")
    assert words(breached) == ["Started", "Breached:due"]
    assert words(decided(rules, [approved("2025-09-29 00:01", "2025-10-10")], "2025-09-29 09:00", breached.case)) == []
    in_time = decided(rules, [approved("2025-09-28 23:00", "2025-10-10")], "2025-09-29 09:00", breached.case)
    assert words(in_time) == ["Extended", "BreachRetracted"]
