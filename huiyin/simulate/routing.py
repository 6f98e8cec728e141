"""Routing in memory: assigns, escalates, takes reports, counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from huiyin.simulate.rules import WorldRules
from services.routing.domain.assignment import Change
from services.routing.domain.case import Case
from services.routing.domain.decide import apply_counts, apply_event, apply_report, record_repetition
from services.routing.domain.milestone_reports import Report
from services.routing.domain.reassignment import reassign_by_hand
from shared.business_time.due import step_before
from shared.business_time.durations import Duration
from shared.events.base import EventData
from shared.events.complaints import ComplaintMerged, ComplaintRegistered
from shared.events.envelope import Event, make


class Routing:
    """Cases of one procedure."""

    def __init__(self, rules: WorldRules) -> None:
        self._rules = rules
        self.cases: dict[UUID, Case] = {}
        self._counted: dict[tuple[str, str], dict[UUID, tuple[str | None, datetime]]] = {}

    def apply(self, event: Event, now: datetime) -> list[Event]:
        """Apply an event of another service."""
        rules = self._rules.routing
        case = self.cases.get(event.subject) or Case(event.subject, self._rules.procedure.key)
        own, others = self._count(event)
        made = self._keep(apply_event(case, event, rules, now, own), f"{event.id}|{case.id}", now)
        if isinstance(event.data, ComplaintMerged):
            first = self.cases[event.data.into]
            made += self._keep(record_repetition(first, event, rules), f"{event.id}|{first.id}", now)
        for case_id, counts in others.items():
            change = apply_counts(self.cases[case_id], rules, counts, now)
            made += self._keep(change, f"{event.id}|{case_id}", now)
        return made

    def report(self, case_id: UUID, report: Report, now: datetime) -> list[Event]:
        """A milestone is reported; raises what the domain raises."""
        case = self.cases[case_id]
        cause = f"report|{report.milestone}|{report.at.isoformat()}|{report.by}|{case.cycle}"
        return self._keep(apply_report(case, report, self._rules.routing, now), cause, now)

    def reassign(self, case_id: UUID, department: str, by: str, now: datetime) -> list[Event]:
        """Another department is given the case; raises what the domain raises."""
        change = reassign_by_hand(self.cases[case_id], self._rules.procedure, department, by, now)
        return self._keep(change, f"reassignment|{now.isoformat()}", now)

    def _keep(self, change: Change, cause: str, now: datetime) -> list[Event]:
        case = self.cases[change.case.id] = change.case
        return [self._event(case, data, f"{cause}|{place}", now) for place, data in enumerate(change.emitted)]

    def _event(self, case: Case, data: EventData, cause: str, now: datetime) -> Event:
        return make("routing", case.id, case.procedure, data, cause=cause, at=now)

    def _count(self, event: Event) -> tuple[Mapping[str, int], Mapping[UUID, Mapping[str, int]]]:
        """The complaint's own counts, and the same of every other case under its keys."""
        own: dict[str, int] = {}
        others: dict[UUID, dict[str, int]] = {}
        if not isinstance(event.data, ComplaintRegistered):
            return own, others
        received_at = event.data.received_at
        for count in self._rules.procedure.counts:
            matter = event.data.matters.get(count.id)
            if matter is None:
                continue
            known = self._counted.setdefault((count.id, matter.key), {})
            known.setdefault(event.subject, (matter.complainant, received_at))
            since = step_before(received_at, Duration.parse(count.window), self._rules.routing.calendar, "elapsed")
            within = {case: who for case, (who, at) in known.items() if since < at <= received_at}
            by_complainant = {who or str(case) for case, who in within.items()}
            own[count.id] = len(by_complainant if count.distinct == "complainant" else within)
            for case in within.keys() - {event.subject}:
                others.setdefault(case, {})[count.id] = own[count.id]
        return own, others
