"""Bundles: many events in one row. They are written by functions of the database (see docs/timers.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.outbox.rows import Bundle
from shared.messaging.outbox.transaction import appended_by, cache_of

_FIND = text(
    """
    SELECT e.case_id, e.event_id, e.sequence
    FROM bundles b CROSS JOIN LATERAL unnest(b.case_ids, b.event_ids, b.sequences) AS e (case_id, event_id, sequence)
    WHERE b.emitted_at >= :since AND b.topic = :topic AND b.case_ids && CAST(:cases AS uuid[])
        AND e.case_id = ANY(CAST(:cases AS uuid[]))
    """
)
_RAISE = text(
    """
    INSERT INTO sequences (case_id, topic, last)
    SELECT case_id, :topic, max(last) FROM unnest(CAST(:cases AS uuid[]), CAST(:numbers AS int[]))
        AS given (case_id, last) GROUP BY case_id ORDER BY case_id
    ON CONFLICT (case_id, topic) DO UPDATE SET last = greatest(sequences.last, excluded.last)
    """
)


def are_cached(connection: AsyncConnection) -> bool:
    """Whether the relay that publishes what this connection appends runs in this process."""
    return cache_of(connection) is not None


def appended(connection: AsyncConnection, bundle: Bundle | None) -> None:
    """A function of the database has appended a bundle: wake the relay, which finds it in memory if it is given."""
    note = appended_by(connection)
    if note is None:
        return
    if bundle is not None and note.outbox.cache is not None:
        note.outbox.cache.put_bundle(bundle)
    note.note()


async def known(tx: AsyncConnection, topic: str, cases: Collection[UUID], since: datetime) -> set[UUID]:
    """The ids of what was emitted of cases in bundles since then; numbers given from now on follow what is found.

    It reads all bundles since then: for the rare case in which nothing else can be trusted. The caller holds the lock
    on each case.
    """
    given = {"topic": topic, "cases": list(cases), "since": since}
    found: Sequence[Any] = (await tx.execute(_FIND, given)).all()
    if found:
        numbers = {"cases": [row.case_id for row in found], "numbers": [row.sequence for row in found]}
        await tx.execute(_RAISE, {"topic": topic, **numbers})
    return {row.event_id for row in found}
