"""Dead letters: records that could not be processed. The row keeps the payload; the topic tells without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import InvalidInput, NotFound
from shared.events.dead_letters import DeadLetterRecorded
from shared.events.envelope import NAMESPACE, Event, decode, make
from shared.messaging import outbox
from shared.messaging.kafka.records import Record
from shared.observability import metrics

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


@dataclass(frozen=True)
class Letter:
    """An open dead letter. `event_id` and `case_id` are None where the record could not be read at all."""

    id: int
    consumer: str
    event_id: UUID | None
    case_id: UUID | None
    topic: str
    partition: int
    offset: int
    reason: str
    field: str | None
    value: bytes | None
    failed_at: datetime

    def said(self) -> tuple[datetime, int]:
        """When its event was said, and its number among those of its case and topic: the order of a replay."""
        try:
            event = decode(self.value)
        except InvalidInput:
            return (datetime.min.replace(tzinfo=UTC), 0)
        return (event.time, event.sequence)


_FIND = text(
    """
    SELECT id, consumer, event_id, case_id, topic, partition, "offset", reason, field, value, failed_at
    FROM dead_letters WHERE settled_at IS NULL AND id = :id
    """
)
_LOCK_CASE = text(
    """
    SELECT id, consumer, event_id, case_id, topic, partition, "offset", reason, field, value, failed_at
    FROM dead_letters WHERE settled_at IS NULL
        AND (id = :id OR (consumer, case_id) = (SELECT consumer, case_id FROM dead_letters WHERE id = :id))
    ORDER BY id FOR UPDATE
    """
)
_FORGET = text("DELETE FROM inbox WHERE consumer = :consumer AND event_id = ANY(:ids)")

Send = Callable[[Sequence[Letter]], Awaitable[None]]
"""Puts the letters' values on their topics again, in order, and returns once the broker has them."""


async def find(tx: AsyncConnection, letter: int) -> Letter:
    """An open dead letter by its number. Raises `NotFound`."""
    row = (await tx.execute(_FIND, {"id": letter})).mappings().first()
    if row is None:
        raise NotFound("there is no such open dead letter", hint="see `huiyin dead-letters list`")
    return Letter(**row)


async def replay(tx: AsyncConnection, letter: int, send: Send, now: datetime) -> list[Letter]:
    """Let the consumer take a letter's event once more, with all open letters of the same consumer and case, in the
    order in which their events were said. Returns them. Raises `NotFound`.

    The values are sent before the caller commits: a consumer that is quicker waits at the inbox rows deleted here.
    Should the commit fail, it finds them again and drops what came twice; the letters stay open, and nothing is lost.
    Other consumers of the topic have the events in their inbox and drop them.
    """
    rows = (await tx.execute(_LOCK_CASE, {"id": letter})).mappings().all()
    letters = sorted((Letter(**row) for row in rows), key=Letter.said)
    if not any(one.id == letter for one in letters):
        raise NotFound("there is no such open dead letter", hint="see `huiyin dead-letters list`")
    ids = [one.event_id for one in letters if one.event_id is not None]
    await tx.execute(_FORGET, {"consumer": letters[0].consumer, "ids": ids})
    for one in letters:
        await settle(tx, one.id, "replayed", now)
    await send(letters)
    return letters
