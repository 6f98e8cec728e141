"""Answers to follow-ups: what is taken, by whom, what is a repetition, what is a contradiction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.notify.domain.answers import Answer, Taken, callers, check, take
from services.notify.domain.case import Case, fold, opened
from services.notify.domain.follow_ups import element_of
from services.notify.domain.rows import Call, FollowUpState
from shared.errors import Conflict, InvalidInput
from tests.unit.notify.samples import START, Story, case_id, follow_up_row, procedure

NOW = START + timedelta(days=1)
NOT_REACHED = Answer(False, START)
HAPPY = Answer(True, START + timedelta(hours=1), satisfied=True, score=5)
UNHAPPY = replace(HAPPY, satisfied=False, score=1)
GRADED = Answer(True, START, by="water", grade="good", fields={"minutes": 5})
OPEN = follow_up_row(case_id())
DONE = replace(OPEN, state="done", calls=(Call(HAPPY.at.isoformat(), True),), satisfied=True, score=5)


def a_case(*documents: str) -> Case:
    """A case that the department of water has, with these documents in the vault."""
    story = Story()
    registered = story.registered()
    case = opened(registered)
    for event in (registered, story.assigned("water")):
        fold(case, event)
    case.reached.update({f"documented:{name}": "" for name in documents})
    return case


def checked(answer: Answer, follow_up: str = "survey", *documents: str) -> Answer:
    """The answer as the sample procedure takes it."""
    return check(answer, element_of(procedure(), follow_up), a_case(*documents), procedure(), NOW)


def test_who_was_not_reached_is_called_again() -> None:
    first = take(OPEN, NOT_REACHED, None, at_given=True)
    then = take(replace(OPEN, calls=first.calls), HAPPY, None, at_given=True)

    missed = Call(NOT_REACHED.at.isoformat(), False)
    assert first == Taken((missed,), "open")
    assert then == Taken((missed, Call(HAPPY.at.isoformat(), True)), "done")


# attempts allowed, calls in vain before -> the state after one more
ATTEMPTS: list[tuple[int | None, int, FollowUpState]] = [
    (None, 50, "open"), (1, 0, "unreached"), (3, 0, "open"), (3, 1, "open"), (3, 2, "unreached"),
]  # fmt: skip


@pytest.mark.parametrize(("allowed", "before", "state"), ATTEMPTS)
def test_after_the_last_attempt_in_vain_nobody_asks_any_more(
    allowed: int | None, before: int, state: FollowUpState
) -> None:
    calls = tuple(Call((START - timedelta(hours=number)).isoformat(), False) for number in range(1, before + 1))

    assert take(replace(OPEN, calls=calls), NOT_REACHED, allowed, at_given=True).state == state


def test_reached_at_the_last_attempt_is_reached() -> None:
    calls = (Call(START.isoformat(), False),)

    assert take(replace(OPEN, calls=calls), HAPPY, 2, at_given=True).state == "done"


@pytest.mark.parametrize(("answer", "state"), [(NOT_REACHED, "open"), (NOT_REACHED, "unreached"), (HAPPY, "done")])
def test_the_same_answer_again_changes_nothing(answer: Answer, state: FollowUpState) -> None:
    call = Call(answer.at.isoformat(), answer.reached)
    row = replace(OPEN, state=state, calls=(call,), satisfied=answer.satisfied, score=answer.score)

    assert take(row, answer, 1, at_given=True) == Taken((call,), state, repeated=True)


def test_the_same_answer_again_without_an_instant_is_the_same_answer() -> None:
    assert take(DONE, replace(HAPPY, at=START + timedelta(days=3)), None, at_given=False).repeated


@pytest.mark.parametrize(
    "other",
    [UNHAPPY, replace(HAPPY, score=4), replace(NOT_REACHED, at=HAPPY.at), replace(HAPPY, grade="good"),
     replace(HAPPY, fields={"minutes": 1})],
)  # fmt: skip
def test_another_answer_to_what_is_done_is_a_conflict(other: Answer) -> None:
    with pytest.raises(Conflict):
        take(DONE, other, None, at_given=False)


@pytest.mark.parametrize("state", ["waiting", "unreached", "superseded"])
def test_what_is_not_open_takes_no_answer(state: FollowUpState) -> None:
    with pytest.raises(Conflict):
        take(replace(OPEN, state=state), HAPPY, None, at_given=True)


def test_a_grade_tells_whether_the_complainant_is_satisfied() -> None:
    assert [checked(replace(GRADED, grade=grade)).satisfied for grade in ("good", "fair", "poor")] == [
        True,
        None,
        False,
    ]


# what is wrong with an answer -> the field that the error names
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"at": NOW + timedelta(seconds=1)}, "at"),
    ({"grade": None}, "grade"),
    ({"grade": "splendid"}, "grade"),
    ({"satisfied": False}, "satisfied"),
    ({"by": None}, "by"),
    ({"by": "roads"}, "by"),
    ({"by": "nobody"}, "by"),
    ({"fields": {}}, "fields.minutes"),
    ({"fields": {"minutes": -1}}, "fields.minutes"),
    ({"fields": {"minutes": 1, "mood": "bad"}}, "fields.mood"),
    ({"fields": {"minutes": 1, "wish": "Give me my money back!"}}, "fields.wish"),
    ({"reached": False, "fields": {}}, "grade"),
    ({"reached": False, "grade": None}, "fields"),
    ({"reached": False, "grade": None, "fields": {}, "satisfied": True}, "satisfied"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_an_answer_that_the_procedure_does_not_take_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        checked(replace(GRADED, **change))

    assert error.value.field == field


def test_a_follow_up_without_grades_takes_none_and_without_callers_any_office() -> None:
    assert checked(replace(HAPPY, by="roads"), "visit").satisfied is True
    with pytest.raises(InvalidInput, match="no grades"):
        checked(replace(HAPPY, grade="good"), "visit")
    with pytest.raises(InvalidInput, match="no such role"):
        checked(replace(HAPPY, by="nobody"), "visit")


def test_a_text_names_a_document_that_is_in_the_vault() -> None:
    named = replace(GRADED, fields={"minutes": 1, "wish": "wish-1"})

    with pytest.raises(Conflict) as error:
        checked(named)

    assert error.value.field == "fields.wish"
    assert checked(named, "survey", "wish-1").fields == {"minutes": 1, "wish": "wish-1"}


def test_the_handler_is_whoever_has_the_case_now() -> None:
    story, case = Story(), a_case()
    survey = element_of(procedure(), "survey")

    assert callers(survey, case) == ("water", "chief")
    for event in (story.later(hours=1).reassigned("roads"), story.escalated("head")):
        fold(case, event)
    assert callers(survey, case) == ("roads", "head", "chief")
