"""What a department has to report to get a case where it wants it: read from the procedure, whichever it is (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huiyin.demo.people.casefile import CaseFile
from shared.procedures.conditions import fields_of, holds
from shared.procedures.least import LeastDocument, least_document, least_value
from shared.procedures.milestones import REPORTED, split
from shared.procedures.model import Clock, Milestone, Notice, Procedure
from shared.procedures.notice_documents import documents_shown
from shared.procedures.offices import HANDLER

ADMISSION = "admission"
"""Stands for an officer's decision on a held complaint, which is no milestone."""

_DOCUMENTED = "documented"
_CONTRIBUTED = "contributed"
_BROUGHT = ("delivered", "served")
"""What becomes of a notice once somebody says that it was brought to its addressee."""
_DECISIONS = ("admitted", "refused", "transferred-out")


@dataclass(frozen=True)
class Step:
    """A milestone to report: who reports it, its coded values, the documents that it refers to, and staff ids.

    `notice`: nothing is reported, but a notice is brought, and that word (`delivered:result`) is the milestone.
    """

    milestone: str
    by: str
    fields: Mapping[str, Any]
    documents: tuple[str, ...]
    persons: tuple[str, ...] = ()
    notice: Notice | None = None


@dataclass(frozen=True)
class Decision:
    """What an officer decides, the reports that must come before it, and the documents."""

    decision: str
    by: str
    rule: str | None
    steps: tuple[Step, ...]
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
    brought = _brought(procedure, milestone)
    if brought is not None:
        if not any(at in file.reached or at in found for at in brought.at) and not any(
            _collect(procedure, file, at, found, (*above, milestone)) for at in brought.at
        ):
            return False
        found.append(milestone)
        return True
    spec = _spec(procedure, milestone)
    if spec is None:
        if milestone not in REPORTED:
            return False
    else:
        facts = file.conditions()
        if holds(spec.when, facts) is not True:
            return False
        for requirement in spec.requires:
            if requirement.contributed is not None and holds(requirement.when, facts) is True:
                found += [one for one in _contributions(file) if one not in found]
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


def _contributions(file: CaseFile) -> list[str]:
    """What the departments that assist have not reported yet: `contributed:<department>` each."""
    words = [f"{_CONTRIBUTED}:{one}" for one in file.facts.get("assisting") or ()]
    return [one for one in words if one not in file.reached]


def step(procedure: Procedure, file: CaseFile, milestone: str, at: datetime, *, yes: bool) -> Step:
    """The report of a milestone with the least that is asked for. `yes` is the answer where both would do."""
    notice = _brought(procedure, milestone)
    if notice is not None:
        by = file.department or procedure.default_department
        return Step(milestone, by, {}, (SIGNER,) if _asks_for_signer(milestone, notice) else (), (), notice)
    word, department = split(milestone)
    if word == _CONTRIBUTED and department is not None:
        return Step(word, department, {}, ())
    spec = _spec(procedure, milestone)
    fields: dict[str, Any] = {}
    documents: list[str] = []
    for one in spec.fields if spec else ():
        if one.type == "text":
            fields[one.id] = document_name(milestone, one.id)
            documents.append(fields[one.id])
        elif one.required is True and one.default is None and holds(one.when, file.conditions()) is not False:
            fields[one.id] = least_value(one, at, yes=yes)
    fields = _as_it_must_be(spec, fields, file.conditions()) if spec else fields
    reported = {f"{milestone}.{name}": value for name, value in fields.items()}
    documents += documents_shown(procedure, milestone, {**file.conditions(), **reported})
    documents += _required_documents(spec, file) if spec else ()
    persons = tuple(f"staff-{number}" for number in range(1, (spec.persons or 0) + 1)) if spec else ()
    return Step(milestone, _reporter(procedure, spec, file), fields, tuple(documents), persons)


def decision(procedure: Procedure, file: CaseFile, wanted: str, at: datetime) -> Decision | None:
    """How an officer comes to decide `admit` or `refuse`; None if nobody can, as things are."""
    rules = procedure.admissibility
    rule = next((one for one in rules.rules if one.decision == wanted), None) if wanted == "refuse" else None
    if wanted == "refuse" and rule is None and rules.rules:
        return None
    by = next(iter((rule.decided_by if rule else ()) or rules.decided_by), procedure.default_department)
    spec = _spec(procedure, {"admit": "admitted", "refuse": "refused"}[wanted])
    for yes in (True, False):
        steps, facts = _before(procedure, file, spec, at, yes=yes)
        if all(holds(one, facts) is True for one in (rule.when if rule else None, *(spec.must if spec else ()))):
            documents = _required_documents(spec, file) if spec else ()
            return Decision(wanted, by, rule.id if rule else None, steps, documents)
    return None


def _before(
    procedure: Procedure, file: CaseFile, spec: Milestone | None, at: datetime, *, yes: bool
) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """The reports that must come before a decision, or that it goes by, and the facts once they have come."""
    facts, found = file.conditions(), list[str]()
    wanted = [one.reached for one in spec.requires if holds(one.when, facts) is True] if spec else []
    read = {name.partition(".")[0] for one in (spec.must if spec else ()) for name in fields_of(one)}
    wanted += [one.id for one in procedure.milestones if one.id in read]
    for word in wanted:
        if word and word not in (*file.reached, *found) and split(word)[0] != _DOCUMENTED:
            _collect(procedure, file, word, found, ())
    steps = tuple(step(procedure, file, one, at, yes=yes) for one in found)
    told = {f"{one.milestone}.{name}": value for one in steps for name, value in one.fields.items()}
    return steps, {**facts, **told, **{f"reached:{one}": True for one in found}}


def document(procedure: Procedure, file: CaseFile, name: str, at: datetime) -> LeastDocument:
    """The least that a document must hold."""
    return least_document(procedure, name, file.conditions(), at)


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


SIGNER = "signer"
"""The document that holds the name of who took a notice."""


def _brought(procedure: Procedure, word: str) -> Notice | None:
    """The notice that a word like `delivered:result` is about."""
    name, qualifier = split(word)
    return next((one for one in procedure.notices if one.id == qualifier), None) if name in _BROUGHT else None


def _asks_for_signer(word: str, notice: Notice) -> bool:
    return word.startswith("served:") and notice.service is not None and "signer" in notice.service.receipt


def _spec(procedure: Procedure, milestone: str) -> Milestone | None:
    return next((one for one in procedure.milestones if one.id == milestone), None)


def _reporter(procedure: Procedure, spec: Milestone | None, file: CaseFile) -> str:
    own = file.department or procedure.default_department
    return own if spec is None or not spec.by or HANDLER in spec.by or own in spec.by else spec.by[0]
