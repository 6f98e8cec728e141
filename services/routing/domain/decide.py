"""One event in, the case as it is then, and what is to be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.routing.domain.assignment import Change, assign, classify
from services.routing.domain.case import Case
from services.routing.domain.following import follow, record
from services.routing.domain.milestone_reports import Report, accept
from shared.business_time.calendars import Calendar
from shared.errors import HuiyinError
from shared.events import occurrences
from shared.events.assignments import CaseRepeated, MilestoneReport, ReportRejected
from shared.events.base import EventData
from shared.events.complaints import (
    ComplaintAdmitted,
    ComplaintMerged,
    ComplaintRefused,
    ComplaintRegistered,
    ComplaintSupplemented,
    ComplaintTransferredOut,
    ComplaintWithdrawn,
    ProcedureMigrated,
)
from shared.events.envelope import Event
from shared.procedures.model import Procedure


@dataclass(frozen=True)
class Rules:
    """What a case is decided by: its procedure and that procedure's calendar."""

    procedure: Procedure
    calendar: Calendar


def version_for(case: Case, event: Event) -> tuple[str, int]:
    """The version of the procedure that an event is decided by: the case's own, or the one that it moves to."""
    if isinstance(event.data, ProcedureMigrated):
        return (case.procedure[0], event.data.to_version)
    return case.procedure


def decide(case: Case, event: Event, rules: Rules, now: datetime, counts: Mapping[str, int] | None = None) -> Change:
    """Apply an event of another service or a department, by the rules of `version_for` the two.

    `counts` are how often the case's matters came up.
    """
    if isinstance(event.data, MilestoneReport):
        return _from_department(case, event.data, rules, now)
    names = occurrences.names(event)
    if not names:
        return Change(case, ())
    at = occurrences.happened_at(event, names[0])
    case = replace(case, facts={**case.facts, **_coded(event)}, counts={**case.counts, **(counts or {})})
    case = case.with_reached(names, at)
    said: tuple[EventData, ...] = ()
    match event.data:
        case ComplaintRegistered(received_at=received_at):
            case = replace(case, received_at=received_at)
        case ComplaintAdmitted() if case.status == "registered":
            case, said = assign(case, rules.procedure, "admitted")
            case = record(case, said, now)
        case ComplaintSupplemented() if case.status == "assigned":
            case, said = classify(case, rules.procedure, "supplemented")
            case = record(case, said, now)
        case ComplaintRefused() | ComplaintTransferredOut() | ComplaintMerged() | ComplaintWithdrawn():
            case = replace(case, status="ended")
        case ProcedureMigrated():
            case = replace(case, procedure=version_for(case, event))
    return _and_what_follows(case, rules, said, names, at, now)


def report(case: Case, given: Report, rules: Rules, now: datetime) -> Change:
    """Apply a milestone that was reported over HTTP; raises what `reporting.accept` raises."""
    case, said = accept(case, rules.procedure, given, now)
    if not said:
        return Change(case, ())
    return _and_what_follows(case, rules, said, occurrences.names_of(said[0]), given.at, now)


def repeated(case: Case, event: Event, rules: Rules, now: datetime) -> Change:
    """The same matter was complained of again, and the new complaint was merged into this case."""
    said = (CaseRepeated(case=event.subject),)
    case = case.with_reached(("repeated",), event.time)
    return _and_what_follows(case, rules, said, ("repeated",), event.time, now)


def recounted(case: Case, rules: Rules, counts: Mapping[str, int], now: datetime) -> Change:
    """Other complaints raised the counts of this case's matters: its class may rise."""
    case = replace(case, counts={**case.counts, **counts})
    if case.status != "assigned":
        return Change(case, ())
    case, said = classify(case, rules.procedure, "counted")
    case = record(case, said, now)
    return _and_what_follows(case, rules, said, (), now, now)


def _and_what_follows(
    case: Case, rules: Rules, said: tuple[EventData, ...], names: tuple[str, ...], at: datetime, now: datetime
) -> Change:
    case, new = follow(case, rules.procedure, rules.calendar, names, at)
    said += new
    for one in said[: len(said) - len(new)]:
        followers = occurrences.names_of(one)
        if followers != names:
            case, new = follow(case, rules.procedure, rules.calendar, followers, now)
            said += new
    return Change(case, said)


def _from_department(case: Case, given: MilestoneReport, rules: Rules, now: datetime) -> Change:
    try:
        return report(case, Report(given.milestone, given.at, given.by, given.fields, given.clock), rules, now)
    except HuiyinError as error:
        rejected = ReportRejected(milestone=given.milestone, by=given.by, reason=error.message, field=error.field)
        return Change(case, (rejected,))


_OWN = frozenset(("class", "department", "level", "cycle"))  # what routing itself decides is not a fact from outside


def _coded(event: Event) -> Mapping[str, object]:
    return {name: value for name, value in occurrences.facts(event).items() if name not in _OWN}
