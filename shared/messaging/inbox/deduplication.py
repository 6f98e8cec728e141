"""The inbox: which events took effect here. De-duplication is by event id, never by offset (rule D4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.envelope import Event
from shared.messaging.kafka.records import Record


class Carries(Protocol):
    """A record with the event read from it."""

    @property
    def record(self) -> Record: ...

    @property
    def event(self) -> Event: ...


_Item = TypeVar("_Item", bound=Carries)

_TAKE = text(
    """
    INSERT INTO inbox (consumer, event_id, topic, taken_at)
    SELECT :consumer, event_id, topic, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:topics AS text[])) AS came (event_id, topic) ORDER BY event_id
    ON CONFLICT DO NOTHING RETURNING event_id
    """
)


async def take(tx: AsyncConnection, consumer: str, items: Sequence[_Item], now: datetime) -> list[_Item]:
    """Note events as taken; returns those that were not yet, once each, in order."""
    first = {item.event.id: item for item in reversed(items)}
    if not first:
        return []
    rows = await tx.execute(
        _TAKE,
        {
            "consumer": consumer,
            "now": now,
            "ids": list(first),
            "topics": [item.record.topic for item in first.values()],
        },
    )
    fresh = {row.event_id for row in rows}
    return [item for item in items if item.event.id in fresh and first[item.event.id] is item]


_FORGET = text("DELETE FROM inbox WHERE consumer = :consumer AND event_id = ANY(:ids)")


async def forget(tx: AsyncConnection, consumer: str, ids: Collection[UUID]) -> None:
    """Let events be taken again: an id that was used without a right to it must not keep the rightful event out."""
    await tx.execute(_FORGET, {"consumer": consumer, "ids": list(ids)})
