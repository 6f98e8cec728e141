"""Old events go. The inbox outlives the outbox, so that no replay is taken twice."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.business_time.clock import Clock
from shared.messaging.database import is_passing

log = structlog.get_logger(__name__)

OUTBOX_DAYS = 30
INBOX_DAYS = 60
_EVERY_SECONDS = 3600.0
_PAGE = 5_000
_BUNDLES = 50

# A join and not NOT IN, which would search the whole list for each row once the list is long.
_OLD_OUTBOX = text(
    """
    WITH waiting AS MATERIALIZED (SELECT unnest(ids) AS id FROM unpublished WHERE bundle IS NULL),
    gone AS (
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE emitted_at < :before
                AND NOT EXISTS (SELECT FROM waiting WHERE waiting.id = outbox.id) LIMIT :page)
        RETURNING 1)
    SELECT count(*) FROM gone
    """
)
_OLD_BUNDLES = text(
    """
    WITH gone AS (
        DELETE FROM bundles WHERE id IN (
            SELECT id FROM bundles WHERE emitted_at < :before
                AND NOT EXISTS (SELECT FROM unpublished WHERE unpublished.bundle = bundles.id) LIMIT :page)
        RETURNING cardinality(event_ids) AS events)
    SELECT coalesce(sum(events), 0) FROM gone
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
            log.info("old events removed", emitted=gone[0], taken=gone[1])
        except Exception as error:
            if not is_passing(error):
                raise


async def sweep(engine: AsyncEngine, now: datetime) -> tuple[int, int]:
    """Remove what is past its time, in pages; returns how many events went from the outbox, and from the inbox."""
    outbox, inbox = now - timedelta(days=OUTBOX_DAYS), now - timedelta(days=INBOX_DAYS)
    emitted = await _remove(engine, _OLD_OUTBOX, outbox, _PAGE) + await _remove(engine, _OLD_BUNDLES, outbox, _BUNDLES)
    return emitted, await _remove(engine, _OLD_INBOX, inbox, _PAGE)


async def _remove(engine: AsyncEngine, statement: TextClause, before: datetime, page: int) -> int:
    total = 0
    while True:
        async with engine.begin() as tx:
            gone = int((await tx.execute(statement, {"before": before, "page": page})).scalar_one())
        if not gone:
            return total
        total += gone
