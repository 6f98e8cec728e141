"""The counted cases of each duplicate key: how often the same complaint came up within a rolling window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_ADD = text(
    """
    INSERT INTO counted_cases (count, key, case_id, complainant, received_at)
    VALUES (:count, :key, :case_id, :complainant, :received_at) ON CONFLICT DO NOTHING
    """
)
_IN_WINDOW = text(
    """
    SELECT case_id, complainant FROM counted_cases
    WHERE count = :count AND key = :key AND received_at > :since AND received_at <= :until
    """
)


@dataclass(frozen=True)
class CountedCase:
    """A case under a duplicate key; `complainant` is a keyed hash, None if the complainant is not known."""

    case_id: UUID
    complainant: str | None


async def add(
    tx: AsyncConnection, count: str, key: str, case_id: UUID, complainant: str | None, received_at: datetime
) -> None:
    """Count a case under a duplicate key; locks the key until the transaction ends, so that counts are right."""
    await tx.execute(_LOCK_KEY, {"key": key})
    await tx.execute(
        _ADD, {"count": count, "key": key, "case_id": case_id, "complainant": complainant, "received_at": received_at}
    )


async def list_in_window(
    tx: AsyncConnection, count: str, key: str, since: datetime, until: datetime
) -> list[CountedCase]:
    """The cases under a duplicate key that were received in (since, until]."""
    rows = await tx.execute(_IN_WINDOW, {"count": count, "key": key, "since": since, "until": until})
    return [CountedCase(row.case_id, row.complainant) for row in rows]
