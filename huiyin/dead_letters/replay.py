"""Open dead letters: listed, replayed in the order of their case, or dropped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import InvalidInput, NotFound
from shared.events.envelope import decode

_OPEN = text(
    """
    SELECT id, consumer, event_id, case_id, topic, partition, "offset", reason, field, failed_at, value, headers
    FROM dead_letters WHERE settled_at IS NULL ORDER BY id LIMIT :limit
    """
)
_SETTLE = text("UPDATE dead_letters SET settled_at = :now, settled_how = :how WHERE id = :id AND settled_at IS NULL")


@dataclass(frozen=True)
class DeadLetter:
    """An open dead letter. `event_id` and `case_id` are None where the record could not be read at all.

    `headers` are those of its signature, on a topic that others write.
    """

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
    headers: Mapping[str, str] | None = None

    def emitted(self) -> tuple[datetime, int]:
        """When its event was emitted, and its number among those of its case and topic: the order of a replay."""
        try:
            event = decode(self.value)
        except InvalidInput:
            return (datetime.min.replace(tzinfo=UTC), 0)
        return (event.time, event.sequence)


async def listed(tx: AsyncConnection, *, limit: int = 1000) -> list[DeadLetter]:
    """The open dead letters, oldest first."""
    return [DeadLetter(**row) for row in (await tx.execute(_OPEN, {"limit": limit})).mappings()]


async def settle(tx: AsyncConnection, id: int, how: str, now: datetime) -> None:
    """Close a dead letter: `replayed` or `dropped`."""
    await tx.execute(_SETTLE, {"id": id, "how": how, "now": now})


_FIND = text(
    """
    SELECT id, consumer, event_id, case_id, topic, partition, "offset", reason, field, value, headers, failed_at
    FROM dead_letters WHERE settled_at IS NULL AND id = :id
    """
)
_LOCK_CASE = text(
    """
    SELECT id, consumer, event_id, case_id, topic, partition, "offset", reason, field, value, headers, failed_at
    FROM dead_letters WHERE settled_at IS NULL
        AND (id = :id OR (consumer, case_id) = (SELECT consumer, case_id FROM dead_letters WHERE id = :id))
    ORDER BY id FOR UPDATE
    """
)
_FORGET = text("DELETE FROM inbox WHERE consumer = :consumer AND event_id = ANY(:ids)")

Send = Callable[[Sequence[DeadLetter]], Awaitable[None]]
"""Puts the dead letters' values on their topics again, in order, and returns once the broker has them."""


async def find(tx: AsyncConnection, id: int) -> DeadLetter:
    """An open dead letter by its number. Raises `NotFound`."""
    row = (await tx.execute(_FIND, {"id": id})).mappings().first()
    if row is None:
        raise NotFound("there is no such open dead letter", hint="see `huiyin dead-letters list`")
    return DeadLetter(**row)


async def replay(tx: AsyncConnection, id: int, send: Send, now: datetime) -> list[DeadLetter]:
    """Let the consumer take a dead letter's event once more, with all open ones of the same consumer and case, in the
    order in which their events were emitted. Returns them. Raises `NotFound`.

    The values are sent before the caller commits: a consumer that is quicker waits at the inbox rows deleted here.
    Should the commit fail, it finds them again and drops what came twice; they stay open, and nothing is lost.
    Other consumers of the topic have the events in their inbox and drop them.
    """
    rows = (await tx.execute(_LOCK_CASE, {"id": id})).mappings().all()
    found = sorted((DeadLetter(**row) for row in rows), key=DeadLetter.emitted)
    if not any(one.id == id for one in found):
        raise NotFound("there is no such open dead letter", hint="see `huiyin dead-letters list`")
    ids = [one.event_id for one in found if one.event_id is not None]
    await tx.execute(_FORGET, {"consumer": found[0].consumer, "ids": ids})
    for one in found:
        await settle(tx, one.id, "replayed", now)
    await send(found)
    return found
