"""The firing loop and the sweeper. Timers are rows: nothing is lost with the process, and any number may run."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from services.sla import store
from services.sla.worker import Worker
from shared.hosting.host import Context
from shared.messaging import outbox
from shared.messaging.database import is_passing
from shared.observability import metrics

log = structlog.get_logger(__name__)

_PAGE = 500
_LONGEST_SLEEP_SECONDS = 0.5  # another process may have set an earlier timer
_SWEEP_SECONDS = 15.0
_SWEEP_PAGE = 500


class Timers:
    """Fires what is due. Every worker process runs one."""

    def __init__(self, context: Context, worker: Worker) -> None:
        self._context = context
        self._worker = worker

    async def fire(self) -> None:
        """Sleep until the earliest timer, fire all that are due in pages, and again; until cancelled."""
        while True:
            try:
                fired = await self.fire_page()
                if not fired:
                    await self._sleep()
            except Exception as error:
                if not is_passing(error):
                    raise
                log.warning("timers wait for the database", error=type(error).__name__)
                await asyncio.sleep(1.0)

    async def fire_page(self) -> int:
        """Fire one page of what is due now, the longest due first; returns how many cases that were."""
        now = self._context.clock.now()
        async with self._context.engine.begin() as tx:
            cases = await store.claim_due(tx, now, limit=_PAGE)
            if not cases:
                return 0
            events = await self._worker.settle(tx, cases.values(), now)
            await outbox.append(tx, events)
        self._context.said.set()
        return len(cases)

    async def _sleep(self) -> None:
        async with self._context.engine.connect() as connection:
            due = await store.next_instant(connection)
        clock = self._context.clock
        overdue = max(0.0, (clock.now() - due).total_seconds()) / (clock.rate() or 1.0) if due else 0.0
        metrics.OLDEST_DUE_SECONDS.set(overdue)
        seconds = clock.real_seconds_until(due) if due else _LONGEST_SLEEP_SECONDS
        # Never a busy loop: a due case may be held by another worker for a moment.
        await asyncio.sleep(min(max(seconds, 0.005), _LONGEST_SLEEP_SECONDS))

    async def sweep(self) -> None:
        """Prove, case by case, that every open clock has its timer; set again what is missing (rule D9)."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                while await self.sweep_page():
                    pass
                async with self._context.engine.connect() as connection:
                    metrics.CLOCKS_OPEN.set(await store.count_open(connection))
            except Exception as error:
                if not is_passing(error):
                    raise

    async def sweep_page(self) -> bool:
        """Check one page of cases; returns whether there may be more."""
        clock = self._context.clock
        now = clock.now()
        before = now - timedelta(seconds=_SWEEP_SECONDS * (clock.rate() or 1.0))
        async with self._context.engine.begin() as tx:
            cases = await store.claim_unchecked(tx, before, limit=_SWEEP_PAGE)
            if not cases:
                return False
            had = await store.timers(tx, cases)
            events = await self._worker.settle(tx, cases.values(), now)
            has = await store.timers(tx, cases)
            await store.mark_checked(tx, cases, now)
            await outbox.append(tx, events)
        # What came due between the two looks was fired by this very sweep; that is no fault.
        restored = [key for key, at in has.items() if key not in had or (had[key] > now and had[key] != at)]
        if restored:
            metrics.TIMERS_RESTORED.inc(len(restored))
            log.error("timers were missing or wrong and are set again", count=len(restored))
        if events:
            self._context.said.set()
        return len(cases) == _SWEEP_PAGE
