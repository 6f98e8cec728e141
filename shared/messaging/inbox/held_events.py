"""Events that came before their case's registration. Topics race each other; the registration is on its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import envelope
from shared.events.envelope import Event
from shared.messaging.inbox.deduplication import Carries

_HOLD = text(
    """
    INSERT INTO held_events (case_id, event_id, topic, value, came_at)
    VALUES (:case_id, :event_id, :topic, :value, :now) ON CONFLICT DO NOTHING
    """
)
_RELEASE = text(
    """
    WITH gone AS (DELETE FROM held_events WHERE case_id = :case_id RETURNING id, value)
    SELECT value FROM gone ORDER BY id
    """
)


async def hold(tx: AsyncConnection, items: Sequence[Carries], now: datetime) -> None:
    """Put events aside until their case is registered."""
    for item in items:
        await tx.execute(
            _HOLD,
            {
                "case_id": item.event.subject,
                "event_id": item.event.id,
                "topic": item.record.topic,
                "value": item.record.value,
                "now": now,
            },
        )


async def release(tx: AsyncConnection, case_id: UUID) -> list[Event]:
    """Take back what was put aside for a case, in the order in which it came."""
    return [envelope.decode(row.value) for row in await tx.execute(_RELEASE, {"case_id": case_id})]
