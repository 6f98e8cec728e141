"""What the sweeper asks of the timers' tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.sla.store_timers import shard_of

NEVER = datetime(1971, 1, 1, tzinfo=UTC)
"""A case whose last check is before this was never checked: a migration set it to 1970."""
_LAST = UUID(int=2**128 - 1)

_CURSOR = text("SELECT cursor_at FROM shards WHERE shard = :shard")
_UNTIL = text(
    """
    SELECT case_id FROM clocks WHERE shard = :shard AND cardinality(step_at) > 0 AND case_id > :after
    ORDER BY case_id OFFSET :most LIMIT 1
    """
)
# In one statement, so that clocks, timers and the cursor are of one moment.
_LOST = text(
    """
    SELECT c.case_id, c.clock, c.cycle, c.generation
    FROM shards s JOIN clocks c USING (shard) CROSS JOIN LATERAL unnest(c.step_ids, c.step_at) AS armed (step, at)
    LEFT JOIN timers t ON t.shard = :shard AND t.due_at = armed.at AND t.case_id = c.case_id AND t.clock = c.clock
        AND t.cycle = c.cycle AND t.generation = c.generation AND t.step = armed.step
    WHERE s.shard = :shard AND cardinality(c.step_at) > 0 AND c.case_id > :after
        AND c.case_id <= :until AND armed.at > s.swept_at AND t.id IS NULL
    """
)
_SWEPT_AT = text("SELECT min(swept_at) FROM shards WHERE shard = ANY(:shards)")
_SWEPT = text("UPDATE shards SET swept_at = greatest(swept_at, :at) WHERE shard = :shard")
_CLEAR = text(
    """
    DELETE FROM timers WHERE ctid = ANY(ARRAY(
        SELECT t.ctid FROM timers t JOIN shards s USING (shard)
        WHERE t.shard = :shard AND t.due_at <= s.swept_at LIMIT 1000))
    """
)


async def cursor_at(tx: AsyncConnection, shard: int) -> datetime:
    """The instant up to which a shard has fired."""
    found: datetime = (await tx.execute(_CURSOR, {"shard": shard})).scalar_one()
    return found


async def page_end(tx: AsyncConnection, shard: int, after: UUID, *, most: int) -> UUID | None:
    """The last case of a page of about `most` armed clocks of a shard that begins after a case; None: the last page."""
    found: UUID | None = await tx.scalar(_UNTIL, {"shard": shard, "after": after, "most": most - 1})
    return found


async def lost(tx: AsyncConnection, shard: int, after: UUID, until: UUID | None) -> Sequence[Any]:
    """Armed steps of a page of cases, not yet swept, that have no timer: (case_id, clock, cycle, generation) each."""
    return (await tx.execute(_LOST, {"shard": shard, "after": after, "until": until or _LAST})).all()


async def swept_at(tx: AsyncConnection, cases: Iterable[UUID]) -> datetime:
    """The instant up to which all shards of these cases are swept."""
    found: datetime = (await tx.execute(_SWEPT_AT, {"shards": [shard_of(case) for case in cases]})).scalar_one()
    return found


async def mark_swept(tx: AsyncConnection, shard: int, at: datetime) -> None:
    """Note that all steps of a shard up to an instant were seen to have had their timers."""
    await tx.execute(_SWEPT, {"shard": shard, "at": at})


async def clear(engine: AsyncEngine, shard: int) -> bool:
    """Remove a page of the timers that were swept; returns whether there may be more."""
    async with engine.begin() as tx:
        return (await tx.execute(_CLEAR, {"shard": shard})).rowcount == 1000
