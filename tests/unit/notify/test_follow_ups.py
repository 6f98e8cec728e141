"""Follow-ups: when each round is offered and due, and which round follows which answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notify.domain.case import fold, opened
from services.notify.domain.follow_ups import PlannedFollowUp, element_of, next_round, plan_follow_ups, scheduled
from shared.business_time.loader import load_calendars
from shared.procedures.model import FollowUp
from tests.unit.notify.samples import START, Story, case_id, follow_up_row, procedure

CALENDARS = load_calendars()
SURVEY = element_of(procedure(), "survey")


def planned(story: Story) -> list[PlannedFollowUp]:
    """What the end of a case causes."""
    registered, closed = story.registered(), story.later(hours=1).closed()
    case = opened(registered)
    for event in (registered, closed):
        fold(case, event)
    return plan_follow_ups(case, closed, procedure())


def test_a_follow_up_is_planned_only_where_its_condition_holds() -> None:
    for number, fields, due in ((1, {"upheld": True}, True), (2, {"upheld": False}, False), (3, {}, False)):
        story = Story(number)
        registered, resolved = story.registered(), story.resolved(**fields)
        case = opened(registered)
        for event in (registered, resolved):
            fold(case, event)
        (visit,) = plan_follow_ups(case, resolved, procedure())
        assert (visit.follow_up, visit.round, visit.due) == ("visit", 1, due)


def test_nobody_asks_before_the_wait_is_over_and_everybody_within_the_time() -> None:
    (one,) = planned(Story())
    new = scheduled(one, procedure(), CALENDARS)
    closed = START + timedelta(hours=1)

    assert new.opens_at == closed + timedelta(minutes=40)
    assert new.due_at == datetime.fromisoformat("2026-11-04T00:00+08:00")  # a day: the end of the next date
    assert [new.state(new.opens_at + timedelta(seconds=seconds)) for seconds in (-1, 0)] == ["waiting", "open"]


def test_one_whose_condition_does_not_hold_yet_is_undecided_whenever_it_would_be_offered() -> None:
    (one,) = planned(Story())

    assert scheduled(replace(one, due=False), procedure(), CALENDARS).state(START + timedelta(days=9)) == "undecided"


# rounds allowed, this round, next_round, satisfied -> the round that follows
ROUNDS = [
    (3, 1, "dissatisfied", False, 2),
    (3, 2, "dissatisfied", False, 3),
    (3, 3, "dissatisfied", False, None),  # no further round
    (3, 1, "dissatisfied", True, None),
    (3, 1, "dissatisfied", None, None),  # a grade that is neither
    (1, 1, "dissatisfied", False, None),
    (2, 1, "answered", True, 2),
    (2, 1, "answered", None, 2),
    (2, 2, "answered", False, None),
]


@pytest.mark.parametrize(("rounds", "round", "rule", "satisfied", "following"), ROUNDS)
def test_a_round_follows_an_answer_as_the_rule_says(
    rounds: int, round: int, rule: str, satisfied: bool | None, following: int | None
) -> None:
    element = FollowUp.model_validate({**SURVEY.model_dump(), "rounds": rounds, "next_round": rule})
    row = follow_up_row(case_id(), follow_up="survey", round=round)

    found = next_round(row, element, satisfied=satisfied, at=START)

    assert (found.round if found else None) == following


def test_a_round_counts_from_the_answer_before_and_has_an_id_of_its_own() -> None:
    answered = START + timedelta(days=2)
    row = follow_up_row(case_id(), follow_up="survey")

    second = next_round(row, SURVEY, satisfied=False, at=answered)
    again = next_round(row, SURVEY, satisfied=False, at=answered)

    assert second is not None
    assert second == again
    assert second.id != row.id
    assert scheduled(second, procedure(), CALENDARS).opens_at == answered + timedelta(minutes=40)
