"""The relay: sends what the outbox holds to Kafka, in order per case, at least once.

One relay at a time sends for a database: it holds a session-level advisory lock, and the others wait for it. Pages are
claimed by their state (a row in `unpublished`), never by "number above the last one" (rule D6). While one round is on
its way to the broker, the last one is taken off and the next one is read, in one statement.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.business_time.clock import Clock
from shared.messaging.database import is_passing
from shared.messaging.kafka.producer import Sent, make_producer, send
from shared.messaging.outbox import unpublished
from shared.messaging.outbox.cache import OutboxCache
from shared.messaging.outbox.transaction import Outbox
from shared.messaging.outbox.unpublished import NOTHING, Round
from shared.observability import metrics
from shared.retry import RELAY

log = structlog.get_logger(__name__)

_LOCK = 0x48756979  # one number for "the relay of this database"
_ROUND_IDS = 5_000
_MOST_PAGES = 1_000
_IDLE_SECONDS = 0.25
_MEASURE_SECONDS = 2.0


class Relay:
    """Sends one database's outbox. `run()` until `stop()`."""

    def __init__(self, engine: AsyncEngine, kafka: str, clock: Clock, *, service: str, outbox: Outbox) -> None:
        """`outbox` wakes it after a commit in this process; what others append is found within a quarter second."""
        self._engine = engine
        self._kafka = kafka
        self._clock = clock
        self._service = service
        self._outbox = outbox
        self._wake = outbox.committed
        self._stopping = False
        self._measured_at = 0.0

    def stop(self) -> None:
        """Finish the round in hand and return."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped; never raises on a broker or database that is away, but waits for it."""
        loop, failures = asyncio.get_running_loop(), 0
        while not self._stopping:
            began = loop.time()
            try:
                await self._hold_and_send()
            except (KafkaError, Exception) as error:
                if not isinstance(error, KafkaError) and not is_passing(error):
                    raise
                failures = RELAY.failures_after(failures, loop.time() - began)
                wait = RELAY.repeat(failures)
                log.warning("relay waits", service=self._service, error=type(error).__name__, seconds=wait)
                await self._pause(wait)

    async def _hold_and_send(self) -> None:
        async with self._engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            try:
                while not await self._lock(connection):
                    if self._stopping:
                        return
                    await self._pause(1.0)
                # A mark that is lost when the server crashes means that its events are sent again; no need to wait for
                # the disk each time.
                await connection.execute(text("SET synchronous_commit = off"))
                await self._measure(connection)
                await self._send_with_producer(connection)
            finally:
                # The session ends, and with it the lock and the setting, even if it cannot be asked any more.
                with contextlib.suppress(Exception):
                    await connection.invalidate()

    async def _lock(self, connection: AsyncConnection) -> bool:
        return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}))

    async def _send_with_producer(self, connection: AsyncConnection) -> None:
        producer = make_producer(self._kafka, self._service)
        cache = OutboxCache()
        try:
            await producer.start()
            with self._outbox.cached_in(cache):
                await self._send_rounds(connection, producer, cache)
        finally:
            with contextlib.suppress(Exception):
                await producer.stop()

    async def _send_rounds(self, connection: AsyncConnection, producer: AIOKafkaProducer, cache: OutboxCache) -> None:
        done: list[int] = []  # pages that the broker has; taken off with the next reading, so that it is one way
        current = NOTHING
        while True:
            flight = asyncio.create_task(send(producer, current.records))
            # both come to their end before either is looked at: neither the broker nor the database is left half asked
            sending, looking = await asyncio.gather(
                flight, self._look(connection, cache, done, current, flight), return_exceptions=True
            )
            if isinstance(sending, BaseException):
                raise sending
            metrics.PUBLISHED.labels(service=self._service).inc(len(sending.records))
            if sending.failure is not None:
                await self._give_up(connection, current, sending)
                raise sending.failure
            if isinstance(looking, BaseException):
                raise looking
            done += current.pages
            current = looking
            if self._stopping:
                await unpublished.take_off(connection, done)
                return
            if not current.pages:
                await self._pause(_IDLE_SECONDS)

    async def _look(
        self,
        connection: AsyncConnection,
        cache: OutboxCache,
        done: list[int],
        flying: Round,
        flight: asyncio.Task[Sent],
    ) -> Round:
        """Take off what is done, and read what is next: at once if there is more, or as soon as something is
        emitted during the flight; nothing otherwise."""
        if flying.more or not flying.pages:
            return await self._read(connection, cache, done, flying)
        waking = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait((waking, flight), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
        if self._wake.is_set() and not self._stopping:
            return await self._read(connection, cache, done, flying)
        return NOTHING

    async def _read(self, connection: AsyncConnection, cache: OutboxCache, done: list[int], flying: Round) -> Round:
        self._wake.clear()
        found = await unpublished.read(
            connection, cache, done=done, flying=flying.pages, pages=_MOST_PAGES, ids=_ROUND_IDS
        )
        done.clear()
        if not found.pages and not flying.pages:
            self._tell(0, 0.0)
        elif asyncio.get_running_loop().time() - self._measured_at > _MEASURE_SECONDS:
            await self._measure(connection)
        return found

    async def _give_up(self, connection: AsyncConnection, current: Round, sent: Sent) -> None:
        """Before a failure is raised: take off what was acknowledged all the same, and report how much waits."""
        with contextlib.suppress(Exception):  # what cannot be taken off is sent again
            await unpublished.take_off_part(connection, current, sent.records)
            await self._measure(connection)

    async def _measure(self, connection: AsyncConnection) -> None:
        depth, oldest = await unpublished.size(connection)
        self._tell(depth, max(0.0, (self._clock.now() - oldest).total_seconds()) if oldest else 0.0)
        self._measured_at = asyncio.get_running_loop().time()

    def _tell(self, depth: int, oldest_seconds: float) -> None:
        metrics.OUTBOX_DEPTH.labels(service=self._service).set(depth)
        metrics.OUTBOX_OLDEST_SECONDS.labels(service=self._service).set(oldest_seconds)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            # not wait_for: Python 3.11's swallows a cancellation that comes together with the event
            async with asyncio.timeout(seconds):
                await self._wake.wait()
