"""The escalation and reopening rules of a procedure, applied to an occurrence and to what it brings about in turn."""

from __future__ import annotations

from datetime import datetime

from services.routing.domain.assignment import Change, raise_class, raise_level, reassign, reopen
from services.routing.domain.case import Case
from shared.business_time.calendars import Calendar
from shared.business_time.due import due
from shared.business_time.durations import Duration
from shared.events.base import EventData
from shared.events.occurrences import names_of
from shared.procedures.conditions import holds
from shared.procedures.model import Escalation, Procedure, Reopening

_LONGEST_CHAIN = 20


def apply_rules(case: Case, procedure: Procedure, calendar: Calendar, names: tuple[str, ...], at: datetime) -> Change:
    """Apply every rule whose `on` is one of these occurrences, which happened at `at` and are recorded already.

    What a rule emits is an occurrence too: it is recorded, and the rules are applied to it. A chain of more than 20
    cannot happen: levels and classes only rise, and a reopening needs a finished case.
    """
    emitted: tuple[EventData, ...] = ()
    pending = [names]
    for _ in range(_LONGEST_CHAIN):
        if not pending:
            break
        case, new = _apply(case, procedure, calendar, pending.pop(0), at)
        emitted += new
        for data in new:
            further = names_of(data)
            case = case.with_occurrences(further, at)
            pending.append(further)
    return Change(case, emitted)


def _apply(case: Case, procedure: Procedure, calendar: Calendar, names: tuple[str, ...], at: datetime) -> Change:
    emitted: tuple[EventData, ...] = ()
    for escalation in procedure.escalations:
        if escalation.at not in names or not _may_escalate(case, at):
            continue
        if holds(escalation.when, case.conditions()) is True:
            case, new = _escalate(case, procedure, escalation)
            emitted += new
    for reopening in procedure.reopenings:
        if reopening.at in names and _may_reopen(case, reopening, calendar, at):
            case, new = reopen(case, reopening.at)
            emitted += new
            if reopening.class_ is not None:
                case, new = raise_class(case, procedure, reopening.class_, reopening.at)
                emitted += new
            if reopening.to_level is not None:
                case, new = raise_level(case, procedure, reopening.to_level, reopening.at)
                emitted += new
    return Change(case, emitted)


def _may_escalate(case: Case, at: datetime) -> bool:
    """Whether the case is in handling; a breach from before the resolution that arrives after it escalates nothing."""
    if case.status in ("registered", "ended", "closed"):
        return False
    return not (case.status == "resolved" and case.resolved_at is not None and at < case.resolved_at)


def _escalate(case: Case, procedure: Procedure, escalation: Escalation) -> Change:
    emitted: tuple[EventData, ...] = ()
    rungs = [rung.id for rung in procedure.levels]
    target = escalation.to
    if target is None and escalation.raise_by is not None and rungs:
        present = rungs.index(case.level) if case.level in rungs else -1
        target = rungs[min(present + escalation.raise_by, len(rungs) - 1)]
    if escalation.class_ is not None:
        case, new = raise_class(case, procedure, escalation.class_, escalation.at)
        emitted += new
    if target is not None:
        case, new = raise_level(case, procedure, target, escalation.at)
        emitted += new
    if escalation.department is not None:
        case, new = reassign(case, escalation.department, escalation.at)
        emitted += new
    return Change(case, emitted)


def _may_reopen(case: Case, reopening: Reopening, calendar: Calendar, at: datetime) -> bool:
    if case.status not in ("resolved", "closed") or holds(reopening.when, case.conditions()) is not True:
        return False
    if reopening.times is not None and case.cycle > reopening.times:
        return False
    if reopening.within is not None and case.resolved_at is not None:
        end = due(case.resolved_at, Duration.parse(reopening.within), calendar, time_basis="elapsed")
        return at <= end.at
    return True
