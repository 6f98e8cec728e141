"""Which persons report a milestone: enough of them, and none who may not."""

from __future__ import annotations

from collections.abc import Mapping

from services.routing.domain.case import Case
from services.routing.domain.report import Report
from shared.errors import InvalidInput
from shared.procedures.fields import PERSON, Scalar
from shared.procedures.model import Milestone

MOST = 20


def check_persons(spec: Milestone | None, case: Case, report: Report, fields: Mapping[str, Scalar]) -> None:
    """Raise `InvalidInput` naming `persons`; `fields` are the report's own, as they are kept."""
    if len(report.persons) > MOST:
        raise InvalidInput(f"at most {MOST} persons", field="persons")
    if not all(PERSON.fullmatch(person) for person in report.persons):
        raise InvalidInput("a staff id has 1 to 64 of A-Z, a-z, 0-9, dot, hyphen, underline", field="persons")
    if spec is None:
        return
    least = spec.persons or (1 if spec.not_by else 0)
    if len(set(report.persons)) < least:
        raise InvalidInput(f"at least {least} different persons report this", field="persons")
    for name in spec.not_by:
        if _excluded(name, case, fields) & set(report.persons):
            raise InvalidInput("one of these persons may not report this", field="persons", hint=f"not by: {name}")


def _excluded(name: str, case: Case, fields: Mapping[str, Scalar]) -> frozenset[str]:
    """Everybody who reported the milestone of this name, in any cycle, or is named in the field of this name."""
    reported = {person for past in case.occurrences if past.name == name for person in past.persons}
    named = fields.get(name, case.facts.get(name))
    return frozenset(reported | ({named} if isinstance(named, str) else set()))
