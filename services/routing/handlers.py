"""Routing's use cases: load the cases under lock, decide, save, publish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.assignment import Change
from services.routing.domain.case import Case
from services.routing.domain.decide import (
    Rules,
    apply_counts,
    apply_event,
    apply_report,
    record_repetition,
    version_for,
)
from services.routing.domain.milestone_reports import Report
from services.routing.domain.reassignment import reassign_by_hand
from services.routing.domain.signed_reports import rejection
from services.routing.report_signatures import ReportSignatures
from services.routing.rule_book import RuleBook
from services.routing.store import cases as case_store
from services.routing.store import counted_cases
from shared.business_time.due import step_before
from shared.business_time.durations import Duration
from shared.errors import NotFound
from shared.events.assignments import CaseAssigned, CaseEscalated, MilestoneReached, MilestoneReport, ReportRejected
from shared.events.base import EventData
from shared.events.complaints import ComplaintMerged, ComplaintRegistered
from shared.events.envelope import Event, make
from shared.messaging import outbox
from shared.messaging.inbox import deduplication
from shared.observability import metrics
from shared.procedures.model import Count
from shared.security.acting import Principal

CONSUMER = "routing"
"""Under which name the inbox keeps what routing has taken."""


class Counted(NamedTuple):
    """The counts of a complaint's duplicate keys, and the same counts of every other case under these keys."""

    own: Mapping[str, int]
    others: Mapping[UUID, Mapping[str, int]]


async def get_case(tx: AsyncConnection, case_id: UUID) -> Case:
    """A case, locked until the transaction ends. Raises `NotFound`."""
    case = (await case_store.load(tx, [case_id])).get(case_id)
    if case is None:
        raise NotFound("there is no such case")
    return case


async def report_milestone(
    tx: AsyncConnection, rules: RuleBook, case_id: UUID, report: Report, now: datetime, caller: Principal
) -> Case:
    """Apply a milestone reported over HTTP; the same report again changes nothing and publishes nothing.

    Returns the case as it is then. Raises `NotFound`, `Forbidden` for an office that the caller may not act as, and
    what `milestone_reports.accept` raises.
    """
    case = await get_case(tx, case_id)
    caller.require_office(case.procedure[0], report.by)
    change = apply_report(case, report, rules.get(case.procedure), now)
    cause = f"report|{report.milestone}|{report.at.isoformat()}|{report.by}|{case.cycle}"
    await _save_and_publish(tx, change, cause, now)
    return change.case


async def reassign_case(
    tx: AsyncConnection, rules: RuleBook, case_id: UUID, department: str, by: str, now: datetime, caller: Principal
) -> Case:
    """Give a case to another department by hand.

    Raises `NotFound`, `Forbidden` for an office that the caller may not act as, and what `reassign_by_hand` raises.
    """
    case = await get_case(tx, case_id)
    caller.require_office(case.procedure[0], by)
    change = reassign_by_hand(case, rules.get(case.procedure).procedure, department, by, now)
    await _save_and_publish(tx, change, f"reassignment|{now.isoformat()}", now)
    return change.case


async def apply_events(tx: AsyncConnection, rules: RuleBook, events: Sequence[Event], now: datetime) -> list[Event]:
    """Apply events in order and save the cases that changed; returns the events to be published."""
    ids = {event.subject for event in events}
    ids |= {event.data.into for event in events if isinstance(event.data, ComplaintMerged)}
    cases = await case_store.load(tx, ids)
    changed: dict[UUID, Case] = {}
    emitted: list[Event] = []
    signatures = ReportSignatures(tx)
    for event in events:
        if (rejected := await _turned_away(signatures, rules, cases, event)) is not None:
            # as if it had never come: whoever sends the right one under the same id is heard
            await deduplication.forget(tx, CONSUMER, [event.id])
            case = cases.get(event.subject) or Case(event.subject, (event.procedure, event.procedure_version))
            emitted += events_of(case, [rejected], f"{event.id}|{case.id}|{rejected.code}", now)
            continue
        for change in await _changes(tx, rules, cases, event, now):
            case = change.case
            if case != cases.get(case.id):
                changed[case.id] = case
            cases[case.id] = case
            emitted += events_of(case, change.emitted, f"{event.id}|{case.id}", now)
    await case_store.save(tx, list(changed.values()), now)
    return emitted


