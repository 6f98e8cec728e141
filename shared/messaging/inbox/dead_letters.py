"""Dead letters: records that could not be processed. The row keeps the payload; the topic has an event without it."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.dead_letters import DeadLetterRecorded
from shared.events.envelope import NAMESPACE, Event, make
from shared.messaging import outbox
from shared.messaging.kafka.records import Record
from shared.observability import metrics

_INSERT = text(
    """
    INSERT INTO dead_letters
        (consumer, event_id, case_id, topic, partition, "offset", reason, field, value, headers, appended_at, failed_at)
    VALUES (:consumer, :event_id, :case_id, :topic, :partition, :offset, :reason, :field, :value,
        CAST(:headers AS jsonb), :appended_at, :failed_at)
    """
)
_PARKED = text(
    """
    SELECT DISTINCT case_id FROM dead_letters
    WHERE settled_at IS NULL AND consumer = :consumer AND case_id = ANY(:cases)
    """
)

_FIRST_APPENDED = text(
    """
    SELECT event_id, min(appended_at) AS appended_at FROM dead_letters
    WHERE consumer = :consumer AND event_id = ANY(:ids) AND appended_at IS NOT NULL GROUP BY event_id
    """
)


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
    """Write the row and, without the payload, its event. `reason` and `field` are codes.

    What others wrote keeps its signature, and when the broker first took it: a replay is as old as that.
    """
    transport = what.transport if what else None
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
            "headers": json.dumps(dict(transport.headers)) if transport else None,
            "appended_at": transport.appended_at if transport else None,
            "failed_at": now,
        },
    )
    place = f"{consumer}|{where.topic}|{where.partition}|{where.offset}|{now.isoformat()}"
    data = DeadLetterRecorded(
        consumer=consumer,
        topic=where.topic,
        partition=where.partition,
        offset=where.offset,
        reason=reason,
        field=field,
    )
    subject = what.subject if what else uuid5(NAMESPACE, place)
    procedure = (what.procedure, what.procedure_version) if what else ("unknown", 0)
    await outbox.append(tx, [make(consumer, subject, procedure, data, cause=place, at=now)])
    metrics.DEAD_LETTERS.labels(service=consumer, reason=reason).inc()


async def first_appended(tx: AsyncConnection, consumer: str, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Of these events, those that were replayed: when the broker took them first."""
    rows = await tx.execute(_FIRST_APPENDED, {"consumer": consumer, "ids": list(ids)})
    return {row.event_id: row.appended_at for row in rows}


async def parked_cases(tx: AsyncConnection, consumer: str, cases: Collection[UUID]) -> set[UUID]:
    """Of these cases, those with an open dead letter: what follows must wait behind it."""
    if not cases:
        return set()
    return {row.case_id for row in await tx.execute(_PARKED, {"consumer": consumer, "cases": list(cases)})}
