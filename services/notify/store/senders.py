"""The queries by which senders know of each other, and go on with what a dead one was sending. Instants are real."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.rows import NoticeRow
from services.notify.store.notices import notice_rows

_HEARTBEAT = text(
    "INSERT INTO senders (id, seen_at) VALUES (:me, :now) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
)
_LEAVE = text("DELETE FROM senders WHERE id = :me")
_REMOVE_DEAD = text("DELETE FROM senders WHERE seen_at < :before AND id <> :me")
_ORPHANS = text(
    """
    SELECT * FROM notices WHERE state = 'sending' AND (sender IS NULL OR sender NOT IN (SELECT id FROM senders))
    ORDER BY position LIMIT 500 FOR UPDATE SKIP LOCKED
    """
)
_UNFINISHED = text(
    "SELECT * FROM notices WHERE state = 'sending' AND sender = :me AND queue = :queue FOR UPDATE SKIP LOCKED"
)
_FREE_QUEUES = text(
    "UPDATE endpoint_queues SET busy_by = NULL WHERE busy_by IS NOT NULL AND busy_by NOT IN (SELECT id FROM senders)"
)
_RESUME = text(
    """
    UPDATE notices SET state = 'waiting', sender = NULL, next_try_at = :now WHERE id = ANY(:ids) AND state = 'sending'
    """
)
_GIVE_UP = text(
    """
    UPDATE notices SET state = 'failed', sender = NULL, reason = 'ambiguous', ambiguous = true, settled_at = :settled_at
    WHERE id = ANY(:ids) AND state = 'sending' RETURNING id
    """
)


async def heartbeat(tx: AsyncConnection, me: UUID, now: datetime) -> None:
    """Record a heartbeat of this sender."""
    await tx.execute(_HEARTBEAT, {"me": me, "now": now})


async def leave(tx: AsyncConnection, me: UUID) -> None:
    """Remove this sender, so that others may take over its work at once."""
    await tx.execute(_LEAVE, {"me": me})


async def remove_dead(tx: AsyncConnection, me: UUID, now: datetime, stale: timedelta) -> list[NoticeRow]:
    """Forget senders not seen for `stale`, free their queues, and return (locked) what they were sending."""
    await tx.execute(_REMOVE_DEAD, {"me": me, "before": now - stale})
    await tx.execute(_FREE_QUEUES)
    return notice_rows(await tx.execute(_ORPHANS))


async def unfinished(tx: AsyncConnection, me: UUID, queue: str) -> list[NoticeRow]:
    """What this sender was sending in a queue, locked."""
    return notice_rows(await tx.execute(_UNFINISHED, {"me": me, "queue": queue}))


async def resume(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> None:
    """Send again what a sender that died was sending; for sinks that show the same notice once."""
    if ids:
        await tx.execute(_RESUME, {"ids": list(ids), "now": now})


async def give_up_ambiguous(tx: AsyncConnection, ids: Collection[UUID], settled_at: datetime) -> set[UUID]:
    """End what may have been delivered, where sending again might show it twice."""
    if not ids:
        return set()
    return {row.id for row in await tx.execute(_GIVE_UP, {"ids": list(ids), "settled_at": settled_at})}
