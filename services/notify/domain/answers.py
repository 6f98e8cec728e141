"""What a complainant's answer means for a call-back task, or for the case without one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.notify.domain.rows import Call, CallState
from shared.errors import Conflict, InvalidInput


@dataclass(frozen=True)
class Answer:
    """What an officer reports of a call: reached or not, when (on the cases' clock), and the answer."""

    reached: bool
    satisfied: bool | None
    score: int | None
    at: datetime


@dataclass(frozen=True)
class Taken:
    """What an answer changes: the task's calls and state. `repeated`: it was given before, and changes nothing."""

    calls: tuple[Call, ...]
    state: CallState
    repeated: bool = False


def check(answer: Answer, now: datetime) -> None:
    """Raise `InvalidInput` for an answer that contradicts itself or lies in the future."""
    if not answer.reached and (answer.satisfied is not None or answer.score is not None):
        raise InvalidInput("who was not reached has not answered", field="satisfied")
    if answer.at > now:
        raise InvalidInput("a call cannot lie in the future", field="at")


def take(state: CallState, calls: tuple[Call, ...], known: tuple[bool | None, int | None], answer: Answer, *,
         at_given: bool) -> Taken:  # fmt: skip
    """Take an answer to a task.

    Not reached: the call is noted and the task stays open for the next. Reached: the task is done. The same answer
    again changes nothing; another one to a task that is done raises `Conflict`.
    """
    made = Call(answer.at.isoformat(), answer.reached)
    if state == "done":
        final = calls[-1]
        same = answer.reached and known == (answer.satisfied, answer.score)
        if same and (not at_given or made == final):
            return Taken(calls, state, repeated=True)
        if not answer.reached and at_given and made in calls:
            return Taken(calls, state, repeated=True)
        raise Conflict("this call-back has another answer already", hint="a new view is given as satisfaction")
    if not answer.reached and at_given and made in calls:
        return Taken(calls, state, repeated=True)
    return Taken((*calls, made), "done" if answer.reached else "open")
