"""What was counted under each matter's key, and when the number of a key has to be judged again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.case import FINISHED
from services.routing.domain.counting import CountedOccurrence

_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_ADD = text(
    """
    INSERT INTO counted (count, key, case_id, happened_at, complainant)
    VALUES (:count, :key, :case_id, :happened_at, :complainant) ON CONFLICT DO NOTHING
    """
)
_SINCE = text(
    """
    SELECT case_id, happened_at, complainant FROM counted
    WHERE count = :count AND key = :key AND happened_at >= :since ORDER BY happened_at, case_id
    """
)
_UNFINISHED = text(
    """
    SELECT DISTINCT counted.case_id FROM counted LEFT JOIN cases ON cases.id = counted.case_id
    WHERE count = :count AND key = :key AND coalesce(cases.status, '') <> ALL(:finished)
    """
)
_LOOK_AT = text(
    """
    INSERT INTO count_windows (count, key, procedure, version, look_at)
    VALUES (:count, :key, :procedure, :version, :look_at)
    ON CONFLICT (count, key) DO UPDATE
    SET procedure = excluded.procedure, version = excluded.version, look_at = excluded.look_at
    """
)
_FORGET = text("DELETE FROM count_windows WHERE count = :count AND key = :key")
_DUE = text(
    """
    SELECT count, key, procedure, version, look_at FROM count_windows WHERE look_at <= :now
    ORDER BY look_at, count, key LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)


@dataclass(frozen=True)
class CountWindow:
    """The number of this key changes at `look_at`, unless more is counted; by the rules of this procedure's version."""

    count: str
    key: str
    procedure: tuple[str, int]
    look_at: datetime


async def add(tx: AsyncConnection, count: str, key: str, one: CountedOccurrence) -> None:
    """Count an occurrence; locks the key until the transaction ends, so that numbers are right."""
    await lock(tx, key)
    values = {"case_id": one.case_id, "happened_at": one.happened_at, "complainant": one.complainant}
    await tx.execute(_ADD, {"count": count, "key": key, **values})


async def lock(tx: AsyncConnection, key: str) -> None:
    """Lock a key until the transaction ends."""
    await tx.execute(_LOCK_KEY, {"key": key})


async def list_since(tx: AsyncConnection, count: str, key: str, since: datetime) -> list[CountedOccurrence]:
    """What was counted under a key and happened at `since` or later, the oldest first."""
    rows = await tx.execute(_SINCE, {"count": count, "key": key, "since": since})
    return [CountedOccurrence(row.case_id, row.happened_at, row.complainant) for row in rows]


async def unfinished(tx: AsyncConnection, count: str, key: str) -> set[UUID]:
    """The cases under a key that are not finished, or not stored yet."""
    given = {"count": count, "key": key, "finished": sorted(FINISHED)}
    return {row.case_id for row in await tx.execute(_UNFINISHED, given)}


async def look_again(
    tx: AsyncConnection, count: str, key: str, procedure: tuple[str, int], look_at: datetime | None
) -> None:
    """Note when the number of a key has to be judged again; None: never, until more is counted."""
    if look_at is None:
        await tx.execute(_FORGET, {"count": count, "key": key})
        return
    given = {"count": count, "key": key, "procedure": procedure[0], "version": procedure[1], "look_at": look_at}
    await tx.execute(_LOOK_AT, given)


async def due(tx: AsyncConnection, now: datetime, limit: int) -> Collection[CountWindow]:
    """Keys whose number has to be judged again by now, locked; those that another process has are left out."""
    rows = await tx.execute(_DUE, {"now": now, "limit": limit})
    return [CountWindow(id, key, (procedure, version), look_at) for id, key, procedure, version, look_at in rows]
