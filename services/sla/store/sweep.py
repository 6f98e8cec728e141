"""What the sweeper asks of the timers' tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.shards import shard_of

NEVER = datetime(1971, 1, 1, tzinfo=UTC)
"""A case whose last check is before this was never checked: a migration set it to 1970."""

_CURSOR = text("SELECT cursor_at FROM shards WHERE shard = :shard")
# In one statement, so that clocks, timers and the cursor are of one moment. OFFSET 0 keeps the planner to the one way
# that is quick whatever it believes of the tables: each step's timer by its key.
_LOOK = text(
    """
    WITH slice AS MATERIALIZED (
        SELECT case_id, clock, cycle, generation, step_ids, step_at FROM clocks
        WHERE shard = :shard AND cardinality(step_at) > 0 AND case_id > :after
        ORDER BY case_id FETCH FIRST :most ROWS WITH TIES),
    lost AS (
        SELECT c.case_id, c.clock, c.cycle, c.generation
        FROM slice c CROSS JOIN LATERAL unnest(c.step_ids, c.step_at) AS armed (step, at)
        WHERE armed.at > (SELECT swept_at FROM shards WHERE shard = :shard) AND NOT EXISTS (
            SELECT FROM timers t WHERE t.shard = :shard AND t.due_at = armed.at AND t.case_id = c.case_id
                AND t.clock = c.clock AND t.cycle = c.cycle AND t.generation = c.generation AND t.step = armed.step
            OFFSET 0))
    SELECT slice.looked, slice.last, lost.*
    FROM (SELECT count(*) AS looked, (SELECT case_id FROM slice ORDER BY case_id DESC LIMIT 1) AS last FROM slice)
        AS slice LEFT JOIN lost ON true
    """
)
_SWEPT_AT = text("SELECT min(swept_at) FROM shards WHERE shard = ANY(:shards)")
_SWEPT = text("UPDATE shards SET swept_at = :at WHERE shard = :shard AND swept_at < :at")
_CLEAR = text(
    """
    DELETE FROM timers WHERE ctid = ANY(ARRAY(
        SELECT t.ctid FROM timers t JOIN shards s USING (shard)
        WHERE t.shard = :shard AND t.due_at <= s.swept_at LIMIT 1000))
    """
)


@dataclass(frozen=True)
class Slice:
    """How many clocks were looked at, the last one's case (None: there are no more), and the armed steps among them,
    not yet swept, that have no timer: case, cycle and generation of each."""

    looked: int
    last: UUID | None
    lost: Sequence[tuple[UUID, CycleKey, int]]


async def cursor_at(tx: AsyncConnection, shard: int) -> datetime:
    """The instant up to which a shard has fired."""
    found: datetime = (await tx.execute(_CURSOR, {"shard": shard})).scalar_one()
    return found


async def look(tx: AsyncConnection, shard: int, after: UUID, *, most: int) -> Slice:
    """Compare the armed clocks of a shard that come after a case with their timers: `most`, and the last one's rest."""
    rows = (await tx.execute(_LOOK, {"shard": shard, "after": after, "most": most})).all()
    lost = [(row.case_id, CycleKey(row.clock, row.cycle), row.generation) for row in rows if row.case_id is not None]
    return Slice(rows[0].looked, rows[0].last, lost)


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
