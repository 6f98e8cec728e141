"""The queries by which senders know of each other, and go on with what a dead one was sending. Instants are real."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_SEEN = text(
    "INSERT INTO senders (id, seen_at) VALUES (:me, :now) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
)
_LEAVE = text("DELETE FROM senders WHERE id = :me")
_BURY = text("DELETE FROM senders WHERE seen_at < :before AND id <> :me")
_ORPHANS = text(
    """
    SELECT * FROM notices WHERE state = 'sending' AND (sender IS NULL OR sender NOT IN (SELECT id FROM senders))
    ORDER BY position LIMIT 500 FOR UPDATE SKIP LOCKED
    """
)
_LANE_ORPHANS = text(
    "SELECT * FROM notices WHERE state = 'sending' AND sender = :me AND lane = :lane FOR UPDATE SKIP LOCKED"
)
_FREE_LANES = text(
    "UPDATE lanes SET busy_by = NULL WHERE busy_by IS NOT NULL AND busy_by NOT IN (SELECT id FROM senders)"
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


async def seen(tx: AsyncConnection, me: UUID, now: datetime) -> None:
    """Say that this sender lives."""
    await tx.execute(_SEEN, {"me": me, "now": now})


async def leave(tx: AsyncConnection, me: UUID) -> None:
    """Say that this sender goes: others may take over at once."""
    await tx.execute(_LEAVE, {"me": me})


async def bury(tx: AsyncConnection, me: UUID, now: datetime, stale: timedelta) -> list[Any]:
    """Forget senders not seen for `stale`, free their lanes, and return (locked) what they were sending."""
    await tx.execute(_BURY, {"me": me, "before": now - stale})
    await tx.execute(_FREE_LANES)
    return list(await tx.execute(_ORPHANS))


async def left_in(tx: AsyncConnection, me: UUID, lane: str) -> list[Any]:
    """What this sender was sending in a lane, locked."""
    return list(await tx.execute(_LANE_ORPHANS, {"me": me, "lane": lane}))


async def resume(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> None:
    """Send again what a sender that died was sending; for sinks that show the same notice once."""
    if ids:
        await tx.execute(_RESUME, {"ids": list(ids), "now": now})


async def give_up_ambiguous(tx: AsyncConnection, ids: Collection[UUID], settled_at: datetime) -> set[UUID]:
    """End what may have been delivered, where sending again might show it twice."""
    if not ids:
        return set()
    return {row.id for row in await tx.execute(_GIVE_UP, {"ids": list(ids), "settled_at": settled_at})}
