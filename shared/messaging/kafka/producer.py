"""Letters to Kafka: in batches, one to each partition at a time.

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

from shared.events.topics import TOPICS
from shared.messaging.kafka.partitioner import partitions
from shared.messaging.outbox.outgoing import HEADERS, KEY, TOPIC, VALUE, OutgoingRecord

BATCH_BYTES = 960 * 1024
REQUEST_TIMEOUT_MS = 15_000

_PARTITIONS = {topic.name: topic.partitions for topic in TOPICS}


@dataclass
class Sent:
    """What all in-sync replicas have, and what ended the sending before all was sent, if anything did."""

    records: list[OutgoingRecord] = field(default_factory=list)
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


async def send(producer: AIOKafkaProducer, records: Sequence[OutgoingRecord]) -> Sent:
    """Send records, each case's in the order given. Returns when nothing is in flight any more."""
    queues = _by_partition(records)
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
                sent.records += flight.result()
        queues = {place: queue for place, queue in queues.items() if queue}
    return sent


async def _send_batch(
    producer: AIOKafkaProducer, place: tuple[str, int], queue: deque[OutgoingRecord]
) -> list[OutgoingRecord]:
    """Send one batch from the head of a partition's queue; returns what is in it once it is acknowledged."""
    batch = producer.create_batch()
    taken = []
    while queue:
        record = queue[0]
        # the first record goes in whatever its size, so that no row can stand in the way for ever
        if batch.append(key=record[KEY], value=record[VALUE], timestamp=None, headers=record[HEADERS]) is None:
            break
        taken.append(record)
        queue.popleft()
    await (await producer.send_batch(batch, place[0], partition=place[1]))
    return taken


def _by_partition(records: Sequence[OutgoingRecord]) -> dict[tuple[str, int], deque[OutgoingRecord]]:
    topics: dict[str, list[OutgoingRecord]] = {}
    for record in records:
        topics.setdefault(record[TOPIC], []).append(record)
    queues: dict[tuple[str, int], deque[OutgoingRecord]] = {}
    for topic, found in topics.items():
        chosen = partitions([record[KEY] for record in found], _PARTITIONS[topic])
        for record, partition in zip(found, chosen, strict=True):
            queues.setdefault((topic, partition), deque()).append(record)
    return queues
