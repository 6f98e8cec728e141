"""The sweeper: proves that every step that was armed has its timer, sets again what is missing, clears what is past.

Two looks. Shard by shard, in one statement of the database, each armed step is compared with its timer: behind the
cursor too, for a timer that is gone when its instant comes would never be missed. And a few cases at a time, the whole
case is decided anew and compared with what is written of its clocks (rule D9).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta
from itertools import cycle
from uuid import UUID

import structlog

from services.sla import store, store_sweep
from services.sla.domain.arming import without
from services.sla.store_sweep import NEVER
from services.sla.store_timers import SHARDS
from services.sla.worker import Worker
from shared.hosting.host import Context
from shared.messaging import outbox
from shared.messaging.database import is_passing
from shared.observability import metrics

log = structlog.get_logger(__name__)

_SHARD_SECONDS = 2.0  # all sixteen in 32 s, well within the minute that a missing timer may stay unnoticed
_CASES = 200  # a look, so that a hundred cases a second are checked at most
_CASE_SECONDS = 45.0
_COUNT_EVERY = 8
_CLEAR_SECONDS = 0.02  # between two pages, so that clearing a great backlog holds up nobody


class Sweeper:
    """Looks after the timers of one database. Every worker process runs one; what they do twice does no harm."""

    def __init__(self, context: Context, worker: Worker) -> None:
        self._context = context
        self._worker = worker

    async def sweep(self) -> None:
        """One shard and a page of cases every two seconds, until cancelled."""
        for shard in cycle(range(SHARDS)):
            try:
                while await self.check_cases(never=True):
                    pass
                await self.sweep_shard(shard)
                await self.check_cases()
                if shard % _COUNT_EVERY == 0:
                    async with self._context.engine.connect() as connection:
                        metrics.CLOCKS_OPEN.set(await store.count_open(connection))
            except Exception as error:
                if not is_passing(error):
                    raise
            await asyncio.sleep(_SHARD_SECONDS)

    async def sweep_all(self) -> None:
        """One look at everything."""
        for shard in range(SHARDS):
            await self.sweep_shard(shard)
        await self.check_cases()

    async def sweep_shard(self, shard: int) -> None:
        """Compare the armed steps of a shard with its timers, then clear the timers that it has done with."""
        async with self._context.engine.begin() as tx:
            swept_at = await store_sweep.cursor_at(tx, shard)
            lost = await store_sweep.lost(tx, shard)
        by_case: dict[UUID, dict[tuple[str, int], int | None]] = defaultdict(dict)
        for row in lost:
            by_case[row.case_id][(row.clock, row.cycle)] = row.generation
        if by_case:
            await self._restore(by_case, len(lost))
        async with self._context.engine.begin() as tx:
            # An instant before the cursor's: at the cursor's own, some cases may still be to come.
            await store_sweep.mark_swept(tx, shard, swept_at - timedelta(microseconds=1))
        more = True
        while more:
            more = await store_sweep.clear(self._context.engine, shard)
            await asyncio.sleep(_CLEAR_SECONDS)

    async def check_cases(self, *, never: bool = False) -> bool:
        """Decide anew on a page of open cases, the longest unchecked first; returns whether there may be more.

        `never`: only those that were never checked (after an upgrade), and arm all their steps anew.
        """
        clock = self._context.clock
        before = NEVER if never else clock.now() - timedelta(seconds=_CASE_SECONDS * (clock.rate() or 1.0))
        async with self._context.engine.connect() as connection:
            ids = await store.unchecked(connection, before, limit=_CASES)
        if not ids:
            return False
        async with self._context.engine.begin() as tx:
            cases, now = await self._worker.hold(tx, ids)
            written = await store.generations(tx, ids)
            odd: dict[UUID, dict[tuple[str, int], int | None]] = defaultdict(dict)
            for id_, case in cases.items():
                for key, said in case.said.items():
                    name, _, number = key.partition("#")
                    if said.get("armed") and written.get((id_, name, int(number))) != said["generation"]:
                        odd[id_][(name, int(number))] = None
            cases |= {id_: without(cases[id_], lost) for id_, lost in odd.items()}
            sound = [case for id_, case in cases.items() if id_ not in odd]
            events = await self._worker.settle(tx, sound, now, whole=never)
            events += await self._worker.settle(tx, [cases[id_] for id_ in odd], now, whole=True)
            await store.mark_checked(tx, ids, now)
            said_now = await outbox.append(tx, events)
        self._report(sum(map(len, odd.values())), bool(said_now))
        return len(ids) == _CASES

    async def _restore(self, lost: dict[UUID, dict[tuple[str, int], int | None]], count: int) -> None:
        async with self._context.engine.begin() as tx:
            cases, now = await self._worker.hold(tx, lost, lost=lost)
            events = await outbox.append(tx, await self._worker.settle(tx, cases.values(), now))
        self._report(count, bool(events))

    def _report(self, restored: int, said: bool) -> None:
        if restored:
            metrics.TIMERS_RESTORED.inc(restored)
            log.error("timers were missing and are set again", count=restored)
        if said:
            self._context.said.set()