async def _turned_away(
    signatures: ReportSignatures, rules: RuleBook, cases: dict[UUID, Case], event: Event
) -> ReportRejected | None:
    """Why a report is not proven to be its office's; None for one that is, and for every other event."""
    if not isinstance(event.data, MilestoneReport):
        return None
    case = cases.get(event.subject) or Case(event.subject, (event.procedure, event.procedure_version))
    objection = await signatures.objection(event, case.procedure[0])
    if objection is None:
        return None
    procedure = rules.get(case.procedure).procedure
    return rejection(event.data, procedure, objection.message, objection.field, objection.code)


async def _changes(
    tx: AsyncConnection, rules: RuleBook, cases: dict[UUID, Case], event: Event, now: datetime
) -> list[Change]:
    """What an event changes: its own case, the case it was merged into, and the cases with the same duplicate key.

    The latter are put into `cases`.
    """
    case = cases.get(event.subject) or Case(event.subject, (event.procedure, event.procedure_version))
    own_rules = rules.get(version_for(case, event))
    counted = await _count(tx, event, own_rules)
    changes = [apply_event(case, event, own_rules, now, counted.own)]
    if isinstance(event.data, ComplaintMerged) and (first := cases.get(event.data.into)) is not None:
        changes.append(record_repetition(first, event, own_rules))
    if counted.others:
        stored = await case_store.load(tx, counted.others)
        for case_id in sorted(stored):
            other = cases.setdefault(case_id, stored[case_id])
            changes.append(apply_counts(other, rules.get(other.procedure), counted.others[case_id], now))
    return changes


async def _count(tx: AsyncConnection, event: Event, rules: Rules) -> Counted:
    """Count a registered complaint under its duplicate keys (the event's `matters`)."""
    if not isinstance(event.data, ComplaintRegistered) or not event.data.matters:
        return Counted({}, {})
    own: dict[str, int] = {}
    others: dict[UUID, dict[str, int]] = {}
    received_at = event.data.received_at
    for count in rules.procedure.counts:
        matter = event.data.matters.get(count.id)
        if matter is None:
            continue
        await counted_cases.add(tx, count.id, matter.key, event.subject, matter.complainant, received_at)
        since = step_before(received_at, Duration.parse(count.window), rules.calendar, "elapsed")
        in_window = await counted_cases.list_in_window(tx, count.id, matter.key, since, received_at)
        own[count.id] = _distinct(count, in_window)
        for counted in in_window:
            others.setdefault(counted.case_id, {})[count.id] = own[count.id]
    others.pop(event.subject, None)
    return Counted(own, others)


def _distinct(count: Count, in_window: Iterable[counted_cases.CountedCase]) -> int:
    """How many complainants (an unknown one counts as its case) or cases there are."""
    if count.distinct == "complainant":
        return len({case.complainant or str(case.case_id) for case in in_window})
    return len({case.case_id for case in in_window})


async def _save_and_publish(tx: AsyncConnection, change: Change, cause: str, now: datetime) -> None:
    if change.emitted:
        await case_store.save(tx, [change.case], now)
        await outbox.append(tx, events_of(change.case, change.emitted, cause, now))


def events_of(case: Case, emitted: Iterable[EventData], cause: str, now: datetime) -> list[Event]:
    """What was emitted of a case because of `cause`, as events with ids of their own; counted in the metrics."""
    events = []
    for index, data in enumerate(emitted):
        events.append(make("routing", case.id, case.procedure, data, cause=f"{cause}|{index}", at=now))
        _count_metric(case.procedure[0], data)
    return events


def _count_metric(procedure: str, data: EventData) -> None:
    match data:
        case CaseAssigned(department=department):
            metrics.ASSIGNED.labels(procedure=procedure, department=department).inc()
        case CaseEscalated(level=level):
            metrics.ESCALATED.labels(procedure=procedure, level=level).inc()
        case MilestoneReached(milestone=milestone):
            metrics.MILESTONES.labels(procedure=procedure, milestone=milestone).inc()
        case ReportRejected(code=code):
            metrics.REPORTS_REJECTED.labels(procedure=procedure, reason=code or "other").inc()
