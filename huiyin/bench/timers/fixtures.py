"""Timers by the hundred thousand, written by the database itself: the rows that a decision leaves.

The cases have no history, for nobody decides on them; they are marked as checked for the sweeper's slow look.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.sla.domain.shards import SHARDS

_CHUNK = 25_000
_PLANT = text(
    """
    WITH due AS MATERIALIZED (
        SELECT gen_random_uuid() AS id, CAST(:first AS timestamptz) + n * CAST(:apart AS interval) AS at
        FROM generate_series(CAST(:begin AS int), CAST(:end AS int) - 1) AS n),
    planted AS (
        INSERT INTO cases (id, procedure, version, occurrences, cycle_states, generation, open, checked_at, numbered_at)
        SELECT id, :procedure, 1, '[]', '{}', 1, true, CAST(:checked AS timestamptz), '1970-01-01T00:00Z' FROM due),
    running AS (
        INSERT INTO clocks (case_id, clock, cycle, procedure, version, shard, state, started_at, due_at, provisional,
                            generation, step_ids, step_at)
        SELECT id, :clock, 1, :procedure, 1, ('x' || right(id::text, 1))::bit(4)::int & :mask, 'running', :first, at,
            false, 1, CAST(:steps AS text[]),
            ARRAY(SELECT at + (n - 1) * CAST(:apart AS interval)
                FROM unnest(CAST(:steps AS text[])) WITH ORDINALITY AS s (step, n))
        FROM due)
    INSERT INTO timers (shard, due_at, case_id, event_id, clock, cycle, generation, step, plain)
    SELECT ('x' || right(id::text, 1))::bit(4)::int & :mask, at + (n - 1) * CAST(:apart AS interval), id,
        gen_random_uuid(), :clock, 1, 1, step, true
    FROM due CROSS JOIN unnest(CAST(:steps AS text[])) WITH ORDINALITY AS steps (step, n) ORDER BY n
    """
)

_UPROOT = text(
    """
    WITH gone AS (DELETE FROM clocks WHERE clock = :clock RETURNING case_id, shard, step_at),
    cases_ AS (DELETE FROM cases USING gone WHERE cases.id = gone.case_id)
    DELETE FROM timers t USING gone
    WHERE t.shard = gone.shard AND t.case_id = gone.case_id AND t.due_at = ANY(gone.step_at)
    """
)


async def plant(
    engine: AsyncEngine,
    procedure: str,
    clock: str,
    *,
    first: datetime,
    apart: timedelta,
    count: int,
    steps: Sequence[str] = ("due",),
) -> None:
    """Plant `count` cases: the first step is due at `first`, the others, and the other cases', so much apart (> 0)."""
    for begin in range(0, count, _CHUNK):
        async with engine.begin() as tx:
            await tx.execute(
                _PLANT,
                {
                    "procedure": procedure,
                    "clock": clock,
                    "first": first,
                    "apart": apart,
                    "begin": begin,
                    "end": min(count, begin + _CHUNK),
                    "checked": first + timedelta(days=3650),
                    "mask": SHARDS - 1,
                    "steps": list(steps),
                },
            )


async def uproot(engine: AsyncEngine, clock: str) -> None:
    """Remove what was planted of a clock."""
    async with engine.begin() as tx:
        await tx.execute(_UPROOT, {"clock": clock})
