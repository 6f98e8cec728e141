"""Events in, and timers: add to what happened, decide, save, say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import store
from services.sla.domain.deciding import ClockRow, decide
from services.sla.domain.happenings import Case, from_event
from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock as TimeSource
from shared.events.deadlines import ClockBreached, ClockStarted, ClockWarned
from shared.events.envelope import Event, make
from shared.observability import metrics
from shared.procedures.loader import Library
from shared.procedures.model import Procedure


class Worker:
    """The sla service's handler of events, and what its timers call."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar], clock: TimeSource) -> None:
        self._library = library
        self._calendars = calendars
        self._clock = clock
        self._procedures: dict[tuple[str, int], Procedure] = {}

    async def unknown_cases(self, tx: AsyncConnection, cases: Collection[UUID]) -> set[UUID]:
        """None: clocks are computed from a set, so an event may come before its case's registration."""
        return set()

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Add events to what happened to their cases, in whatever order they come."""
        relevant = [event for event in events if from_event(event)]
        if not relevant:
            return []
        pins = {event.subject: (event.procedure, event.procedure_version) for event in relevant}
        await store.create_missing(tx, pins, now)
        cases = await store.load(tx, pins)
        for event in relevant:
            case = cases[event.subject]
            known = {one.id for one in case.happenings}
            new = tuple(one for one in from_event(event) if one.id not in known)
            cases[event.subject] = replace(case, happenings=case.happenings + new)
        return await self.settle(tx, cases.values(), now)

    async def settle(self, tx: AsyncConnection, cases: Iterable[Case], now: datetime) -> list[Event]:
        """Decide on cases that are locked, save them, and return what is said, each case's in order."""
        changed: list[tuple[Case, Sequence[ClockRow]]] = []
        events: list[Event] = []
        for case in cases:
            procedure = self._procedure(case.procedure)
            decision = decide(case, procedure, self._calendars, now)
            changed.append((decision.case, decision.clocks))
            for said in decision.said:
                events.append(make("sla", case.id, case.procedure, said.data, cause=said.cause, at=now))
                self._count(case.procedure[0], said.data)
        await store.save(tx, changed)
        return events

    def _procedure(self, pin: tuple[str, int]) -> Procedure:
        if pin not in self._procedures:
            self._procedures[pin] = self._library.get(*pin)
        return self._procedures[pin]

    def _count(self, procedure: str, data: object) -> None:
        match data:
            case ClockStarted(clock=clock):
                metrics.CLOCKS_STARTED.labels(procedure=procedure, clock=clock).inc()
            case ClockBreached(clock=clock, late_by=late) | ClockWarned(clock=clock, late_by=late):
                kind = "breached" if isinstance(data, ClockBreached) else "warned"
                metrics.STEPS_FIRED.labels(procedure=procedure, clock=clock, kind=kind).inc()
                metrics.STEP_LATENESS.observe(late / (self._clock.rate() or 1.0))
