"""Events that came before their case's registration. Topics race each other; the registration is on its way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import envelope
from shared.events.envelope import Event, Transport
from shared.messaging.inbox.deduplication import Carries

_HOLD = text(
    """
    INSERT INTO held_events (case_id, event_id, topic, value, headers, appended_at, came_at)
    VALUES (:case_id, :event_id, :topic, :value, CAST(:headers AS jsonb), :appended_at, :now) ON CONFLICT DO NOTHING
    """
)
_RELEASE = text(
    """
    WITH gone AS (DELETE FROM held_events WHERE case_id = :case_id RETURNING id, value, headers, appended_at)
    SELECT value, headers, appended_at FROM gone ORDER BY id
    """
)


async def hold(tx: AsyncConnection, items: Sequence[Carries], now: datetime) -> None:
    """Put events aside until their case is registered, with the signatures of those that others wrote."""
    for item in items:
        transport = item.event.transport
        await tx.execute(
            _HOLD,
            {
                "case_id": item.event.subject,
                "event_id": item.event.id,
                "topic": item.record.topic,
                "value": item.record.value,
                "headers": json.dumps(dict(transport.headers)) if transport else None,
                "appended_at": transport.appended_at if transport else None,
                "now": now,
            },
        )


async def release(tx: AsyncConnection, case_id: UUID) -> list[Event]:
    """Take back what was put aside for a case, in the order in which it came."""
    released = []
    for row in await tx.execute(_RELEASE, {"case_id": case_id}):
        event = envelope.decode(row.value)
        if row.headers is not None:
            event = replace(event, transport=Transport(row.headers, row.value, row.appended_at))
        released.append(event)
    return released
