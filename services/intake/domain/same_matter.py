"""Whether an officer may link two cases as one matter, or undo that. Pure."""

from __future__ import annotations

from collections.abc import Collection

from services.intake.domain.case import Case
from services.intake.domain.forms import Form
from shared.errors import InvalidInput
from shared.procedures.offices import offices


def check_link(form: Form, case: Case, other: Case, by: str) -> None:
    """Raise `InvalidInput` unless `by` may say that two cases are one matter: it has one of them, or decides on
    admission."""
    if case.id == other.id:
        raise InvalidInput("a case is not linked with itself", field="case")
    if case.procedure != other.procedure:
        raise InvalidInput("cases of another procedure are another matter", field="case")
    _require(form, by, _in_charge(form, case, other))


def check_undo(form: Form, case: Case, other: Case, by: str, linked_by: str) -> None:
    """The same for undoing it; the office that linked them may, too."""
    _require(form, by, {*_in_charge(form, case, other), linked_by})


def _in_charge(form: Form, case: Case, other: Case) -> set[str]:
    return {*case.handlers, *other.handlers, *form.procedure.admissibility.decided_by}


def _require(form: Form, by: str, may: Collection[str]) -> None:
    if by not in offices(form.procedure):
        raise InvalidInput("the procedure has no such office", field="by")
    if by not in may:
        raise InvalidInput("may not say this", field="by", hint=f"one of: {', '.join(sorted(may))}")
