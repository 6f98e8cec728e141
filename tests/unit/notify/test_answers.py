"""Answers to call-backs: what is taken, what is a repetition, what is a contradiction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notify.domain.answers import Answer, Taken, check, take
from services.notify.domain.rows import Call, CallState
from shared.errors import Conflict, InvalidInput
from tests.unit.notify.samples import START

NOT_REACHED = Answer(False, None, None, START)
HAPPY = Answer(True, True, 5, START + timedelta(hours=1))
UNHAPPY = Answer(True, False, 1, START + timedelta(hours=1))


def _call(answer: Answer) -> Call:
    return Call(answer.at.isoformat(), answer.reached)


def test_who_was_not_reached_is_called_again() -> None:
    first = take("open", (), (None, None), NOT_REACHED, at_given=True)
    then = take("open", first.calls, (None, None), HAPPY, at_given=True)

    assert first == Taken((_call(NOT_REACHED),), "open")
    assert then == Taken((_call(NOT_REACHED), _call(HAPPY)), "done")


@pytest.mark.parametrize(("answer", "state"), [(NOT_REACHED, "open"), (HAPPY, "done")])
def test_the_same_answer_again_changes_nothing(answer: Answer, state: CallState) -> None:
    taken = take(state, (_call(answer),), (answer.satisfied, answer.score), answer, at_given=True)

    assert taken.repeated


def test_the_same_answer_again_without_an_instant_is_the_same_answer() -> None:
    later = Answer(True, True, 5, START + timedelta(days=3))

    assert take("done", (_call(HAPPY),), (True, 5), later, at_given=False).repeated


@pytest.mark.parametrize("other", [UNHAPPY, Answer(True, True, 4, HAPPY.at), Answer(False, None, None, HAPPY.at)])
def test_another_answer_to_a_task_that_is_done_is_a_conflict(other: Answer) -> None:
    with pytest.raises(Conflict):
        take("done", (_call(HAPPY),), (True, 5), other, at_given=False)


def test_an_answer_cannot_contradict_itself_or_lie_in_the_future() -> None:
    with pytest.raises(InvalidInput):
        check(Answer(False, True, None, START), START)
    with pytest.raises(InvalidInput):
        check(Answer(True, True, None, START + timedelta(seconds=1)), START)
