"""The sender: puts due notices into endpoint queues and works on many of them side by side, each in its order.

What is promised: an attempt is written before it is made; a notice is seen at most once where its sink can tell that
it has seen it, and is never repeated by itself where it cannot; a receiver that is slow or away holds up nobody else.
Any number of senders may run; one that dies is noticed within `stale` and its work is taken over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.delivery.attempts import DeliveryResults
from services.notify.delivery.composer import Composer, Placed
from services.notify.delivery.endpoint_queue import EndpointQueue
from services.notify.delivery.sinks import Sink
from services.notify.domain.case import Case
from services.notify.domain.rows import NoticeRow, PickedQueue
from services.notify.store import cases as store
from services.notify.store import delivery_queue, notices, senders
from services.notify.store.delivery_queue import Route
from shared.business_time.clock import Clock
from shared.errors import NotFound
from shared.messaging.outbox import Outbox
from shared.messaging.retry import until_done
from shared.observability import metrics

log = structlog.get_logger(__name__)

PATIENCE = timedelta(seconds=15)
"""How long (real) a notice waits for events that are on their way: its department, its due instant."""
UNDECIDED_FOR = timedelta(days=8)
"""How long (real) a condition may still be decided by a fact that comes late: longer than a topic's retention."""

_POLL_SECONDS = 0.25
_HEARTBEAT_SECONDS = 2.0
_DRAIN_SECONDS = 6.0
_ROUTE_PAGE = 1000
_QUEUES_AT_ONCE = 64


class Sender:
    """Sends one database's notices. `run()` until it is cancelled."""

    def __init__(
        self,
        outbox: Outbox,
        composer: Composer,
        sinks: Mapping[str, Sink],
        results: DeliveryResults,
        real: Clock,
        *,
        stale: timedelta = timedelta(seconds=15),
        failpoint: Callable[[str], None] = lambda _place: None,
    ) -> None:
        """`failpoint` is called at named places of an attempt; tests let it break there."""
        self._outbox = outbox
        self._engine = outbox.engine
        self._composer = composer
        self._sinks = sinks
        self._results = results
        self._real = real
        self._stale = stale
        self._failpoint = failpoint
        self._me: UUID = uuid4()
        self._queues: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Send until cancelled; then finish what is in hand, within a few seconds."""
        await until_done("sender", self._start)
        heart = asyncio.create_task(self._beat(), name="heartbeat")
        try:
            while True:
                await until_done("sending", self._round)
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    # not wait_for: Python 3.11's swallows a cancellation that comes together with the event
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
                if heart.done():
                    heart.result()
        finally:
            heart.cancel()
            await self._drain()

    async def _start(self) -> None:
        async with self._engine.begin() as tx:
            await senders.heartbeat(tx, self._me, self._real.now())
            await delivery_queue.unroute_all(tx)

    async def _beat(self) -> None:
        while True:
            await until_done("heartbeat", self._heartbeat)
            await asyncio.sleep(_HEARTBEAT_SECONDS)

    async def _heartbeat(self) -> None:
        """Note that this sender lives, take over from those that do not, and count what waits."""
        now = self._real.now()
        async with self._outbox.transaction() as tx:
            await senders.heartbeat(tx, self._me, now)
            orphans = await senders.remove_dead(tx, self._me, now, self._stale)
            await self._results.take_over(tx, orphans, self._sinks)
            await notices.forget_undecided(tx, now - UNDECIDED_FOR)
            metrics.NOTICES_WAITING.set(await delivery_queue.waiting(tx))
        if orphans:
            log.warning("took over from a sender that died", notices=len(orphans))

    async def _round(self) -> None:
        while await self._route() == _ROUTE_PAGE:
            await self._pick()
        await self._pick()

    async def _route(self) -> int:
        """Put due notices that have no queue into theirs; returns how many there were."""
        now = self._real.now()
        async with self._engine.begin() as tx:
            rows = await delivery_queue.unrouted(tx, now, _ROUTE_PAGE)
            if not rows:
                return 0
            cases = await store.read(tx, {row.case_id for row in rows})
            routes: list[Route] = []
            not_ready: list[UUID] = []
            lost: list[NoticeRow] = []
            for row in rows:
                placed = self._place(row, cases)
                if placed is None:
                    lost.append(row)
                elif self._composer.is_ready(placed) or now - row.queued_at >= PATIENCE:
                    routes.append(Route(row.id, placed.queue, placed.where.sink, str(placed.who)))
                else:
                    not_ready.append(row.id)
            await delivery_queue.route(tx, routes, now)
            await delivery_queue.postpone(tx, not_ready, now + timedelta(seconds=0.5))
        if lost:
            await self._results.fail_waiting(lost, "no-text")
        return len(rows)

    def _place(self, row: NoticeRow, cases: Mapping[UUID, Case]) -> Placed | None:
        try:
            return self._composer.place(row, cases[row.case_id])
        except (NotFound, KeyError):
            return None

    async def _pick(self) -> None:
        """Begin to work on queues that have something to do; queues that fail get half of the places at most."""
        free = _QUEUES_AT_ONCE - len(self._queues)
        if free <= 0:
            return
        with_failing = len(self._failing) < _QUEUES_AT_ONCE // 2
        async with self._engine.begin() as tx:
            picked = await self._picked(tx, free, with_failing=with_failing)
        for row in picked:
            work = EndpointQueue(
                self._engine, self._composer, self._sinks, self._results, self._real, self._me, row,
                self._failpoint,
            )  # fmt: skip
            task = asyncio.create_task(work.run(), name=f"queue {row.queue}")
            self._queues[row.queue] = task
            if row.failures:
                self._failing.add(row.queue)
            task.add_done_callback(self._done(row.queue))

    async def _picked(self, tx: AsyncConnection, free: int, *, with_failing: bool) -> list[PickedQueue]:
        limit = min(free, _QUEUES_AT_ONCE // 2 - len(self._failing)) if with_failing else free
        now = self._real.now()
        picked = await delivery_queue.pick(tx, self._me, now, limit, with_failing=with_failing)
        if with_failing and len(picked) == limit < free:
            picked += await delivery_queue.pick(tx, self._me, now, free - limit, with_failing=False)
        return picked

    def _done(self, queue: str) -> Callable[[asyncio.Task[None]], None]:
        def done(task: asyncio.Task[None]) -> None:
            self._queues.pop(queue, None)
            self._failing.discard(queue)
            self._wake.set()
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("a queue's work fails", queue=queue, error=type(error).__name__, exc_info=error)

        return done

    async def _drain(self) -> None:
        tasks = list(self._queues.values())
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=1.0)
        with contextlib.suppress(Exception):
            async with self._engine.begin() as tx:
                await senders.leave(tx, self._me)
