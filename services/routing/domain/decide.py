"""Decides on one event or report: the case as it is then, and the events that are emitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.routing.domain.assignment import Change, assign, classify
from services.routing.domain.awards import compute_again
from services.routing.domain.case import FINISHED, Case, CountedMatter
from services.routing.domain.escalation import apply_rules
from services.routing.domain.milestone_reports import accept
from services.routing.domain.report import Report, WaitingReport
from services.routing.domain.signed_reports import rejection
from shared.business_time.calendars import Calendar
from shared.errors import Conflict, HuiyinError, NotYet
from shared.events import occurrences
from shared.events.assignments import CaseCounted, CaseRepeated, MilestoneReport, ReportRejected
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

PATIENCE = timedelta(days=1)
"""How long a report from a topic waits for what it depends on."""
MOST_WAITING = 50
"""Reports of one case that wait."""


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


def apply_event(case: Case, event: Event, rules: Rules, now: datetime) -> Change:
    """Apply an event of another service or a department, by the rules of `version_for` the two."""
    if isinstance(event.data, MilestoneReport):
        return from_topic(case, event.data, rules, now)
    names = occurrences.names(event)
    if not names:
        return Change(case, ())
    at = occurrences.happened_at(event, names[0])
    case = replace(case, facts={**case.facts, **_coded(event)})
    if isinstance(event.data, ComplaintSupplemented) and event.data.recused is not None:
        case = replace(case, recused=event.data.recused)
    case = case.with_occurrences(names, at)
    emitted: tuple[EventData, ...] = ()
    match event.data:
        case ComplaintRegistered(received_at=received_at, matters=matters, recused=recused):
            counted = {name: CountedMatter(matter.key, matter.complainant) for name, matter in matters.items()}
            case = replace(case, received_at=received_at, matters=counted, recused=recused)
        case ComplaintAdmitted() if case.status == "registered":
            case, emitted = assign(case, rules.procedure, "admitted")
        case ComplaintSupplemented() if case.status == "assigned":
            case, emitted = classify(case, rules.procedure, "supplemented")
        case ComplaintRefused() | ComplaintTransferredOut() | ComplaintMerged() | ComplaintWithdrawn():
            case = replace(case, status="ended")
        case ProcedureMigrated():
            case = replace(case, procedure=version_for(case, event))
    return try_waiting(_settled(_apply_consequences(case, rules, emitted, names, at, now), rules), rules, now)


def apply_report(case: Case, given: Report, rules: Rules, now: datetime) -> Change:
    """Apply a milestone that was reported; raises what `milestone_reports.accept` raises."""
    case, reached = accept(case, rules.procedure, given, now)
    if not reached:
        return Change(case, ())
    first, *further = (occurrences.names_of(data) for data in reached)
    for names in further:  # the first is recorded by `accept`
        case = case.with_occurrences(names, given.at)
    for names in (first, *further):
        case, emitted = apply_rules(case, rules.procedure, rules.calendar, names, given.at)
        reached += emitted
    return _settled(Change(case, reached), rules)


def from_topic(case: Case, given: MilestoneReport, rules: Rules, now: datetime) -> Change:
    """Apply a report from a topic. One that the procedure does not allow is rejected by an event.

    Topics race each other. So one that came before its document waits, and while one waits, also one that the case's
    state does not allow yet, which may depend on the first. Each later event tries them again, in their order.
    """
    report = Report(given.milestone, given.at, given.by, given.fields, given.clock, given.award, given.persons)
    try:
        return try_waiting(apply_report(case, report, rules, now), rules, now)
    except Conflict as error:
        if not isinstance(error, NotYet) and not case.waiting:
            return Change(case, (_rejection(report, rules, error),))
    except HuiyinError as error:
        return Change(case, (_rejection(report, rules, error),))
    if any(one.report == report for one in case.waiting):
        return Change(case, ())
    if len(case.waiting) >= MOST_WAITING:
        return Change(case, (_rejection(report, rules, Conflict("too many reports of this case wait already")),))
    return Change(replace(case, waiting=(*case.waiting, WaitingReport(report, now + PATIENCE))), ())


def try_waiting(change: Change, rules: Rules, now: datetime) -> Change:
    """Try the reports that wait, in their order, as long as one of them is accepted.

    One that is wrong whatever may come, or whose time is over, is rejected.
    """
    case, emitted = change
    tried = True
    while tried and case.waiting:
        tried = False
        for one in case.waiting:
            try:
                after, new = apply_report(case, one.report, rules, now)
            except HuiyinError as error:
                if isinstance(error, Conflict) and now < one.until:
                    continue
                after, new = case, (_rejection(one.report, rules, error),)
            case = replace(after, waiting=tuple(other for other in after.waiting if other is not one))
            emitted += new
            tried = True
            break
    return Change(case, emitted)


def _rejection(report: Report, rules: Rules, error: HuiyinError) -> ReportRejected:
    return rejection(report, rules.procedure, error.message, error.field, error.code)


def _settled(change: Change, rules: Rules) -> Change:
    """With open awards computed by the facts as they are now."""
    case, emitted = compute_again(change.case, rules.procedure)
    return Change(case, change.emitted + emitted)


def record_repetition(case: Case, event: Event, rules: Rules) -> Change:
    """The same complaint came again, and the new one was merged into this case."""
    case = case.with_occurrences(("repeated",), event.time)
    case, emitted = apply_rules(case, rules.procedure, rules.calendar, ("repeated",), event.time)
    return Change(case, (CaseRepeated(case=event.subject), *emitted))


def apply_counts(case: Case, rules: Rules, counts: Mapping[str, int], now: datetime) -> Change:
    """The counts of this case's matters are these now: the class of a case may rise.

    Each change is emitted, but for the first occurrence itself: everything that is counted comes up once. The first
    number that a case has is its own place, and stays.
    """
    changed = {name: number for name, number in counts.items() if case.counts.get(name) != number}
    if not changed:
        return Change(case, ())
    known = case.counts
    places = {name: number for name, number in changed.items() if name not in known}
    facts = {**case.facts, **{f"place.{name}": place for name, place in places.items()}}
    case = replace(case, counts={**known, **changed}, facts=facts)
    told = {name for name, number in changed.items() if number != 1 or name in known}
    if case.status in FINISHED or not told:
        return Change(case, ())
    emitted: tuple[EventData, ...] = tuple(
        CaseCounted(count=name, number=changed[name], place=places.get(name)) for name in sorted(told)
    )
    if case.status == "assigned":
        case, classified = classify(case, rules.procedure, "counted")
        emitted += classified
    return _settled(_apply_consequences(case, rules, emitted, (), now, now), rules)


def apply_consequences(change: Change, rules: Rules, now: datetime) -> Change:
    """The rules applied to what was done by hand at `now`, whose occurrences are recorded already."""
    case, emitted = change
    for data in change.emitted:
        case, further = apply_rules(case, rules.procedure, rules.calendar, occurrences.names_of(data), now)
        emitted += further
    return _settled(Change(case, emitted), rules)


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


# What routing itself decides is not a fact from outside.
_OWN = frozenset(("class", "department", "level", "cycle", "assisting"))


def _coded(event: Event) -> Mapping[str, object]:
    return {name: value for name, value in occurrences.facts(event).items() if name not in _OWN}
