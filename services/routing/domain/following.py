"""What follows from an occurrence: escalations and reopenings, and what follows from those in turn."""

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


def follow(case: Case, procedure: Procedure, calendar: Calendar, names: tuple[str, ...], at: datetime) -> Change:
    """Apply every rule that waits for one of these occurrences, which happened at `at` and are recorded already.

    What the rules bring about is an occurrence too, so the rules are asked again for it. A chain of more than 20
    cannot happen: levels and classes only rise, and a reopening needs a finished case.
    """
    said: tuple[EventData, ...] = ()
    waiting = [names]
    for _ in range(_LONGEST_CHAIN):
        if not waiting:
            break
        present = waiting.pop(0)
        case, new = _apply(case, procedure, calendar, present, at)
        said += new
        for one in new:
            followers = names_of(one)
            case = case.with_reached(followers, at)
            waiting.append(followers)
    return Change(case, said)


def _apply(case: Case, procedure: Procedure, calendar: Calendar, names: tuple[str, ...], at: datetime) -> Change:
    said: tuple[EventData, ...] = ()
    for escalation in procedure.escalations:
        if escalation.on not in names or not _still_matters(case, at):
            continue
        if holds(escalation.when, case.conditions()) is True:
            case, new = _escalate(case, procedure, escalation)
            said += new
    for reopening in procedure.reopenings:
        if reopening.on in names and _may_reopen(case, reopening, calendar, at):
            case, new = reopen(case, reopening.on)
            said += new
            if reopening.class_ is not None:
                case, new = raise_class(case, procedure, reopening.class_, reopening.on)
                said += new
            if reopening.to_level is not None:
                case, new = raise_level(case, procedure, reopening.to_level, reopening.on)
                said += new
    return Change(case, said)


def _still_matters(case: Case, at: datetime) -> bool:
    """A breach of the time before the resolution, heard of after it, moves nobody any more."""
    if case.status in ("registered", "ended", "closed"):
        return False
    return not (case.status == "resolved" and case.resolved_at is not None and at < case.resolved_at)


def _escalate(case: Case, procedure: Procedure, escalation: Escalation) -> Change:
    said: tuple[EventData, ...] = ()
    rungs = [one.id for one in procedure.levels]
    target = escalation.to
    if target is None and escalation.raise_by is not None and rungs:
        present = rungs.index(case.level) if case.level in rungs else -1
        target = rungs[min(present + escalation.raise_by, len(rungs) - 1)]
    if escalation.class_ is not None:
        case, new = raise_class(case, procedure, escalation.class_, escalation.on)
        said += new
    if target is not None:
        case, new = raise_level(case, procedure, target, escalation.on)
        said += new
    if escalation.department is not None:
        case, new = reassign(case, escalation.department, escalation.on)
        said += new
    return Change(case, said)


def _may_reopen(case: Case, reopening: Reopening, calendar: Calendar, at: datetime) -> bool:
    if case.status not in ("resolved", "closed") or holds(reopening.when, case.conditions()) is not True:
        return False
    if reopening.times is not None and case.cycle > reopening.times:
        return False
    if reopening.within is not None and case.resolved_at is not None:
        end = due(case.resolved_at, Duration.parse(reopening.within), calendar, basis="elapsed")
        return at <= end.at
    return True


def record(case: Case, said: tuple[EventData, ...], at: datetime) -> Case:
    """Note what a first decision said as reached; `follow` does this for its own."""
    for one in said:
        case = case.with_reached(names_of(one), at)
    return case
