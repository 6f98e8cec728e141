"""What events cause, written: notices and follow-ups of cases that are loaded; also for notify's own events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.case import Case, fold_all
from services.notify.domain.digests import Window
from services.notify.domain.follow_up_events import call_back_due
from services.notify.domain.notices import listens_to, superseded
from services.notify.domain.reactions import (
    Waits,
    ended_follow_ups,
    now_holding,
    reactions,
    reconsidered,
    retracted_breaches,
)
from services.notify.store import cases as store
from services.notify.store import follow_ups
from services.notify.store import notices as store_notices
from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock
from shared.events.envelope import Event
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

        The caller holds the cases' locks. Returns the follow-ups that are to be made.
        """
        waits = Waits(self._window, self._clock.rate())
        notices, rounds = reactions(cases, events, self._library.get, self._calendars, waits)
        real_now = self._real.now()
        await store_notices.add(tx, notices, now, real_now)
        await follow_ups.add(tx, rounds, now)
        await follow_ups.supersede(tx, ended_follow_ups(events))
        await store.save(tx, list(cases.values()))
        conditional = await store_notices.conditional(tx, cases.keys())
        await store_notices.decide(tx, reconsidered(conditional, cases, self._library.get), real_now)
        retracted = retracted_breaches(events)
        while await store_notices.supersede(
            tx, superseded(await store_notices.unsent_of_clocks(tx, cases.keys()), cases, retracted), now, real_now
        ):
            pass  # what was joined to one of them waits again, and may be superseded too
        holding = now_holding(await follow_ups.undecided(tx, cases.keys()), cases, self._library.get)
        await follow_ups.decide(tx, [one.id for one in holding], now)
        return await self._due(tx, cases, [*(one.planned.id for one in rounds), *(one.id for one in holding)], now)

    async def _due(
        self, tx: AsyncConnection, cases: Mapping[UUID, Case], ids: Iterable[UUID], now: datetime
    ) -> Sequence[Event]:
        """The events of those of these follow-ups that are open; the same id again is the same event."""
        rows = await follow_ups.these(tx, list(ids))
        return [call_back_due(cases[row.case_id], row, now) for row in rows if row.state == "open"]

    async def apply_own(self, tx: AsyncConnection, events: Iterable[Event], now: datetime) -> Sequence[Event]:
        """Apply notify's own events where the procedure has a use for them; the caller holds the cases' locks."""
        useful = [
            event for event in events if listens_to(self._library.get(event.procedure, event.procedure_version), event)
        ]
        if not useful:
            return ()
        cases = await store.load(tx, {event.subject for event in useful})
        return await self.react(tx, cases, fold_all(cases, useful), now)
