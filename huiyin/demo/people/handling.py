"""What a department has to report to get a case where it wants it: read from the procedure, whichever it is (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from huiyin.demo.people.casefile import CaseFile
from shared.procedures.conditions import holds
from shared.procedures.milestones import REPORTED
from shared.procedures.model import Clock, FieldSpec, Milestone, Procedure
from shared.procedures.offices import HANDLER

ADMISSION = "admission"
"""Stands for an officer's decision on a held complaint, which is no milestone."""

_DECISIONS = ("admitted", "refused", "transferred-out")


@dataclass(frozen=True)
class Step:
    """A milestone to report: who reports it, its coded values, and the documents that it refers to, by field."""

    milestone: str
    by: str
    fields: Mapping[str, Any]
    documents: tuple[str, ...]


def target_of(procedure: Procedure, clock: Clock, file: CaseFile) -> str | None:
    """What stops this clock that somebody can bring about now; None if that is nobody's doing."""
    if not file.admitted:
        return ADMISSION if any(name in _DECISIONS for name in clock.until) else None
    return next((name for name in clock.stops if chain(procedure, file, name)), None)


def chain(procedure: Procedure, file: CaseFile, target: str) -> tuple[str, ...]:
    """The milestones to report, in order, until `target` is reached; empty if it cannot be reached by reporting."""
    found: list[str] = []
    return tuple(found) if _collect(procedure, file, target, found, ()) else ()


def _collect(procedure: Procedure, file: CaseFile, milestone: str, found: list[str], above: tuple[str, ...]) -> bool:
    if milestone in above:
        return False
    spec = _spec(procedure, milestone)
    if spec is None:
        if milestone not in REPORTED:
            return False
    else:
        facts = file.conditions()
        if holds(spec.when, facts) is not True:
            return False
        for requirement in spec.requires:
            if requirement.reached in file.reached or requirement.reached in found:
                continue
            if holds(requirement.when, facts) is not True:
                continue
            if not _collect(procedure, file, requirement.reached, found, (*above, milestone)):
                return False
    found.append(milestone)
    return True


def step(procedure: Procedure, file: CaseFile, milestone: str, at: datetime, *, yes: bool) -> Step:
    """The report of a milestone with the least that is asked for. `yes` is the answer where both would do."""
    spec = _spec(procedure, milestone)
    fields: dict[str, Any] = {}
    documents: list[str] = []
    for one in spec.fields if spec else ():
        if one.type == "text":
            fields[one.id] = document_name(milestone, one.id)
            documents.append(fields[one.id])
        elif one.required is True and one.default is None and holds(one.when, file.conditions()) is not False:
            fields[one.id] = _least(one, at, yes=yes)
    return Step(milestone, _reporter(procedure, spec, file), fields, tuple(documents))


def document_name(milestone: str, field: str) -> str:
    """The name under which the text of a field goes into the vault; at most 40 characters."""
    return f"{milestone}-{field}"[:40].rstrip("-")


def _spec(procedure: Procedure, milestone: str) -> Milestone | None:
    return next((one for one in procedure.milestones if one.id == milestone), None)


def _reporter(procedure: Procedure, spec: Milestone | None, file: CaseFile) -> str:
    own = file.department or procedure.default_department
    return own if spec is None or not spec.by or HANDLER in spec.by or own in spec.by else spec.by[0]


def _least(field: FieldSpec, at: datetime, *, yes: bool) -> Any:
    match field.type:
        case "choice":
            return field.choices[0].id
        case "boolean":
            return yes
        case "integer":
            return field.at_least if field.at_least is not None else 0
        case "date":
            return at.date().isoformat()
        case "instant":
            return (at + timedelta(hours=1)).isoformat()
        case "text":
            return document_name("text", field.id)
