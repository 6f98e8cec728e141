"""Class, department and level by the procedure's rules."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from services.routing.domain.case import Case
from shared.events.assignments import CaseAssigned, CaseClassified, CaseEscalated, CaseReassigned, CaseReopened
from shared.events.base import EventData
from shared.procedures.conditions import holds
from shared.procedures.model import Procedure


class Change(NamedTuple):
    """The case after a decision, and the events that the decision emitted."""

    case: Case
    emitted: tuple[EventData, ...]


def classify(case: Case, procedure: Procedure, cause: str | None) -> Change:
    """Give the first class whose condition is true, unless the case has a graver one already."""
    facts = case.conditions()
    found = next((entry.id for entry in procedure.classes if holds(entry.when, facts) is True), None)
    return raise_class(case, procedure, found, cause) if found else Change(case, ())


def raise_class(case: Case, procedure: Procedure, class_: str, cause: str | None) -> Change:
    """Set the class if it is graver than the present one; a class is never lowered."""
    ranks = {entry.id: entry.rank for entry in procedure.classes}
    if case.class_ is not None and ranks.get(class_, 0) <= ranks.get(case.class_, 0):
        return Change(case, ())
    emitted = CaseClassified(class_=class_, previous=case.class_, cause=cause)
    return Change(replace(case, class_=class_), (emitted,))


def assign(case: Case, procedure: Procedure, cause: str) -> Change:
    """Classify an admitted case, give it to its department, and put it on the first rung of the ladder."""
    case, emitted = classify(case, procedure, cause)
    facts = case.conditions()
    route = next((candidate for candidate in procedure.routes if holds(candidate.when, facts) is True), None)
    department = route.department if route else procedure.default_department
    case = replace(case, department=department, status="assigned")
    emitted += (CaseAssigned(department=department, route=route.id if route else None),)
    level = route.level if route and route.level else (procedure.levels[0].id if procedure.levels else None)
    if level is not None:
        case = replace(case, level=level)
        emitted += (CaseEscalated(level=level, cause=cause),)
    return Change(case, emitted)


def raise_level(case: Case, procedure: Procedure, level: str, cause: str) -> Change:
    """Move the case up to a rung; a rung at or below the present one changes nothing."""
    rungs = [rung.id for rung in procedure.levels]
    present = rungs.index(case.level) if case.level in rungs else -1
    if rungs.index(level) <= present:
        return Change(case, ())
    emitted: tuple[EventData, ...] = (CaseEscalated(level=level, previous=case.level, cause=cause),)
    case = replace(case, level=level)
    department = procedure.levels[rungs.index(level)].department
    if department is not None:
        case, moved = reassign(case, department, cause)
        emitted += moved
    return Change(case, emitted)


def reassign(case: Case, department: str, cause: str) -> Change:
    """Give the case to another department."""
    if department == case.department:
        return Change(case, ())
    if case.department is None:
        return Change(replace(case, department=department), (CaseAssigned(department=department),))
    emitted = CaseReassigned(department=department, previous=case.department, cause=cause)
    return Change(replace(case, department=department), (emitted,))


def reopen(case: Case, cause: str) -> Change:
    """Open a finished case again, for its next cycle."""
    case = replace(case, status="assigned", cycle=case.cycle + 1, resolved_at=None)
    return Change(case, (CaseReopened(cycle=case.cycle, cause=cause),))
