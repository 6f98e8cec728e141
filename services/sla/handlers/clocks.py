"""The use cases of clocks: add events to what happened, decide, save, emit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.arming import Lost, absorbed, without
from services.sla.domain.case import Case, from_event, pin_of
from services.sla.domain.decide import Decision, decide
from services.sla.domain.rules import rules_for
from services.sla.domain.shards import shard_of
from services.sla.store import cases as store
from services.sla.store import firing, rule_changes, timers
from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock as TimeSource
from shared.events.deadlines import ClockBreached, ClockStarted, ClockWarned
from shared.events.envelope import Event, make
from shared.observability import metrics
from shared.procedures.loader import Library
from shared.procedures.model import Procedure


class ClockHandlers:
    """Adds events to what happened to cases and decides on them; timers, sweeper and rule changes decide through it."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar], clock: TimeSource) -> None:
        self._library = library
        self._calendars = calendars
        self._clock = clock
        self._procedures: dict[tuple[str, int], Procedure] = {}
        self.armed: list[Callable[[Sequence[tuple[int, datetime]]], None]] = []
        """Called with the timers (shard, instant) that are armed, before the transaction ends."""

    async def apply_events(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Add events to what happened to their cases, in whatever order they come."""
        relevant = [(event, found) for event in events if (found := from_event(event))]
        if not relevant:
            return []
        pins = {event.subject: (event.procedure, event.procedure_version) for event, _ in relevant}
        await store.create_missing(tx, pins, now)
        cases, now = await self.hold(tx, pins)
        for event, found in relevant:
            case = cases[event.subject]
            known = {one.id for one in case.occurrences}
            new = tuple(one for one in found if one.id not in known)
            cases[event.subject] = replace(case, occurrences=case.occurrences + new)
        pinned = {id_: pin for id_, case in cases.items() if (pin := pin_of(case)) != case.procedure}
        if pinned:
            await rule_changes.pin(tx, pinned)
            cases |= {id_: replace(cases[id_], procedure=pin) for id_, pin in pinned.items()}
        return await self.settle(tx, cases.values(), now)

    async def hold(
        self, tx: AsyncConnection, ids: Iterable[UUID], *, lost: Mapping[UUID, Lost] | None = None
    ) -> tuple[dict[UUID, Case], datetime]:
        """Cases as they are now, held until the transaction ends, and the instant (UTC) to decide on them.

        The instant is taken after the locks and is never before what the timers have fired, even if the clock was set
        back: what is armed at it is beyond every cursor. `lost`: clocks whose timers are gone, for which the cursor
        proves nothing.
        """
        ids = list(ids)
        cursors = await timers.lock(tx, ids)
        await firing.take_up_numbers(tx, ids)
        cases = await store.load(tx, ids)
        cases |= {id_: without(cases[id_], clocks) for id_, clocks in (lost or {}).items() if id_ in cases}
        now = max([self._clock.now(), *(cursor.at for cursor in cursors.values())])
        return {id_: absorbed(case, cursors[shard_of(id_)]) for id_, case in cases.items()}, now

    async def settle(
        self,
        tx: AsyncConnection,
        cases: Iterable[Case],
        now: datetime,
        *,
        because: str = "later-knowledge",
        whole: bool = False,
    ) -> list[Event]:
        """Decide on cases that are held, save them, arm their timers, and return the events, each case's in order.

        `because`: the cause that a rescheduling gives. `whole`: write all clocks of the cases, changed or not.
        """
        decisions: list[Decision] = []
        events: list[Event] = []
        for case in cases:
            rules = rules_for(case.id, self._procedure(case.procedure))
            decision = decide(case, rules, self._calendars, now, because=because)
            decisions.append(decision)
            for one in decision.emitted:
                events.append(make("sla", case.id, case.procedure, one.data, cause=one.cause, at=now))
                self._count(case.procedure[0], one.data)
        await store.save(tx, decisions, whole=whole)
        armed = await timers.arm(tx, decisions)
        for listener in self.armed:
            listener(armed)
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
