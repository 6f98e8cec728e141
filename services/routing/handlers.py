"""Events in: load the cases, decide, save, say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.case import Case
from services.routing.domain.decide import Rules, decide, recounted, repeated, version_for
from services.routing.store import cases as store
from shared.business_time.calendars import Calendar
from shared.business_time.due import step_before
from shared.business_time.durations import Duration
from shared.errors import NotFound
from shared.events.assignments import CaseAssigned, CaseEscalated, MilestoneReached, ReportRejected
from shared.events.base import EventData
from shared.events.complaints import ComplaintMerged, ComplaintRegistered
from shared.events.envelope import Event, make
from shared.observability import metrics
from shared.procedures.loader import Library


class Worker:
    """Routing's handler of events."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar]) -> None:
        self._library = library
        self._calendars = calendars
        self._rules: dict[tuple[str, int], Rules] = {}

    def rules(self, procedure: tuple[str, int]) -> Rules:
        """A procedure's version with its calendar as it is now."""
        known = self._rules.get(procedure)
        found = known.procedure if known else self._library.get(*procedure)
        calendar = self._calendars.get(found.calendar)
        if calendar is None:
            raise NotFound("the procedure's calendar is not known", field="calendar")
        if known is None or known.calendar is not calendar:
            known = self._rules[procedure] = Rules(found, calendar)
        return known

    async def unknown_cases(self, tx: AsyncConnection, cases: Collection[UUID]) -> set[UUID]:
        """Cases whose registration has not come: everything else of them waits for it."""
        return await store.unknown(tx, cases)

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Apply events in order."""
        wanted = {event.subject for event in events}
        wanted |= {event.data.into for event in events if isinstance(event.data, ComplaintMerged)}
        cases = await store.load(tx, wanted)
        changed: dict[UUID, Case] = {}
        said: list[Event] = []
        for event in events:
            for before, after, data in await self._one(tx, cases, event, now):
                cases[after.id] = after
                if after != before:
                    changed[after.id] = after
                said += events_of(after, data, f"{event.id}|{after.id}", now)
        await store.save(tx, list(changed.values()), now)
        return said

    async def _one(
        self, tx: AsyncConnection, cases: dict[UUID, Case], event: Event, now: datetime
    ) -> list[tuple[Case | None, Case, tuple[EventData, ...]]]:
        procedure = (event.procedure, event.procedure_version)
        before = cases.get(event.subject)
        case = before or Case(event.subject, procedure)
        rules = self.rules(version_for(case, event))
        counts, others = await self._count(tx, event, rules)
        after, data = decide(case, event, rules, now, counts)
        results = [(before, after, data)]
        if isinstance(event.data, ComplaintMerged) and (first := cases.get(event.data.into)) is not None:
            again, data = repeated(first, event, rules, now)
            results.append((first, again, data))
        if others:
            found = await store.load(tx, others)
            for identifier in sorted(found):
                other = cases.get(identifier, found[identifier])
                risen, data = recounted(other, self.rules(other.procedure), others[identifier], now)
                results.append((other, risen, data))
        return results

    async def _count(
        self, tx: AsyncConnection, event: Event, rules: Rules
    ) -> tuple[dict[str, int], dict[UUID, dict[str, int]]]:
        """How often the complaint's matters came up in their windows, and the same for other cases that raised them."""
        if not isinstance(event.data, ComplaintRegistered) or not event.data.matters:
            return {}, {}
        counts: dict[str, int] = {}
        others: dict[UUID, dict[str, int]] = {}
        received_at = event.data.received_at
        for count in rules.procedure.counts:
            matter = event.data.matters.get(count.id)
            if matter is None:
                continue
            await store.add_matter(tx, count.id, matter.key, event.subject, matter.complainant, received_at)
            since = step_before(received_at, Duration.parse(count.window), rules.calendar, "elapsed")
            found = await store.in_window(tx, count.id, matter.key, since, received_at)
            by_complainant = count.distinct == "complainant"
            counts[count.id] = len({who or str(case) if by_complainant else str(case) for case, who in found})
            for case, _ in found:
                others.setdefault(case, {})[count.id] = counts[count.id]
        others.pop(event.subject, None)
        return counts, others


def events_of(case: Case, data: Iterable[EventData], cause: str, now: datetime) -> list[Event]:
    """What is said of a case because of `cause`, as events with ids of their own; counted in the metrics."""
    events = []
    for index, one in enumerate(data):
        events.append(make("routing", case.id, case.procedure, one, cause=f"{cause}|{index}", at=now))
        _count_metric(case.procedure[0], one)
    return events


def _count_metric(procedure: str, data: EventData) -> None:
    match data:
        case CaseAssigned(department=department):
            metrics.ASSIGNED.labels(procedure=procedure, department=department).inc()
        case CaseEscalated(level=level):
            metrics.ESCALATED.labels(procedure=procedure, level=level).inc()
        case MilestoneReached(milestone=milestone):
            metrics.MILESTONES.labels(procedure=procedure, milestone=milestone).inc()
        case ReportRejected():
            metrics.REPORTS_REJECTED.labels(procedure=procedure).inc()
