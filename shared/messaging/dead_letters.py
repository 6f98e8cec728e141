"""Dead letters: records that could not be processed. The row keeps the payload; the topic tells without it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.base import EventData, event
from shared.events.envelope import NAMESPACE, Event, make
from shared.events.topics import DEAD_LETTERS
from shared.messaging import outbox
from shared.messaging.records import Record
from shared.observability import metrics


@event("huiyin.dead-letter.recorded.v1", DEAD_LETTERS)
class DeadLetterRecorded(EventData):
    """A record of this place could not be processed by this consumer; `reason` is a code."""

    consumer: str
    topic: str
    partition: int
    offset: int
    reason: str
    field: str | None = None


_INSERT = text(
    """
    INSERT INTO dead_letters
        (consumer, event_id, case_id, topic, partition, "offset", reason, field, value, failed_at)
    VALUES (:consumer, :event_id, :case_id, :topic, :partition, :offset, :reason, :field, :value, :failed_at)
    """
)
_PARKED = text(
    """
    SELECT DISTINCT case_id FROM dead_letters
    WHERE settled_at IS NULL AND consumer = :consumer AND case_id = ANY(:cases)
    """
)
_OPEN = text(
    """
    SELECT id, event_id, case_id, topic, partition, "offset", reason, field, failed_at, value
    FROM dead_letters WHERE settled_at IS NULL ORDER BY id LIMIT :limit
    """
)
_SETTLE = text("UPDATE dead_letters SET settled_at = :now, settled_how = :how WHERE id = :id AND settled_at IS NULL")


async def record(
    tx: AsyncConnection,
    consumer: str,
    where: Record,
    what: Event | None,
    reason: str,
    now: datetime,
    *,
    field: str | None = None,
) -> None:
    """Write the row and, without the payload, the event that tells of it. `reason` and `field` are codes."""
    await tx.execute(
        _INSERT,
        {
            "consumer": consumer,
            "event_id": what.id if what else None,
            "case_id": what.subject if what else None,
            "topic": where.topic,
            "partition": where.partition,
            "offset": where.offset,
            "reason": reason,
            "field": field,
            "value": where.value,
            "failed_at": now,
        },
    )
    place = f"{consumer}|{where.topic}|{where.partition}|{where.offset}|{now.isoformat()}"
    told = DeadLetterRecorded(
        consumer=consumer,
        topic=where.topic,
        partition=where.partition,
        offset=where.offset,
        reason=reason,
        field=field,
    )
    subject = what.subject if what else uuid5(NAMESPACE, place)
    procedure = (what.procedure, what.procedure_version) if what else ("unknown", 0)
    await outbox.append(tx, [make(consumer, subject, procedure, told, cause=place, at=now)])
    metrics.DEAD_LETTERS.labels(service=consumer, reason=reason).inc()


async def parked_cases(tx: AsyncConnection, consumer: str, cases: Collection[UUID]) -> set[UUID]:
    """Of these cases, those with an open dead letter: what follows must wait behind it."""
    if not cases:
        return set()
    return {row.case_id for row in await tx.execute(_PARKED, {"consumer": consumer, "cases": list(cases)})}


async def open_letters(tx: AsyncConnection, *, limit: int = 1000) -> list[Any]:
    """The open dead letters, oldest first."""
    return list(await tx.execute(_OPEN, {"limit": limit}))


async def settle(tx: AsyncConnection, letter: int, how: str, now: datetime) -> None:
    """Close a dead letter: `replayed` or `dropped`."""
    await tx.execute(_SETTLE, {"id": letter, "how": how, "now": now})
