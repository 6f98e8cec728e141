"""Events in: fold them into their cases, decide which notices and call-backs they cause, and say the call-backs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.case import Case, fold, opened
from services.notify.domain.digests import Window, about_deadline, wait_seconds
from services.notify.domain.notices import Planned, listens_to, needless, plan_calls, plan_notices, verdict
from services.notify.store import call_backs
from services.notify.store import cases as store
from services.notify.store import notices as store_notices
from services.notify.store.call_backs import NewCall
from services.notify.store.notices import NewNotice
from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock
from shared.business_time.due import due
from shared.business_time.durations import Duration
from shared.events.complaints import ComplaintRegistered
from shared.events.deadlines import BreachRetracted
from shared.events.envelope import Event, make
from shared.events.notices import CallBackDue, NoticeEvent
from shared.procedures.loader import Library


class Worker:
    """The handler of notify's consumer.

    `clock` is the cases' clock, `real` the machine's: deliveries are in real time. `window`: which wait for others.
    """

    def __init__(
        self, library: Library, calendars: Mapping[str, Calendar], clock: Clock, real: Clock, window: Window
    ) -> None:
        self._library = library
        self._calendars = calendars
        self._clock = clock
        self._real = real
        self._window = window

    async def unknown_cases(self, tx: AsyncConnection, cases: Collection[UUID]) -> set[UUID]:
        """Those of the cases whose registration has not come yet."""
        return set(cases) - await store.known(tx, cases)

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Apply events within the caller's transaction; returns the call-backs that are due."""
        cases = await store.load(tx, {event.subject for event in events})
        heard = []
        for event in events:
            if event.subject not in cases:
                if not isinstance(event.data, ComplaintRegistered):
                    continue  # only registrations open a case; messaging holds back what comes before them
                cases[event.subject] = opened(event)
            fold(cases[event.subject], event)
            heard.append(event)
        return await self._apply(tx, cases, heard, now)

    async def hear_own(self, tx: AsyncConnection, events: Iterable[Event], now: datetime) -> Sequence[Event]:
        """Apply notify's own events where the procedure has a use for them; the caller holds the cases' locks."""
        useful = [event for event in events if self._has_use(event)]
        return await self.handle(tx, useful, now) if useful else ()

    def _has_use(self, event: Event) -> bool:
        return listens_to(self._library.get(event.procedure, event.procedure_version), event)

    async def _apply(
        self, tx: AsyncConnection, cases: Mapping[UUID, Case], events: Sequence[Event], now: datetime
    ) -> list[Event]:
        notices: list[NewNotice] = []
        calls: list[NewCall] = []
        steps = Counter(event.subject for event in {event.id: event for event in events}.values()
                        if about_deadline(event))  # fmt: skip
        for event in events:
            case = cases[event.subject]
            procedure = self._library.get(case.procedure, case.version)
            # A notice about a notice would answer itself without end: those events cause call-backs only.
            if not isinstance(event.data, NoticeEvent):
                notices += [
                    NewNotice(one, *procedure.key, self._wait(one, crowded=steps[case.id] > 1))
                    for one in plan_notices(case, event, procedure)
                ]
            for planned in plan_calls(case, event, procedure):
                within = procedure.call_backs[planned.element].within
                due_at = self._due(planned.occurred_at, within, procedure.calendar)
                calls.append(NewCall(planned, *procedure.key, due_at))
        real_now = self._real.now()
        await store_notices.add(tx, notices, now, real_now)
        await call_backs.add(tx, calls)
        await store.save(tx, list(cases.values()))
        await self._decide_late(tx, cases, real_now)
        await self._thin_out(tx, cases, events, now, real_now)
        opened_late = await self._open_late(tx, cases)
        fresh = [(call.planned.case_id, call.planned.id, call.planned.event_id, call.due_at) for call in calls
                 if call.planned.due]  # fmt: skip
        return [
            make(
                "notify",
                case_id,
                (cases[case_id].procedure, cases[case_id].version),
                CallBackDue(task_id=str(id), cause=str(cause), due_at=due_at),
                cause=str(id),
                at=now,
            )
            for case_id, id, cause, due_at in [*fresh, *opened_late]
        ]

    def _wait(self, planned: Planned, *, crowded: bool) -> float:
        if not planned.joins:
            return 0.0
        rate = self._clock.rate() or 1.0  # a clock that is moved by hand has none
        return wait_seconds(planned.late_by / rate, self._window, crowded=crowded)

    def _due(self, start: datetime, within: str | None, calendar: str) -> datetime | None:
        if within is None:
            return None
        return due(start, Duration.parse(within), self._calendars[calendar], basis="elapsed").at

    async def _decide_late(self, tx: AsyncConnection, cases: Mapping[UUID, Case], real_now: datetime) -> None:
        """Judge again what facts that came late may decide otherwise, as of the moment of its occurrence."""
        states: dict[UUID, str] = {}
        for row in await store_notices.conditional(tx, cases.keys()):
            procedure = self._library.get(row.procedure, row.version)
            element = next((one for one in procedure.notices if one.id == row.notice), None)
            holds = element is not None and verdict(element, cases[row.case_id], row.emitted_at)
            state = "waiting" if holds else "undecided"
            if state != row.state:
                states[row.id] = state
        await store_notices.decide(tx, states, real_now)

    async def _open_late(
        self, tx: AsyncConnection, cases: Mapping[UUID, Case]
    ) -> list[tuple[UUID, UUID, UUID, datetime | None]]:
        found = []
        for row in await call_backs.undecided(tx, cases.keys()):
            element = self._library.get(row.procedure, row.version).call_backs[row.element]
            if verdict(element, cases[row.case_id], row.emitted_at):
                found.append((row.case_id, row.id, row.event_id, row.due_at))
        await call_backs.open_(tx, [id for _, id, _, _ in found])
        return found

    async def _thin_out(
        self,
        tx: AsyncConnection,
        cases: Mapping[UUID, Case],
        events: Sequence[Event],
        now: datetime,
        real_now: datetime,
    ) -> None:
        retracted = {
            (event.subject, event.data.clock, event.data.cycle)
            for event in events
            if isinstance(event.data, BreachRetracted)
        }
        while True:
            unsent = await store_notices.unsent_of_clocks(tx, cases.keys())
            if not await store_notices.supersede(tx, needless(unsent, cases, retracted), now, real_now):
                return
