"""The sweeper: proves that every step that was armed has its timer, sets again what is missing, clears what is past.

Two looks. Slice by slice and shard by shard, each armed step is compared with its timer: behind the cursor too, for a
timer that is gone when its instant comes would never be missed. And a few cases at a time, the whole case is decided
anew and compared with what is written of its clocks (rule D9). Both have a budget: the more clocks, the longer a whole
pass.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.shards import SHARDS, checked, checked_together
from services.sla.handlers import ClockHandlers
from services.sla.store import cases as store
from services.sla.store import sweep as store_sweep
from services.sla.store.sweep import NEVER
from shared.events.topics import DEADLINES
from shared.hosting.host import Context
from shared.messaging import outbox
from shared.messaging.outbox import bundles
from shared.messaging.retry import run_periodically
from shared.observability import metrics

log = structlog.get_logger(__name__)

_FIRST = UUID(int=0)
_SLICE = 200  # clocks in one query, so that it holds up nobody
_SLICE_SECONDS = 0.08  # for each: 100,000 armed clocks are looked at within a minute, at some hundredths of a processor
_SHARD_SECONDS = 0.5  # for each at least: what few clocks there are need no more looks for that
_CLEAR_SECONDS = 0.02  # between two pages, so that clearing a great backlog holds up nobody
_CASES = 4  # in one transaction
_FOUND_CASES = 64
_CASE_SECONDS = 45.0
_CHECK_SECONDS = 0.1
_CHECK_SHARE = 15  # of the time, one part goes into checking, so many into other work
_IDLE_SECONDS = 2.0


class Sweeper:
    """Looks after the timers of one database. Every worker process runs one; what they do twice does no harm."""

    def __init__(self, context: Context, handlers: ClockHandlers) -> None:
        self._context = context
        self._handlers = handlers
        self._shard, self._after = 0, _FIRST
        self._cursor_at = NEVER
        self._shard_begun = float("-inf")

    async def sweep(self) -> None:
        """A slice of armed clocks after the other, until cancelled."""
        await run_periodically("sweeping", self._sweep_some, every=_SLICE_SECONDS)

    async def check(self) -> None:
        """Every case that was never checked, then a few open cases, and again, until cancelled."""
        await run_periodically("checking", self._check_some, every=_IDLE_SECONDS)

    async def _sweep_some(self) -> float:
        begun, shard = time.monotonic(), self._shard
        await self.sweep_slice()
        if self._shard == shard:
            return _SLICE_SECONDS - (time.monotonic() - begun)
        return self._shard_begun + _SHARD_SECONDS - time.monotonic()

    async def _check_some(self) -> float:
        while await self.check_cases(never=True):
            pass
        begun = time.monotonic()
        more = await self.check_cases()
        return max(_CHECK_SECONDS, _CHECK_SHARE * (time.monotonic() - begun)) if more else _IDLE_SECONDS

    async def sweep_slice(self, most: int = _SLICE) -> bool:
        """Compare the armed steps of about `most` clocks with their timers; goes on where the last slice ended.

        At the end of a shard, the timers that it has done with are cleared. Returns whether all shards are through.
        """
        async with self._context.engine.begin() as tx:
            if self._after == _FIRST:
                self._shard_begun = time.monotonic()
                self._cursor_at = await store_sweep.cursor_at(tx, self._shard)
            found = await store_sweep.look(tx, self._shard, self._after, most=most)
        await self._restore(found.lost)
        if found.last is not None and found.looked >= most:
            self._after = found.last
            return False
        await self._end_of_shard()
        return self._shard == 0

    async def _end_of_shard(self) -> None:
        async with self._context.engine.begin() as tx:
            # An instant before the cursor's: at the cursor's own, some cases may still be to come.
            await store_sweep.mark_swept(tx, self._shard, self._cursor_at - timedelta(microseconds=1))
        while await store_sweep.clear(self._context.engine, self._shard):  # noqa: ASYNC110  (each turn is work)
            await asyncio.sleep(_CLEAR_SECONDS)
        self._shard, self._after = (self._shard + 1) % SHARDS, _FIRST

    async def check_cases(self, *, never: bool = False) -> bool:
        """Decide anew on a few open cases, the longest unchecked first; returns whether there may be more.

        `never`: only those that were never checked (after an upgrade), and arm all their steps anew.
        """
        clock = self._context.clock
        before = NEVER if never else clock.now() - timedelta(seconds=_CASE_SECONDS * (clock.rate() or 1.0))
        async with self._context.engine.connect() as connection:
            found = await store.unchecked(connection, before, limit=_FOUND_CASES)
        if not found:
            return False
        ids = found if never else checked_together(found, _CASES)
        async with self._context.outbox.transaction() as tx:
            cases, now = await self._handlers.hold(tx, ids)
            result = checked(cases, await store.generations(tx, ids))
            events = await self._handlers.settle(tx, result.sound, now, whole=never)
            events += await self._handlers.settle(tx, result.mended, now, whole=True)
            await store.mark_checked(tx, ids, now)
            await outbox.append(tx, events)
        self._report(result.lost)
        return len(found) == _FOUND_CASES or len(ids) < len(found)

    async def _restore(self, found: Sequence[tuple[UUID, CycleKey, int]]) -> None:
        lost: dict[UUID, dict[CycleKey, int | None]] = defaultdict(dict)
        for case, key, generation in found:
            lost[case][key] = generation
        if not lost:
            return
        async with self._context.outbox.transaction() as tx:
            cases, now = await self._handlers.hold(tx, lost, lost=lost)
            # Whether the timers had fired before they vanished is known from the outbox alone.
            known = await bundles.known(tx, DEADLINES.name, lost, await store_sweep.swept_at(tx, lost))
            events = [event for event in await self._handlers.settle(tx, cases.values(), now) if event.id not in known]
            await outbox.append(tx, events)
        self._report(len(found))

    def _report(self, restored: int) -> None:
        if restored:
            metrics.TIMERS_RESTORED.inc(restored)
            log.error("timers were missing and are set again", count=restored)
