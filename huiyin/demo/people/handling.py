"""What a department has to report to get a case where it wants it: read from the procedure, whichever it is (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from huiyin.demo.people.casefile import CaseFile
from shared.procedures.conditions import holds
from shared.procedures.milestones import REPORTED, split
from shared.procedures.model import Clock, FieldSpec, Milestone, Procedure
from shared.procedures.notice_documents import documents_shown
from shared.procedures.offices import HANDLER

ADMISSION = "admission"
"""Stands for an officer's decision on a held complaint, which is no milestone."""

_DOCUMENTED = "documented"
_DECISIONS = ("admitted", "refused", "transferred-out")


@dataclass(frozen=True)
class Step:
    """A milestone to report: who reports it, its coded values, the documents that it refers to, and staff ids."""

    milestone: str
    by: str
    fields: Mapping[str, Any]
    documents: tuple[str, ...]
    persons: tuple[str, ...] = ()


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
            if requirement.reached is None or requirement.reached in file.reached or requirement.reached in found:
                continue
            if split(requirement.reached)[0] == _DOCUMENTED:  # it is put in with the report
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
            fields[one.id] = one.accepted[0] if one.accepted else _least(one, at, yes=yes)
    fields = _as_it_must_be(spec, fields, file.conditions()) if spec else fields
    reported = {f"{milestone}.{name}": value for name, value in fields.items()}
    documents += documents_shown(procedure, milestone, {**file.conditions(), **reported})
    documents += _required_documents(spec, file) if spec else ()
    persons = tuple(f"staff-{number}" for number in range(1, (spec.persons or 0) + 1)) if spec else ()
    return Step(milestone, _reporter(procedure, spec, file), fields, tuple(documents), persons)


def _as_it_must_be(spec: Milestone, fields: dict[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with the first choice of another value that meets what the procedure demands of the report."""
    defaults = {one.id: one.default for one in spec.fields if one.default is not None}
    other = ({one.id: choice.id} for one in spec.fields for choice in one.choices)
    for changed in ({}, *other):
        tried = {**fields, **changed}
        if all(holds(demanded, {**facts, **defaults, **tried}) is True for demanded in spec.must):
            return tried
    return fields


def _required_documents(spec: Milestone, file: CaseFile) -> tuple[str, ...]:
    """The documents that must be there before the milestone, and are not in this cycle."""
    words = (
        one.reached
        for one in spec.requires
        if one.reached and one.reached not in file.reached and holds(one.when, file.conditions()) is True
    )
    return tuple(name for word, name in map(split, words) if word == _DOCUMENTED and name)


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
        case "money":
            return f"{field.at_least or 0}.00"
        case "person":
            return "staff-1"
        case "date":
            return at.date().isoformat()
        case "instant":
            return (at + timedelta(hours=1)).isoformat()
        case "text":
            return document_name("text", field.id)
