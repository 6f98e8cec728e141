"""Decides on one event or report: the case as it is then, and the events that are emitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.routing.domain.assignment import Change, assign, classify
from services.routing.domain.case import Case
from services.routing.domain.escalation import apply_rules
from services.routing.domain.milestone_reports import Report, accept
from services.routing.domain.signed_reports import rejection
from shared.business_time.calendars import Calendar
from shared.errors import HuiyinError
from shared.events import occurrences
from shared.events.assignments import CaseRepeated, MilestoneReport
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


def apply_event(
    case: Case, event: Event, rules: Rules, now: datetime, counts: Mapping[str, int] | None = None
) -> Change:
    """Apply an event of another service or a department, by the rules of `version_for` the two.

    `counts` are how often the case's duplicate keys came up, by the id of the count.
    """
    if isinstance(event.data, MilestoneReport):
        return _from_department(case, event.data, rules, now)
    names = occurrences.names(event)
    if not names:
        return Change(case, ())
    at = occurrences.happened_at(event, names[0])
    case = replace(case, facts={**case.facts, **_coded(event)}, counts={**case.counts, **(counts or {})})
    case = case.with_occurrences(names, at)
    emitted: tuple[EventData, ...] = ()
    match event.data:
        case ComplaintRegistered(received_at=received_at):
            case = replace(case, received_at=received_at)
        case ComplaintAdmitted() if case.status == "registered":
            case, emitted = assign(case, rules.procedure, "admitted")
        case ComplaintSupplemented() if case.status == "assigned":
            case, emitted = classify(case, rules.procedure, "supplemented")
        case ComplaintRefused() | ComplaintTransferredOut() | ComplaintMerged() | ComplaintWithdrawn():
            case = replace(case, status="ended")
        case ProcedureMigrated():
            case = replace(case, procedure=version_for(case, event))
    return _apply_consequences(case, rules, emitted, names, at, now)


def apply_report(case: Case, given: Report, rules: Rules, now: datetime) -> Change:
    """Apply a milestone that was reported; raises what `milestone_reports.accept` raises."""
    case, reached = accept(case, rules.procedure, given, now)
    if not reached:
        return Change(case, ())
    names = occurrences.names_of(reached[0])
    case, emitted = apply_rules(case, rules.procedure, rules.calendar, names, given.at)
    return Change(case, reached + emitted)


def record_repetition(case: Case, event: Event, rules: Rules) -> Change:
    """The same complaint came again, and the new one was merged into this case."""
    case = case.with_occurrences(("repeated",), event.time)
    case, emitted = apply_rules(case, rules.procedure, rules.calendar, ("repeated",), event.time)
    return Change(case, (CaseRepeated(case=event.subject), *emitted))


def apply_counts(case: Case, rules: Rules, counts: Mapping[str, int], now: datetime) -> Change:
    """Other complaints raised the counts of this case's duplicate keys: its class may rise."""
    case = replace(case, counts={**case.counts, **counts})
    if case.status != "assigned":
        return Change(case, ())
    case, emitted = classify(case, rules.procedure, "counted")
    return _apply_consequences(case, rules, emitted, (), now, now)


def _apply_consequences(
    case: Case, rules: Rules, emitted: tuple[EventData, ...], names: tuple[str, ...], at: datetime, now: datetime
) -> Change:
    """Record what a decision emitted as occurrences at `now`; then apply the rules to the event's own names, and to
    those of what was emitted."""
    emitted_names = [occurrences.names_of(data) for data in emitted]
    for further in emitted_names:
        case = case.with_occurrences(further, now)
    for present, since in [(names, at), *((further, now) for further in emitted_names)]:
        case, consequences = apply_rules(case, rules.procedure, rules.calendar, present, since)
        emitted += consequences
    return Change(case, emitted)


def _from_department(case: Case, given: MilestoneReport, rules: Rules, now: datetime) -> Change:
    try:
        report = Report(given.milestone, given.at, given.by, given.fields, given.clock, given.person)
        return apply_report(case, report, rules, now)
    except HuiyinError as error:
        return Change(case, (rejection(given, rules.procedure, error.message, error.field, error.code),))


_OWN = frozenset(("class", "department", "level", "cycle"))  # what routing itself decides is not a fact from outside


def _coded(event: Event) -> Mapping[str, object]:
    return {name: value for name, value in occurrences.facts(event).items() if name not in _OWN}
