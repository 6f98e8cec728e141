"""By hand: who may give a case to which department, or call one in, and when."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.assignment import Change, assist, reassign
from services.routing.domain.case import Case
from shared.errors import Conflict, InvalidInput
from shared.procedures.model import Procedure

MOST_ASSISTING = 20


def reassign_by_hand(case: Case, procedure: Procedure, department: str, by: str, now: datetime) -> Change:
    """Give the case to another department of its procedure, as the role or department `by` decided.

    The department that has the case already changes nothing and emits nothing. Unlike a milestone's reporter, `by` is
    never a level. Raises `InvalidInput` for an unknown department or `by`, `Conflict` for a case not in handling.
    """
    _check(case, procedure, department, by)
    after, emitted = reassign(case, department, f"by:{by}")
    if emitted:
        after = after.with_occurrences(("reassigned", f"reassigned:{department}"), now, by)
    return Change(after, emitted)


def call_in_by_hand(case: Case, procedure: Procedure, department: str, by: str, now: datetime) -> Change:
    """Call in another department to assist, as the role or department `by` decided.

    One that has the case or assists already changes nothing and emits nothing. Raises as `reassign_by_hand`.
    """
    _check(case, procedure, department, by)
    if len(case.assisting) >= MOST_ASSISTING:
        raise Conflict(f"at most {MOST_ASSISTING} departments assist", field="department")
    after, emitted = assist(case, (department,), f"by:{by}")
    if emitted:
        after = after.with_occurrences(("assisting", f"assisting:{department}"), now, by)
    return Change(after, emitted)


def _check(case: Case, procedure: Procedure, department: str, by: str) -> None:
    if department not in {known.id for known in procedure.departments}:
        raise InvalidInput("this procedure has no such department", field="department")
    if by not in {known.id for part in (procedure.roles, procedure.departments) for known in part}:
        raise InvalidInput("this procedure has no such role or department", field="by")
    if department in case.recused:
        raise Conflict("the complaint is about that department", field="department")
    if case.status != "assigned":
        raise Conflict("only a case in handling can be given to a department", field="case")
