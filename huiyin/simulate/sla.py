"""The sla service in memory: clocks, and the instants of their next steps in place of timers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from huiyin.simulate.rules import WorldRules
from services.sla.domain.case import Case, from_event
from services.sla.domain.decide import ClockRow, decide
from services.sla.domain.rules import rules_for
from shared.events.envelope import Event, make

_JUST_BEFORE = timedelta(microseconds=1)


class Sla:
    """Clocks of the cases and reports of one procedure."""

    def __init__(self, rules: WorldRules) -> None:
        self._rules = rules
        self._cases: dict[UUID, Case] = {}
        self.clocks: dict[UUID, tuple[ClockRow, ...]] = {}
        self._next: dict[UUID, datetime] = {}

    @property
    def next_at(self) -> datetime | None:
        """The instant of the next step of any clock."""
        return min(self._next.values(), default=None)

    def apply(self, event: Event, now: datetime) -> list[Event]:
        """Add an event to what happened to its case.

        Steps that come at this very instant do not come yet: others may still do something then (see `fire`).
        """
        found = from_event(event)
        if not found:
            return []
        case = self._cases.get(event.subject) or Case(event.subject, self._rules.procedure.key)
        return self._decide(replace(case, occurrences=case.occurrences + found), now - _JUST_BEFORE, now)

    def fire(self, now: datetime) -> list[Event]:
        """What the steps emit whose instant has come."""
        come = [case_id for case_id, at in self._next.items() if at <= now]
        return [event for case_id in come for event in self._decide(self._cases[case_id], now, now)]

    def _decide(self, case: Case, come: datetime, now: datetime) -> list[Event]:
        """What is emitted at `now`, with the steps that have come at `come`."""
        decision = decide(case, rules_for(case.id, self._rules.procedure), self._rules.calendars, come)
        self._cases[case.id] = decision.case
        self.clocks[case.id] = decision.clocks
        instants = [row.next_at for row in decision.clocks if row.next_at is not None]
        self._next.pop(case.id, None)
        if instants:
            self._next[case.id] = min(instants)
        return [make("sla", case.id, case.procedure, one.data, cause=one.cause, at=now) for one in decision.emitted]
