"""Outbox rows to Kafka: in batches, one to each partition at a time.

The idempotent producer would keep the order of several batches in flight to one partition only as long as none of them
fails for good: one that is given up (its time is over, the leader has moved) is followed by the next all the same. So
the next batch to a partition waits for the last, and after a failure nothing more is sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer

from shared.events.envelope import CONTENT_TYPE
from shared.events.topics import TOPICS
from shared.messaging.partitions import partitions
from shared.messaging.rows import Row

BATCH_BYTES = 960 * 1024
REQUEST_TIMEOUT_MS = 15_000

_CONTENT_TYPE = ("content-type", CONTENT_TYPE.encode())
_PARTITIONS = {topic.name: topic.partitions for topic in TOPICS}
_Record = tuple[int, bytes, Row]


@dataclass
class Sent:
    """The ids that all in-sync replicas have, and what ended the sending before all were sent, if anything did."""

    ids: list[int] = field(default_factory=list)
    failure: BaseException | None = None


def make_producer(kafka: str, service: str) -> AIOKafkaProducer:
    """A producer for batches made by `send`. Idempotent, so that its own retries make no doubles."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka,
        client_id=f"huiyin-{service}-relay",
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        max_request_size=2 * 1024 * 1024,
        linger_ms=0,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )


async def send(producer: AIOKafkaProducer, rows: Sequence[tuple[int, Row]]) -> Sent:
    """Send rows (with their ids), each case's in the order given. Returns when nothing is in flight any more."""
    queues = _by_partition(rows)
    sent = Sent()
    while queues and sent.failure is None:
        flights = [asyncio.create_task(_send_batch(producer, place, queue)) for place, queue in queues.items()]
        try:
            await asyncio.wait(flights)
        finally:
            for flight in flights:
                flight.cancel()
        for flight in flights:
            if (failure := flight.exception()) is not None:
                sent.failure = failure
            else:
                sent.ids += flight.result()
        queues = {place: queue for place, queue in queues.items() if queue}
    return sent


async def _send_batch(producer: AIOKafkaProducer, place: tuple[str, int], queue: deque[_Record]) -> list[int]:
    """Send one batch from the head of a partition's queue; returns the ids in it once they are acknowledged."""
    batch = producer.create_batch()
    ids = []
    while queue:
        id_, key, row = queue[0]
        # the first record goes in whatever its size, so that no row can stand in the way for ever
        if batch.append(key=key, value=row[7], timestamp=None, headers=_headers(row)) is None:
            break
        ids.append(id_)
        queue.popleft()
    await (await producer.send_batch(batch, place[0], partition=place[1]))
    return ids


def _by_partition(rows: Sequence[tuple[int, Row]]) -> dict[tuple[str, int], deque[_Record]]:
    topics: dict[str, list[_Record]] = {}
    for id_, row in rows:
        topics.setdefault(row[3], []).append((id_, str(row[1]).encode(), row))
    queues: dict[tuple[str, int], deque[_Record]] = {}
    for topic, records in topics.items():
        chosen = partitions([key for _, key, _ in records], _PARTITIONS[topic])
        for record, partition in zip(records, chosen, strict=True):
            queues.setdefault((topic, partition), deque()).append(record)
    return queues


def _headers(row: Row) -> list[tuple[str, bytes]]:
    found = [_CONTENT_TYPE, ("ce_type", row[4].encode()), ("ce_id", str(row[0]).encode())]
    if row[5]:
        found.append(("department", row[5].encode()))
    if row[6]:
        found.append(("traceparent", row[6].encode()))
    return found
