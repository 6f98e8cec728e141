"""Routing's use cases: load the cases under lock, decide, save, publish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.counts import count_new, move_window
from services.routing.domain.assignment import Change
from services.routing.domain.case import Case
from services.routing.domain.decide import (
    apply_consequences,
    apply_event,
    apply_report,
    record_repetition,
    try_waiting,
    version_for,
)
from services.routing.domain.reassignment import call_in_by_hand, reassign_by_hand
from services.routing.domain.report import Report
from services.routing.domain.signed_reports import rejection
from services.routing.report_signatures import ReportSignatures
from services.routing.rule_book import RuleBook
from services.routing.store import cases as case_store
from services.routing.store import counted
from shared.errors import NotFound
from shared.events.assignments import (
    AwardSuggested,
    CaseAssigned,
    CaseEscalated,
    MilestoneReached,
    MilestoneReport,
    ReportRejected,
)
from shared.events.base import EventData
from shared.events.complaints import ComplaintMerged
from shared.events.envelope import Event, make
from shared.messaging import outbox
from shared.messaging.inbox import deduplication
from shared.observability import metrics
from shared.security.acting import Principal, is_hidden

CONSUMER = "routing"
"""Under which name the inbox keeps what routing has taken."""


async def get_case(tx: AsyncConnection, case_id: UUID, caller: Principal) -> Case:
    """A case, locked until the transaction ends. Raises `NotFound`, also where the case is hidden from the caller."""
    case = (await case_store.load(tx, [case_id])).get(case_id)
    if case is None or is_hidden(caller.acts_as, case.procedure[0], case.recused):
        raise NotFound("there is no such case")
    return case


async def report_milestone(
    tx: AsyncConnection, rules: RuleBook, case_id: UUID, report: Report, now: datetime, caller: Principal
) -> Case:
    """Apply a milestone reported over HTTP; the same report again changes nothing and publishes nothing.

    Returns the case as it is then. Raises `NotFound`, `Forbidden` for an office that the caller may not act as, and
    what `milestone_reports.accept` raises.
    """
    case = await get_case(tx, case_id, caller)
    caller.require_office(case.procedure[0], report.by)
    own_rules = rules.get(case.procedure)
    change = try_waiting(apply_report(case, report, own_rules, now), own_rules, now)
    cause = f"report|{report.occurrence}|{report.at.isoformat()}|{report.by}|{case.cycle}"
    return await _settle(tx, rules, case, change, cause, now)


async def reassign_case(
    tx: AsyncConnection, rules: RuleBook, case_id: UUID, department: str, by: str, now: datetime, caller: Principal
) -> Case:
    """Give a case to another department by hand.

    Raises `NotFound`, `Forbidden` for an office that the caller may not act as, and what `reassign_by_hand` raises.
    """
    case = await get_case(tx, case_id, caller)
    caller.require_office(case.procedure[0], by)
    own_rules = rules.get(case.procedure)
    change = reassign_by_hand(case, own_rules.procedure, department, by, now)
    change = apply_consequences(change, own_rules, now)
    return await _settle(tx, rules, case, change, f"reassignment|{now.isoformat()}", now)


async def call_in_assistant(
    tx: AsyncConnection, rules: RuleBook, case_id: UUID, department: str, by: str, now: datetime, caller: Principal
) -> Case:
    """Call in another department by hand.

    Raises `NotFound`, `Forbidden` for an office that the caller may not act as, and what `call_in_by_hand` raises.
    """
    case = await get_case(tx, case_id, caller)
    caller.require_office(case.procedure[0], by)
    own_rules = rules.get(case.procedure)
    change = call_in_by_hand(case, own_rules.procedure, department, by, now)
    change = apply_consequences(change, own_rules, now)
    return await _settle(tx, rules, case, change, f"assistant|{department}|{now.isoformat()}", now)


async def apply_events(tx: AsyncConnection, rules: RuleBook, events: Sequence[Event], now: datetime) -> list[Event]:
    """Apply events in order and save the cases that changed; returns the events to be published."""
    ids = {event.subject for event in events}
    ids |= {event.data.into for event in events if isinstance(event.data, ComplaintMerged)}
    cases = await case_store.load(tx, ids)
    loaded = dict(cases)
    changed: set[UUID] = set()
    emitted: list[Event] = []
    signatures = ReportSignatures(tx)
    for event in events:
        if (rejected := await _turned_away(signatures, rules, cases, event)) is not None:
            # as if it had never come: whoever sends the right one under the same id is heard
            await deduplication.forget(tx, CONSUMER, [event.id])
            case = cases.get(event.subject) or Case(event.subject, (event.procedure, event.procedure_version))
            emitted += events_of(case, [rejected], f"{event.id}|{case.id}|{rejected.code}", now)
            continue
        changes = await _changes(tx, rules, cases, event, now)
        changed |= {change.case.id for change in changes}
        emitted += _all_events(changes, str(event.id), now)
    await case_store.save(tx, [cases[id] for id in sorted(changed) if cases[id] != loaded.get(id)], now)
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
    """What an event changes: its own case, the case it was merged into, and through counts the cases of its matters.

    `cases` holds them then.
    """
    known = cases.get(event.subject)
    case = known or Case(event.subject, (event.procedure, event.procedure_version))
    changes = [(known, apply_event(case, event, rules.get(version_for(case, event)), now))]
    if isinstance(event.data, ComplaintMerged) and (first := cases.get(event.data.into)) is not None:
        changes.append((first, record_repetition(first, event, rules.get(first.procedure))))
    found: list[Change] = []
    for before, change in changes:
        cases[change.case.id] = change.case
        found += [change, *await count_new(tx, rules, cases, before, change.case, now)]
    return found


async def move_windows(tx: AsyncConnection, rules: RuleBook, now: datetime, limit: int = 20) -> int:
    """Judge the counts again whose windows have moved on, and publish; returns how many there were."""
    windows = await counted.due(tx, now, limit)
    for window in windows:
        cases: dict[UUID, Case] = {}
        changes = await move_window(tx, rules, cases, window, now)
        cause = f"window|{window.count}|{window.key}|{window.look_at.isoformat()}"
        await _save_and_publish(tx, cases, changes, cause, now)
    return len(windows)


async def end_waiting(tx: AsyncConnection, rules: RuleBook, now: datetime, limit: int = 20) -> int:
    """Try the reports once more that have waited too long, reject those that are still not right, and publish.

    Returns how many cases there were.
    """
    ids = await case_store.overdue(tx, now, limit)
    cases = await case_store.load(tx, ids)
    for case_id in ids:
        before = cases[case_id]
        change = try_waiting(Change(before, ()), rules.get(before.procedure), now)
        cases[case_id] = change.case
        changes = [change, *await count_new(tx, rules, cases, before, change.case, now)]
        until = min(one.until for one in before.waiting)
        await _save_and_publish(tx, cases, changes, f"waited|{case_id}|{until.isoformat()}", now)
    return len(ids)


async def _settle(
    tx: AsyncConnection, rules: RuleBook, before: Case, change: Change, cause: str, now: datetime
) -> Case:
    """Save and publish a change of one case, with what it leads to in others; returns the case as it is then."""
    if change.case == before and not change.emitted:
        return before
    cases = {before.id: change.case}
    changes = [change, *await count_new(tx, rules, cases, before, change.case, now)]
    await _save_and_publish(tx, cases, changes, cause, now)
    return cases[before.id]


async def _save_and_publish(
    tx: AsyncConnection, cases: Mapping[UUID, Case], changes: Sequence[Change], cause: str, now: datetime
) -> None:
    """Save the cases that changed, as they are in `cases`; append what was emitted to the outbox."""
    await case_store.save(tx, [cases[case_id] for case_id in sorted({change.case.id for change in changes})], now)
    await outbox.append(tx, _all_events(changes, cause, now))


def _all_events(changes: Sequence[Change], cause: str, now: datetime) -> list[Event]:
    """The events of changes that one cause led to; a case may be among them more than once."""
    times: Counter[UUID] = Counter()
    events: list[Event] = []
    for change in changes:
        again = f"|{times[change.case.id]}" if times[change.case.id] else ""
        events += events_of(change.case, change.emitted, f"{cause}|{change.case.id}{again}", now)
        times[change.case.id] += 1
    return events


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
        case AwardSuggested(award=award):
            metrics.AWARDS.labels(procedure=procedure, award=award, state="suggested").inc()
        case MilestoneReached(milestone="award-approved" | "award-refused" as decision, award=award):
            metrics.AWARDS.labels(procedure=procedure, award=award, state=decision.removeprefix("award-")).inc()
            metrics.MILESTONES.labels(procedure=procedure, milestone=decision).inc()
        case CaseEscalated(level=level):
            metrics.ESCALATED.labels(procedure=procedure, level=level).inc()
        case MilestoneReached(milestone=milestone):
            metrics.MILESTONES.labels(procedure=procedure, milestone=milestone).inc()
        case ReportRejected(code=code):
            metrics.REPORTS_REJECTED.labels(procedure=procedure, reason=code or "other").inc()
