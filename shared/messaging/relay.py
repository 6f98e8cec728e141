"""The relay: sends what the outbox holds to Kafka, in order per case, at least once.

One relay at a time sends for a database: it holds a session-level advisory lock, and the others wait for it. Rows are
claimed by their state (a row in `unpublished`), never by "id above the last one" (rule D6).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.business_time.clock import Clock
from shared.events.envelope import CONTENT_TYPE
from shared.events.topics import TOPICS
from shared.messaging.database import is_passing
from shared.observability import metrics

log = structlog.get_logger(__name__)

_LOCK = 0x48756979  # one number for "the relay of this database"
_BATCH_BYTES = 512 * 1024
_IDLE_SECONDS = 0.25
_BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

_WAITING = text(
    """
    SELECT page, id, event_id, case_id, topic, type, department, traceparent, value
    FROM (SELECT page, ids FROM unpublished ORDER BY page LIMIT 100) AS waiting
    JOIN outbox ON id = ANY (ids) ORDER BY page, id
    """
)
_DEPTH = text(
    """
    SELECT coalesce(sum(cardinality(ids)), 0) AS depth,
        (SELECT min(said_at) FROM outbox
            WHERE id = ANY ((SELECT ids FROM unpublished ORDER BY page LIMIT 1)::bigint[])) AS oldest
    FROM unpublished
    """
)
_MARK = text("DELETE FROM unpublished WHERE page = ANY(:pages)")


class Relay:
    """Sends one database's outbox. `run()` until `stop()`."""

    def __init__(self, engine: AsyncEngine, kafka: str, clock: Clock, *, service: str, said: asyncio.Event) -> None:
        """`said` is set by whoever commits to the outbox in this process; others are found within a quarter second."""
        self._engine = engine
        self._kafka = kafka
        self._clock = clock
        self._service = service
        self._wake = said
        self._stopping = False
        self._choose = DefaultPartitioner()

    def stop(self) -> None:
        """Finish the page in hand and return."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped; never raises on a broker or database that is away, but waits for it."""
        failures = 0
        while not self._stopping:
            try:
                await self._hold_and_send()
                failures = 0
            except (KafkaError, Exception) as error:
                if not isinstance(error, KafkaError) and not is_passing(error):
                    raise
                wait = _BACK_OFF_SECONDS[min(failures, len(_BACK_OFF_SECONDS) - 1)]
                failures += 1
                log.warning("relay waits", service=self._service, error=type(error).__name__, seconds=wait)
                await self._pause(wait)

    async def _hold_and_send(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            client_id=f"huiyin-{self._service}-relay",
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=2 * 1024 * 1024,
            linger_ms=0,
            request_timeout_ms=15_000,
        )
        async with self._engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            while not await self._lock(connection):
                if self._stopping:
                    return
                await self._pause(1.0)
            try:
                await producer.start()
                await self._send_pages(connection, producer)
            finally:
                with contextlib.suppress(Exception):
                    await producer.stop()
                with contextlib.suppress(Exception):
                    await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})

    async def _lock(self, connection: AsyncConnection) -> bool:
        return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}))

    async def _send_pages(self, connection: AsyncConnection, producer: AIOKafkaProducer) -> None:
        while not self._stopping:
            self._wake.clear()
            rows = (await connection.execute(_WAITING)).all()
            if not rows:
                metrics.OUTBOX_DEPTH.labels(service=self._service).set(0)
                metrics.OUTBOX_OLDEST_SECONDS.labels(service=self._service).set(0)
                await self._pause(_IDLE_SECONDS)
                continue
            await self._measure(connection)
            sent = set(await self._send(producer, rows))
            unsent = {row.page for row in rows if row.id not in sent}
            await connection.execute(_MARK, {"pages": list({row.page for row in rows} - unsent)})
            metrics.PUBLISHED.labels(service=self._service).inc(len(sent))

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> list[int]:
        """Send one batch to each partition at a time, so that a failed batch is never overtaken by a later one."""
        queues: dict[tuple[str, int], list[Any]] = {}
        for row in rows:
            key = str(row.case_id).encode()
            partitions = list(range(_PARTITIONS[row.topic]))
            queues.setdefault((row.topic, self._choose(key, partitions, partitions)), []).append((key, row))
        sent: list[int] = []
        while queues:
            flights = []
            for place, queue in list(queues.items()):
                batch = producer.create_batch()
                taken = 0
                for key, row in queue:
                    if batch.append(key=key, value=row.value, timestamp=None, headers=_headers(row)) is None:
                        break
                    taken += 1
                if not taken:  # larger than a batch: cannot happen below the topic's limit, so say so loudly
                    raise RuntimeError("an outbox row is larger than a batch")
                flights.append((await producer.send_batch(batch, place[0], partition=place[1]), queue[:taken]))
                queues[place] = queue[taken:]
                if not queues[place]:
                    del queues[place]
            results = await asyncio.gather(*(future for future, _ in flights), return_exceptions=True)
            failed = None
            for result, (_, batch_rows) in zip(results, flights, strict=True):
                if isinstance(result, BaseException):
                    failed = result
                else:
                    sent.extend(row.id for _, row in batch_rows)
            if failed is not None:
                if not sent:
                    raise failed
                return sent
        return sent

    async def _measure(self, connection: AsyncConnection) -> None:
        row = (await connection.execute(_DEPTH)).one()
        metrics.OUTBOX_DEPTH.labels(service=self._service).set(row.depth)
        age = (self._clock.now() - row.oldest).total_seconds() if row.oldest else 0
        metrics.OUTBOX_OLDEST_SECONDS.labels(service=self._service).set(max(0, age))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            # not wait_for: Python 3.11's swallows a cancellation that comes together with the event
            async with asyncio.timeout(seconds):
                await self._wake.wait()


_PARTITIONS = {topic.name: topic.partitions for topic in TOPICS}


def _headers(row: Any) -> list[tuple[str, bytes]]:
    found = [
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_type", row.type.encode()),
        ("ce_id", str(row.event_id).encode()),
    ]
    if row.department:
        found.append(("department", row.department.encode()))
    if row.traceparent:
        found.append(("traceparent", row.traceparent.encode()))
    return found
