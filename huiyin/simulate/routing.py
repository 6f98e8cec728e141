"""Routing in memory: assigns, escalates, takes reports, counts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huiyin.simulate.rules import WorldRules
from services.routing.domain.assignment import Change
from services.routing.domain.case import Case
from services.routing.domain.counting import CountedOccurrence, judged_at, newly_counted, tally
from services.routing.domain.decide import (
    apply_consequences,
    apply_counts,
    apply_event,
    apply_report,
    record_repetition,
    try_waiting,
)
from services.routing.domain.reassignment import call_in_by_hand, reassign_by_hand
from services.routing.domain.report import Report
from shared.events.base import EventData
from shared.events.complaints import ComplaintMerged
from shared.events.envelope import Event, make
from shared.events.reports import is_report
from shared.procedures.model import Count


class Routing:
    """Cases of one procedure."""

    def __init__(self, rules: WorldRules) -> None:
        self._rules = rules
        self.cases: dict[UUID, Case] = {}
        self._counted: dict[tuple[str, str], list[CountedOccurrence]] = {}
        self._falls: dict[tuple[str, str], datetime] = {}

    @property
    def next_at(self) -> datetime | None:
        """When time alone changes something next: a window of a count moves on, or a report has waited too long."""
        waiting = [one.until for case in self.cases.values() for one in case.waiting]
        return min((*self._falls.values(), *waiting), default=None)

    def look_again(self, now: datetime) -> list[Event]:
        """What has become due by now."""
        made: list[Event] = []
        for count_id, key in [one for one, at in self._falls.items() if at <= now]:
            count = next(one for one in self._rules.procedure.counts if one.id == count_id)
            made += self._judge(count, key, now, now, f"window|{count_id}|{now.isoformat()}")
        for case in [case for case in self.cases.values() if any(one.until <= now for one in case.waiting)]:
            change = try_waiting(Change(case, ()), self._rules.routing, now)
            made += self._keep(change, f"waited|{now.isoformat()}", now)
        return made

    def apply(self, event: Event, now: datetime) -> list[Event]:
        """Apply an event of another service; recurring reports are none of its cases."""
        if is_report(event.subject):
            return []
        rules = self._rules.routing
        case = self.cases.get(event.subject) or Case(event.subject, self._rules.procedure.key)
        made = self._keep(apply_event(case, event, rules, now), f"{event.id}|{case.id}", now)
        if isinstance(event.data, ComplaintMerged):
            first = self.cases[event.data.into]
            made += self._keep(record_repetition(first, event, rules), f"{event.id}|{first.id}", now)
        return made

    def report(self, case_id: UUID, report: Report, now: datetime) -> list[Event]:
        """A milestone is reported; raises what the domain raises."""
        case = self.cases[case_id]
        cause = f"report|{report.occurrence}|{report.at.isoformat()}|{report.by}|{case.cycle}"
        return self._keep(apply_report(case, report, self._rules.routing, now), cause, now)

    def reassign(self, case_id: UUID, department: str, by: str, now: datetime) -> list[Event]:
        """Another department is given the case; raises what the domain raises."""
        change = reassign_by_hand(self.cases[case_id], self._rules.procedure, department, by, now)
        change = apply_consequences(change, self._rules.routing, now)
        return self._keep(change, f"reassignment|{now.isoformat()}", now)

    def call_in(self, case_id: UUID, department: str, by: str, now: datetime) -> list[Event]:
        """Another department is to assist; raises what the domain raises."""
        change = call_in_by_hand(self.cases[case_id], self._rules.procedure, department, by, now)
        change = apply_consequences(change, self._rules.routing, now)
        return self._keep(change, f"assistant|{department}|{now.isoformat()}", now)

    def _keep(self, change: Change, cause: str, now: datetime) -> list[Event]:
        """Keep a case as it is now; count what has happened to it, and keep what that changes in others."""
        before, case = self.cases.get(change.case.id), change.case
        self.cases[case.id] = case
        made = [self._event(case, data, f"{cause}|{place}", now) for place, data in enumerate(change.emitted)]
        for count, matter, one in newly_counted(before, case, self._rules.procedure):
            known = self._counted.setdefault((count.id, matter.key), [])
            if one not in known:
                known.append(one)
            at = judged_at(known, one.happened_at)
            made += self._judge(count, matter.key, at, now, f"{cause}|{count.id}|{one.case_id}")
        return made

    def _judge(self, count: Count, key: str, at: datetime, now: datetime, cause: str) -> list[Event]:
        """The number of a key becomes the fact of every case that was counted under it."""
        known = self._counted[count.id, key]
        found = tally(count, known, at, self._rules.routing.calendar)
        self._falls.pop((count.id, key), None)
        if found.falls_at is not None:
            self._falls[count.id, key] = found.falls_at
        made: list[Event] = []
        for case_id in sorted({one.case_id for one in known}):
            change = apply_counts(self.cases[case_id], self._rules.routing, {count.id: found.number}, now)
            made += self._keep(change, f"{cause}|{case_id}", now)
        return made

    def _event(self, case: Case, data: EventData, cause: str, now: datetime) -> Event:
        return make("routing", case.id, case.procedure, data, cause=cause, at=now)
