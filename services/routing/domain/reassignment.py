"""A reassignment by hand: who may give a case to which department, and when."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.assignment import Change, reassign
from services.routing.domain.case import Case
from shared.errors import Conflict, InvalidInput
from shared.procedures.model import Procedure


def reassign_by_hand(case: Case, procedure: Procedure, department: str, by: str, now: datetime) -> Change:
    """Give the case to another department of its procedure, as the role or department `by` decided.

    The department that has the case already changes nothing and emits nothing. Unlike a milestone's reporter, `by` is
    never a level. Raises `InvalidInput` for an unknown department or `by`, `Conflict` for a case not in handling.
    """
    if department not in {known.id for known in procedure.departments}:
        raise InvalidInput("this procedure has no such department", field="department")
    if by not in {known.id for part in (procedure.roles, procedure.departments) for known in part}:
        raise InvalidInput("this procedure has no such role or department", field="by")
    if case.status != "assigned":
        raise Conflict("only a case in handling can be reassigned", field="case")
    after, emitted = reassign(case, department, f"by:{by}")
    if emitted:
        after = after.with_occurrences(("reassigned", f"reassigned:{department}"), now, by)
    return Change(after, emitted)
