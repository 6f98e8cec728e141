"""What events cause, written: notices and call-backs of cases that are loaded; also for notify's own events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.case import Case, fold_all
from services.notify.domain.digests import Window
from services.notify.domain.notices import listens_to, superseded
from services.notify.domain.reactions import NewCall, Waits, reactions, reconsidered, retracted_breaches, to_open
from services.notify.store import call_backs
from services.notify.store import cases as store
from services.notify.store import notices as store_notices
from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock
from shared.events.envelope import Event, make
from shared.events.notices import CallBackDue
from shared.procedures.loader import Library
from shared.procedures.model import Procedure


class Reactions:
    """Decides what events cause in cases, and writes it.

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

    def procedure_of(self, case: Case) -> Procedure:
        """The procedure that a case is pinned to."""
        return self._library.get(case.procedure, case.version)

    async def react(
        self, tx: AsyncConnection, cases: Mapping[UUID, Case], events: Sequence[Event], now: datetime
    ) -> Sequence[Event]:
        """Write what events cause, which are folded into their cases already, and save the cases.

        The caller holds the cases' locks. Returns the call-backs that are due.
        """
        waits = Waits(self._window, self._clock.rate())
        notices, calls = reactions(cases, events, self._library.get, self._calendars, waits)
        real_now = self._real.now()
        await store_notices.add(tx, notices, now, real_now)
        await call_backs.add(tx, calls)
        await store.save(tx, list(cases.values()))
        conditional = await store_notices.conditional(tx, cases.keys())
        await store_notices.decide(tx, reconsidered(conditional, cases, self._library.get), real_now)
        retracted = retracted_breaches(events)
        while await store_notices.supersede(
            tx, superseded(await store_notices.unsent_of_clocks(tx, cases.keys()), cases, retracted), now, real_now
        ):
            pass  # what was joined to one of them waits again, and may be superseded too
        opened_late = to_open(await call_backs.undecided(tx, cases.keys()), cases, self._library.get)
        await call_backs.open_(tx, [one.id for one in opened_late])
        due = [_due(cases[call.planned.case_id], call, now) for call in calls if call.planned.due]
        return due + [_call_back_due(cases[one.case_id], one.id, one.event_id, one.due_at, now) for one in opened_late]

    async def apply_own(self, tx: AsyncConnection, events: Iterable[Event], now: datetime) -> Sequence[Event]:
        """Apply notify's own events where the procedure has a use for them; the caller holds the cases' locks."""
        useful = [
            event for event in events if listens_to(self._library.get(event.procedure, event.procedure_version), event)
        ]
        if not useful:
            return ()
        cases = await store.load(tx, {event.subject for event in useful})
        return await self.react(tx, cases, fold_all(cases, useful), now)


def _due(case: Case, call: NewCall, now: datetime) -> Event:
    return _call_back_due(case, call.planned.id, call.planned.event_id, call.due_at, now)


def _call_back_due(case: Case, id: UUID, cause: UUID, due_at: datetime | None, now: datetime) -> Event:
    data = CallBackDue(task_id=str(id), cause=str(cause), due_at=due_at)
    return make("notify", case.id, (case.procedure, case.version), data, cause=str(id), at=now)
