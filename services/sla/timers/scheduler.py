"""The firing loop. Timers are rows: nothing is lost with the process, and any number of workers share the work."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.shards import SHARDS
from services.sla.handlers import ClockHandlers
from services.sla.store import firing, timers
from services.sla.store.firing import Fired
from services.sla.timers.near_horizon import Horizon
from shared.events.deadlines import ClockBreached
from shared.events.envelope import Event
from shared.hosting.host import Context
from shared.messaging import outbox
from shared.messaging.retry import run_periodically
from shared.observability import metrics

log = structlog.get_logger(__name__)

_EACH = 128  # timers of one shard in a page
_AHEAD = 16  # instants of one shard in the near horizon
_AHEAD_SECONDS = 2.0
_READ_AGAIN_SECONDS = 0.5  # another process may have armed something
_BROKEN_SECONDS = 1.0
_SHORTEST_TURN = 0.006  # a commit for each timer alone would cost a core
_LONGEST_TURN = 0.025
_SMALL = 100
_HALVES = (set(range(0, SHARDS, 2)), set(range(1, SHARDS, 2)))
_CATCH_UP_SECONDS = 0.25
_JUMP_SECONDS = 300.0


class Timers:
    """Fires what is due, in two loops: what is held elsewhere or needs a decision holds up nothing else. Every handlers
    process runs both."""

    def __init__(self, context: Context, handlers: ClockHandlers) -> None:
        self._context = context
        self._handlers = handlers
        self._horizon = Horizon(range(SHARDS))
        self._aside: set[int] = set()
        self._behind = False
        self._last = 0  # steps in the last turn
        self._wake, self._called = asyncio.Event(), asyncio.Event()
        self._read_at = float("-inf")
        self._last_look: tuple[datetime, float, float] | None = None
        handlers.armed.append(self._armed)

    async def fire(self) -> None:
        """Sleep until the earliest timer, fire in pages all that are due, and again; until cancelled.

        Shards that somebody holds, or that have a step to be decided on, are put aside.
        """
        await run_periodically("firing", self._fire_free, every=_BROKEN_SECONDS)

    async def fire_aside(self) -> None:
        """Wait for the shards that were put aside, decide on what needs it, and fire them; until cancelled."""
        await run_periodically("firing what was put aside", self._fire_aside, every=_BROKEN_SECONDS)

    async def _fire_free(self) -> None:
        async with self._context.outbox.autocommit() as one, self._context.outbox.autocommit() as two:
            while True:
                await self._turn((one, two))

    async def _fire_aside(self) -> float:
        if not self._aside:
            self._called.clear()
            await self._called.wait()
        begun = time.monotonic()
        await self._page_aside()
        return _rest(time.monotonic() - begun)

    async def _turn(self, connections: Sequence[AsyncConnection]) -> None:
        begun, now = time.monotonic(), self._context.clock.now()
        exhausted = not self._last and self._horizon.exhausted(now, without=self._aside)
        if exhausted or begun - self._read_at >= _READ_AGAIN_SECONDS:
            await self._look_ahead(connections[0])
        due = self._due()
        if not due:
            await self._sleep()
            return
        if self._behind:
            self._behind = False
            self._last = sum(await asyncio.gather(*map(self._catch_up, connections, _HALVES)))
        elif self._last >= _SMALL:  # while the database fires one half, the other half's page is taken up
            halves = [due & half for half in _HALVES]
            self._last = sum(await asyncio.gather(*(map(self._page, connections, filter(None, halves)))))
        else:
            self._last = await self._page(connections[0], due)
        if not self._behind:
            await asyncio.sleep(_rest(time.monotonic() - begun))

    def _due(self) -> set[int]:
        return self._horizon.due(self._context.clock.now()) - self._aside

    async def _catch_up(self, connection: AsyncConnection, half: set[int]) -> int:
        """Fire page after page of half of the shards, for a while, or until little is left; returns the last one's."""
        begun, fired = time.monotonic(), _SMALL
        while fired >= _SMALL and time.monotonic() - begun < _CATCH_UP_SECONDS:
            due = self._due() & half
            fired = await self._page(connection, due) if due else 0
        return fired

    def watch_clock(self) -> None:
        """Compare the clock with the time that really passed: a jump is counted, and is a matter for a person (T2)."""
        now, real, rate = self._context.clock.now(), time.monotonic(), self._context.clock.rate()
        if self._last_look is not None:
            was, then, at_rate = self._last_look
            gone = (real - then) * max(rate, at_rate)
            ahead = (now - was).total_seconds()
            if ahead < -_JUMP_SECONDS or ahead > gone + _JUMP_SECONDS * max(1.0, rate):
                metrics.CLOCK_JUMPS.inc()
                log.error("the clock has jumped", seconds=round(ahead - gone))
        self._last_look = (now, real, rate)

    async def _look_ahead(self, connection: AsyncConnection) -> None:
        self.watch_clock()
        clock = self._context.clock
        now = clock.now()
        until = now + timedelta(seconds=_AHEAD_SECONDS * (clock.rate() or 1.0))
        found = await timers.ahead(connection, range(SHARDS), until, each=_AHEAD)
        self._horizon.read(found, until, _AHEAD)
        self._read_at = time.monotonic()
        first = self._horizon.next()
        overdue = max(0.0, (now - first).total_seconds()) / (clock.rate() or 1.0) if first else 0.0
        metrics.OLDEST_DUE_SECONDS.set(overdue)

    def _armed(self, found: Iterable[tuple[int, datetime]]) -> None:
        """A use case has armed timers in a transaction that will end soon; its locks make a page wait for that."""
        if self._horizon.armed(found):
            self._wake.set()

    async def _sleep(self) -> None:
        due = self._horizon.next(without=self._aside)
        seconds = self._read_at + _READ_AGAIN_SECONDS - time.monotonic()
        if due is not None:
            seconds = min(seconds, self._context.clock.real_seconds_until(due))
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            # not wait_for: Python 3.11's swallows a cancellation that comes together with the event
            async with asyncio.timeout(max(seconds, 0.0005)):
                await self._wake.wait()

    async def _page(self, connection: AsyncConnection, wanted: set[int]) -> int:
        """Fire what needs no decision in the shards that nobody holds; the others are put aside."""
        now = self._context.clock.now()
        fired = await firing.fire_free(connection, wanted, now, each=_EACH)
        self._aside |= fired.mixed | (wanted - fired.held)
        if self._aside:
            self._called.set()
        self._behind = self._behind or bool(fired.busy)
        return self._done(fired, fired.held - fired.mixed, now)

    async def _page_aside(self) -> int:
        """Wait for the shards that are aside, all together, and decide on what needs it; then they are no more."""
        shards = frozenset(self._aside)
        async with self._context.outbox.transaction() as tx:
            await timers.lock_shards(tx, shards)
            now = self._context.clock.now()
            decide = await firing.to_decide(tx, shards, now, each=_EACH)
            emitted: list[Event] = []
            if decide:
                cases, then = await self._handlers.hold(tx, decide)
                emitted = await outbox.append(tx, await self._handlers.settle(tx, cases.values(), then))
            fired = await firing.fire_held(tx, shards, now, decide, each=_EACH)
        self._aside -= shards
        self._wake.set()
        return len(emitted) + self._done(fired, fired.held, now)

    def _done(self, fired: Fired, shards: Iterable[int], now: datetime) -> int:
        for shard in shards:
            if shard not in fired.busy:
                self._horizon.done(shard, now)
        rate = self._context.clock.rate() or 1.0
        for (procedure, name, type_), count in Counter(fired.kinds).items():
            word = "breached" if type_ == ClockBreached.type_ else "warned"
            metrics.STEPS_FIRED.labels(procedure=procedure, clock=name, kind=word).inc(count)
        for late in fired.late:
            metrics.STEP_LATENESS.observe(late / rate)
        return fired.steps


def _rest(taken: float) -> float:
    """How long to wait after a page that took so long: as long again, so that the busier it is, the fewer pages there
    are, each with more steps; a page has its price however few they are."""
    return max(0.0, min(max(2 * taken, _SHORTEST_TURN), _LONGEST_TURN) - taken)
