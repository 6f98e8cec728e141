"""Class, department and level by the procedure's rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from services.routing.domain.case import Case
from shared.events.assignments import (
    AssistantAssigned,
    CaseAssigned,
    CaseClassified,
    CaseEscalated,
    CaseReassigned,
    CaseReopened,
)
from shared.events.base import EventData
from shared.procedures.conditions import holds
from shared.procedures.model import Procedure, Route


class Change(NamedTuple):
    """The case after a decision, and the events that the decision emitted."""

    case: Case
    emitted: tuple[EventData, ...]


def classify(case: Case, procedure: Procedure, cause: str | None) -> Change:
    """Give the first class whose condition is true, unless the case has a graver one already, or an officer gave it."""
    if procedure.class_ is not None and case.has_occurred(procedure.class_.from_.partition(".")[0]):
        return Change(case, ())
    facts = case.conditions()
    found = next((entry.id for entry in procedure.classes if holds(entry.when, facts) is True), None)
    return raise_class(case, procedure, found, cause) if found else Change(case, ())


def raise_class(case: Case, procedure: Procedure, class_: str, cause: str | None) -> Change:
    """Set the class if it is graver than the present one; only an officer lowers it (`give_class`)."""
    ranks = {entry.id: entry.rank for entry in procedure.classes}
    if case.class_ is not None and ranks.get(class_, 0) <= ranks.get(case.class_, 0):
        return Change(case, ())
    emitted = CaseClassified(class_=class_, previous=case.class_, cause=cause)
    return Change(replace(case, class_=class_), (emitted,))


def give_class(case: Case, procedure: Procedure, class_: object, cause: str) -> Change:
    """Set the class that an officer gave; below the present one only where the procedure says `lower`."""
    known = {entry.id for entry in procedure.classes}
    if not isinstance(class_, str) or class_ not in known or class_ == case.class_ or procedure.class_ is None:
        return Change(case, ())
    if not procedure.class_.lower:
        return raise_class(case, procedure, class_, cause)
    emitted = CaseClassified(class_=class_, previous=case.class_, cause=cause)
    return Change(replace(case, class_=class_), (emitted,))


def assist(case: Case, departments: Iterable[str], cause: str) -> Change:
    """Departments join the one that has the case; it itself, and those that assist already, change nothing."""
    emitted: tuple[EventData, ...] = ()
    for department in departments:
        if department not in (case.department, *case.assisting, *case.recused):
            case = replace(case, assisting=(*case.assisting, department))
            emitted += (AssistantAssigned(department=department, assisting=case.assisting, cause=cause),)
    return Change(case, emitted)


def assign(case: Case, procedure: Procedure, cause: str) -> Change:
    """Classify an admitted case, give it to its department, and put it on the first rung of the ladder."""
    case, emitted = classify(case, procedure, cause)
    facts = case.conditions()
    fitting = [one for one in procedure.routes if holds(one.when, facts) is True]
    route = next((one for one in fitting if one.department not in case.recused), None)
    department = route.department if route else _by_default(case, procedure)
    case = replace(case, department=department, status="assigned")
    emitted += (CaseAssigned(department=department, route=route.id if route else None),)
    level = _first_rung(case, procedure, route)
    if level is not None:
        case = replace(case, level=level)
        emitted += (CaseEscalated(level=level, cause=cause),)
    case, joined = assist(case, route.with_ if route else (), cause)
    return Change(case, emitted + joined)


def _first_rung(case: Case, procedure: Procedure, route: Route | None) -> str | None:
    """The rung that a case begins on: the route's or the lowest, or the next above it that it is not about."""
    rungs = [rung.id for rung in procedure.levels]
    start = rungs.index(route.level) if route and route.level in rungs else 0
    return next((one for one in rungs[start:] if one not in case.recused), None)


def _by_default(case: Case, procedure: Procedure) -> str:
    """The department of a case that no route takes: no complaint is handled by whom it is about.

    Where the default itself is recused it is the lowest level's that is not, else any other; if all are, it stays.
    """
    above = (level.department for level in procedure.levels if level.department is not None)
    candidates = (procedure.default_department, *above, *(one.id for one in procedure.departments))
    return next((one for one in candidates if one not in case.recused), procedure.default_department)


def raise_level(case: Case, procedure: Procedure, level: str, cause: str) -> Change:
    """Move the case up to a rung, past those that it is about; one at or below the present one changes nothing."""
    rungs = [rung.id for rung in procedure.levels]
    present = rungs.index(case.level) if case.level in rungs else -1
    level = next((one for one in rungs[rungs.index(level) :] if one not in case.recused), level)
    if rungs.index(level) <= present or level in case.recused:
        return Change(case, ())
    emitted: tuple[EventData, ...] = (CaseEscalated(level=level, previous=case.level, cause=cause),)
    case = replace(case, level=level)
    department = procedure.levels[rungs.index(level)].department
    if department is not None:
        case, moved = reassign(case, department, cause)
        emitted += moved
    return Change(case, emitted)


def reassign(case: Case, department: str, cause: str) -> Change:
    """Give the case to another department; one that it is about does not get it."""
    if department == case.department or department in case.recused:
        return Change(case, ())
    if case.department is None:
        return Change(replace(case, department=department), (CaseAssigned(department=department),))
    emitted = CaseReassigned(department=department, previous=case.department, cause=cause)
    assisting = tuple(one for one in case.assisting if one != department)
    return Change(replace(case, department=department, assisting=assisting), (emitted,))


def reopen(case: Case, cause: str) -> Change:
    """Open a finished case again, for its next cycle."""
    case = replace(case, status="assigned", cycle=case.cycle + 1, resolved_at=None)
    return Change(case, (CaseReopened(cycle=case.cycle, cause=cause),))
