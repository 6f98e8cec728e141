"""Old events go. The inbox outlives the outbox, so that no replay is taken twice."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.business_time.clock import Clock
from shared.messaging.database import is_passing

log = structlog.get_logger(__name__)

OUTBOX_DAYS = 30
INBOX_DAYS = 60
_EVERY_SECONDS = 3600.0
_PAGE = 5_000

# A join and not NOT IN, which would search the whole list for each row once the list is long. The numbers of what goes
# are kept, where they are known from the outbox alone (see `outbox.catch_up_numbers`).
_OLD_OUTBOX = text(
    """
    WITH waiting AS MATERIALIZED (SELECT unnest(ids) AS id FROM unpublished),
    gone AS (
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE said_at < :before
                AND NOT EXISTS (SELECT FROM waiting WHERE waiting.id = outbox.id) LIMIT :page)
        RETURNING case_id, topic, sequence),
    numbered AS (
        INSERT INTO sequences (case_id, topic, last)
        SELECT case_id, topic, max(sequence) FROM gone GROUP BY case_id, topic ORDER BY case_id, topic
        ON CONFLICT (case_id, topic) DO UPDATE SET last = greatest(sequences.last, excluded.last))
    SELECT count(*) FROM gone
    """
)
_OLD_INBOX = text(
    """
    WITH gone AS (
        DELETE FROM inbox WHERE (consumer, event_id) IN (
            SELECT consumer, event_id FROM inbox WHERE taken_at < :before LIMIT :page)
        RETURNING 1)
    SELECT count(*) FROM gone
    """
)


async def keep_house(engine: AsyncEngine, clock: Clock) -> None:
    """Once an hour, until cancelled. Rests on a scaled clock: there, thirty days may be a minute's demonstration."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        if clock.rate() != 1.0:
            continue
        try:
            gone = await sweep(engine, clock.now())
            log.info("old events removed", outbox=gone[0], inbox=gone[1])
        except Exception as error:
            if not is_passing(error):
                raise


async def sweep(engine: AsyncEngine, now: datetime) -> tuple[int, int]:
    """Remove what is past its time, in pages; returns how many rows of outbox and inbox went."""
    counts = []
    for statement, days in ((_OLD_OUTBOX, OUTBOX_DAYS), (_OLD_INBOX, INBOX_DAYS)):
        gone, page = 0, _PAGE
        while page == _PAGE:
            async with engine.begin() as tx:
                given = {"before": now - timedelta(days=days), "page": _PAGE}
                page = (await tx.execute(statement, given)).scalar_one()
            gone += page
        counts.append(gone)
    return counts[0], counts[1]
