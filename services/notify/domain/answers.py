"""What an officer reports of a follow-up: whether the procedure takes it, and what it means for the round. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.notify.domain.case import Case
from services.notify.domain.rows import Call, FollowUpRow, FollowUpState
from shared.errors import Conflict, InvalidInput
from shared.procedures.conditions import holds
from shared.procedures.fields import Scalar, Unreadable, index_choices, read_value
from shared.procedures.model import FieldSpec, FollowUp, Procedure
from shared.procedures.offices import HANDLER, offices

_DOCUMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Answer:
    """What is reported of a call: reached or not, when (on the cases' clock), by which office, and the answer."""

    reached: bool
    at: datetime
    by: str | None = None
    person: str | None = None
    satisfied: bool | None = None
    score: int | None = None
    grade: str | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """What an answer changes: the round's calls and state. `repeated`: it was given before, and changes nothing."""

    calls: tuple[Call, ...]
    state: FollowUpState
    repeated: bool = False


def check(answer: Answer, element: FollowUp, case: Case, procedure: Procedure, now: datetime) -> Answer:
    """The answer as it is kept: its fields read, `satisfied` by its grade. Raises `InvalidInput` or `Conflict`."""
    if answer.at > now:
        raise InvalidInput("a call cannot lie in the future", field="at")
    _check_caller(answer, element, case, procedure)
    if not answer.reached:
        for name in ("satisfied", "score", "grade", "fields"):
            if getattr(answer, name) not in (None, {}):
                raise InvalidInput("who was not reached has not answered", field=name)
        return answer
    satisfied = _satisfied(answer, element)
    return replace(answer, satisfied=satisfied, fields=_read_fields(answer, element, case))


def take(row: FollowUpRow, answer: Answer, attempts: int | None, *, at_given: bool) -> Taken:
    """Take a checked answer to a round.

    Not reached: the call is noted and the round stays open, unless it was the last of `attempts`. Reached: it is done.
    The same answer again changes nothing; another one to a round that is done, and any to one that nobody is to make,
    raises `Conflict`.
    """
    made = Call(answer.at.isoformat(), answer.reached, answer.by, answer.person)
    if not answer.reached and at_given and made in row.calls:
        return Taken(row.calls, row.state, repeated=True)
    match row.state:
        case "done":
            known = (row.satisfied, row.score, row.grade, row.fields)
            same = answer.reached and known == (answer.satisfied, answer.score, answer.grade, answer.fields)
            if same and (not at_given or made == row.calls[-1]):
                return Taken(row.calls, row.state, repeated=True)
            raise Conflict("this follow-up has another answer already", hint="a new view is given as satisfaction")
        case "waiting":
            hint = f"from {row.opens_at.isoformat()}"
            raise Conflict("the procedure lets nobody ask before the wait is over", field="at", hint=hint)
        case "unreached":
            raise Conflict("all attempts have been made", hint="what is heard later is given as satisfaction")
        case "superseded" | "undecided":
            raise Conflict("nobody is to be asked any more", hint="the case was reopened, or has ended")
    calls = (*row.calls, made)
    if answer.reached:
        return Taken(calls, "done")
    return Taken(calls, "unreached" if attempts is not None and len(calls) >= attempts else "open")


def callers(element: FollowUp, case: Case) -> tuple[str, ...]:
    """The offices that may ask in this case; () where the procedure leaves it open."""
    found: list[str] = []
    for office in element.by:
        if office == HANDLER:
            found += [one for one in (case.current("department"), case.current("level")) if isinstance(one, str)]
        else:
            found.append(office)
    return tuple(dict.fromkeys(found))


def _check_caller(answer: Answer, element: FollowUp, case: Case, procedure: Procedure) -> None:
    if element.by:
        allowed = callers(element, case)
        if answer.by not in allowed:
            message = "who asked is needed" if answer.by is None else "may not make this follow-up"
            raise InvalidInput(message, field="by", hint=f"one of: {', '.join(allowed)}")
    elif answer.by is not None and answer.by not in offices(procedure):
        raise InvalidInput("this procedure has no such role, department or level", field="by")


def _satisfied(answer: Answer, element: FollowUp) -> bool | None:
    if not element.grades:
        if answer.grade is not None:
            raise InvalidInput("this follow-up has no grades", field="grade")
        return answer.satisfied
    grade = next((one for one in element.grades if one.id == answer.grade), None)
    if grade is None:
        known = ", ".join(one.id for one in element.grades)
        message = "a grade is needed" if answer.grade is None else "this follow-up has no such grade"
        raise InvalidInput(message, field="grade", hint=f"one of: {known}")
    if answer.satisfied not in (None, grade.satisfied):
        raise InvalidInput("the grade says otherwise", field="satisfied")
    return grade.satisfied


def _read_fields(answer: Answer, element: FollowUp, case: Case) -> dict[str, Scalar]:
    declared = {spec.id: spec for spec in element.fields}
    checked: dict[str, Scalar] = {}
    for name, value in answer.fields.items():
        if name not in declared:
            raise InvalidInput("this follow-up has no such field", field=f"fields.{name}")
        kept = _read(declared[name], value, case)
        if kept is not None:
            checked[name] = kept
    facts = case.facts_at()
    for name, spec in declared.items():
        if name in checked:
            continue
        if spec.default is not None:
            checked[name] = spec.default
        elif spec.required is True and holds(spec.when, {**facts, **checked}) is True:
            raise InvalidInput("this field is needed", field=f"fields.{name}")
    return checked


def _read(spec: FieldSpec, value: object, case: Case) -> Scalar | None:
    """The value as it is kept, None if it is empty; a text is the name of a document that is in the vault."""
    place = f"fields.{spec.id}"
    if spec.type == "text":
        if not (isinstance(value, str) and _DOCUMENT.fullmatch(value)):
            raise InvalidInput(
                "takes the name of a document in the vault, not a text",
                field=place,
                hint="PUT the text to intake's /v1/cases/{id}/documents/{name} first",
            )
        if f"documented:{value}" not in case.reached:
            raise Conflict("no such document has come yet", field=place, hint="put it into the vault, then try again")
        return value
    try:
        return read_value(spec, value, index_choices(spec.choices))
    except Unreadable as error:
        raise InvalidInput(error.message, field=place) from None
