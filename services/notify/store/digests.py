"""The queries by which notices are joined to one that leads them. A joined notice shares its lead's fate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.rows import NoticeRow
from services.notify.store.notices import notice_rows

_WAITING = text(
    """
    SELECT * FROM notices WHERE case_id = ANY(:cases) AND state = 'waiting' AND joins AND attempts = 0
    ORDER BY position
    """
)
_JOINED = text("SELECT * FROM notices WHERE case_id = ANY(:cases) AND joined_to = ANY(:leads) ORDER BY position")
_JOIN = text(
    """
    UPDATE notices SET state = 'joined', joined_to = came.lead
    FROM unnest(CAST(:ids AS uuid[]), CAST(:leads AS uuid[])) AS came (id, lead)
    WHERE notices.id = came.id AND state = 'waiting' AND joins AND attempts = 0 RETURNING notices.id
    """
)
_LEAD = text(
    """
    UPDATE notices SET queue = :queue, addressee = came.addressee
    FROM unnest(CAST(:ids AS uuid[]), CAST(:addressees AS text[])) AS came (id, addressee)
    WHERE notices.id = came.id AND state = 'waiting' AND attempts = 0
    """
)
_SETTLE = text(
    """
    UPDATE notices SET settled_at = :now
    WHERE case_id = ANY(:cases) AND joined_to = ANY(:leads) AND state = 'joined' RETURNING *
    """
)


async def waiting(tx: AsyncConnection, cases: Collection[UUID]) -> list[NoticeRow]:
    """The notices of these cases that may be joined, and that nobody has begun to send, due or not."""
    return notice_rows(await tx.execute(_WAITING, {"cases": list(cases)}))


async def joined(tx: AsyncConnection, cases: Collection[UUID], leads: Collection[UUID]) -> dict[UUID, list[NoticeRow]]:
    """The notices joined to each of the leads, which are of these cases."""
    found: dict[UUID, list[NoticeRow]] = {}
    if leads:
        for row in notice_rows(await tx.execute(_JOINED, {"cases": list(cases), "leads": list(leads)})):
            if row.joined_to is not None:
                found.setdefault(row.joined_to, []).append(row)
    return found


async def join(tx: AsyncConnection, queue: str, leads: Mapping[UUID, str], others: Mapping[UUID, UUID]) -> bool:
    """Put leads (id -> addressee) into the queue and join others (id -> lead) to them; the caller has the cases' locks.

    False if any of the others does not wait any more: then the caller takes everything back.
    """
    await tx.execute(_LEAD, {"queue": queue, "ids": list(leads), "addressees": list(leads.values())})
    rows = await tx.execute(_JOIN, {"ids": list(others), "leads": list(others.values())})
    return len(rows.all()) == len(others)


async def settle(
    tx: AsyncConnection, cases: Collection[UUID], leads: Collection[UUID], now: datetime
) -> list[NoticeRow]:
    """End what is joined to leads that were sent or given up, and return it; `now` is on the cases' clock."""
    if not leads:
        return []
    return notice_rows(await tx.execute(_SETTLE, {"cases": list(cases), "leads": list(leads), "now": now}))
