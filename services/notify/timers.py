"""What comes with time alone: follow-ups whose wait is over, receipts that have not come."""

from __future__ import annotations

import asyncio

from services.notify.domain.follow_up_events import call_back_due
from services.notify.handlers.service import NoticeService
from services.notify.store import cases, follow_ups
from services.notify.store import service as store_service
from shared.business_time.clock import Clock
from shared.messaging import outbox
from shared.messaging.outbox import Outbox
from shared.messaging.retry import until_done
from shared.observability import metrics

_POLL_SECONDS = 1.0
_PAGE = 200


class Timers:
    """Looks at the cases' clock, whatever its speed, until cancelled. Any number of processes may."""

    def __init__(self, outbox: Outbox, clock: Clock, service: NoticeService) -> None:
        self._outbox = outbox
        self._clock = clock
        self._service = service

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await until_done("timers of notify", self._round)
            await asyncio.sleep(_POLL_SECONDS)

    async def _round(self) -> None:
        while await self.open_follow_ups() == _PAGE:
            pass
        while await self.expire_receipts() == _PAGE:
            pass
        async with self._outbox.engine.connect() as tx:
            open_, overdue = await follow_ups.open_counts(tx, self._clock.now())
        metrics.FOLLOW_UPS_OPEN.set(open_)
        metrics.FOLLOW_UPS_OVERDUE.set(overdue)

    async def open_follow_ups(self) -> int:
        """Offer the follow-ups whose wait is over; returns in how many cases."""
        now = self._clock.now()
        async with self._outbox.engine.connect() as tx:
            found = await follow_ups.opening(tx, now, _PAGE)
        if not found:
            return 0
        async with self._outbox.transaction() as tx:
            known = await cases.load(tx, found)  # their locks first, as everybody takes them
            made = [call_back_due(known[row.case_id], row, now) for row in await follow_ups.open_(tx, known, now)]
            await outbox.append(tx, made)
        return len(found)

    async def expire_receipts(self) -> int:
        """Emit which notices have no receipt in time; returns in how many cases."""
        now = self._clock.now()
        async with self._outbox.engine.connect() as tx:
            found = await store_service.expiring(tx, now, _PAGE)
        if found:
            async with self._outbox.transaction() as tx:
                await self._service.expire(tx, found, now)
        return len(found)
