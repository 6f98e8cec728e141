"""Timers and shards: one row for each step to come, insert-only, and how far each shard has fired.

A timer is never locked or changed: a shard's *cursor* moves past it. Who decides on a case or fires a shard holds the
shard's advisory lock until the transaction ends, so that nothing is armed behind a cursor. A timer whose generation is
no longer its clock's is void, and is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.arming import Cursor
from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.decide import ClockRow, Decision
from services.sla.domain.schedule import Step
from services.sla.domain.shards import shard_of
from shared.events.deadlines import ClockBreached, ClockWarned
from shared.events.envelope import event_id

LOCKS = 0x51A
"""The first half of these advisory locks; the second is the shard."""


_LOCK = text("SELECT pg_advisory_xact_lock(:space, shard) FROM unnest(CAST(:shards AS int[])) AS shard")
_CURSORS = text("SELECT shard, cursor_at, cursor_case FROM shards WHERE shard = ANY(:shards)")
_AHEAD = text(
    """
    SELECT s.shard, t.due_at FROM shards s CROSS JOIN LATERAL (
        SELECT due_at FROM timers t
        WHERE t.shard = s.shard AND (t.due_at, t.case_id) > (s.cursor_at, s.cursor_case) AND t.due_at <= :until
        ORDER BY t.due_at LIMIT :each) AS t
    WHERE s.shard = ANY(:shards)
    """
)
_UPCOMING = text(
    """
    WITH next AS (
        SELECT t.* FROM shards s CROSS JOIN LATERAL (
            SELECT * FROM timers t WHERE t.shard = s.shard AND (t.due_at, t.case_id) > (s.cursor_at, s.cursor_case)
            ORDER BY t.due_at, t.case_id, t.id LIMIT :look) AS t)
    SELECT DISTINCT ON (next_at, case_id, clock, cycle) c.* FROM (SELECT DISTINCT case_id, clock, cycle FROM next) AS n
    JOIN clocks_now c USING (case_id, clock, cycle)
    WHERE next_at IS NOT NULL AND (CAST(:procedure AS text) IS NULL OR procedure = :procedure)
    ORDER BY next_at, case_id, clock, cycle LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class ClockNow:
    """A cycle of a clock as it is now, what its shard has fired included: a row of the view `clocks_now`."""

    case_id: UUID
    clock: str
    cycle: int
    procedure: str
    version: int
    state: str
    started_at: datetime
    due_at: datetime | None
    provisional: bool
    ended_at: datetime | None
    next_at: datetime | None
    next_step: str | None


class TimerRow(NamedTuple):
    """A row of `timers`; its columns in the order in which they are copied in."""

    shard: int
    due_at: datetime
    case_id: UUID
    event_id: UUID
    clock: str
    cycle: int
    generation: int
    step: str
    plain: bool


async def lock(tx: AsyncConnection, cases: Iterable[UUID]) -> dict[int, Cursor]:
    """Hold the shards of these cases until the transaction ends; returns how far each has fired."""
    shards = sorted({shard_of(case) for case in cases})
    await lock_shards(tx, shards)
    return await cursors(tx, shards)


async def lock_shards(tx: AsyncConnection, shards: Collection[int]) -> None:
    """Hold shards until the transaction ends; waits for whoever holds them."""
    await tx.execute(_LOCK, {"space": LOCKS, "shards": sorted(shards)})


async def cursors(tx: AsyncConnection, shards: Collection[int]) -> dict[int, Cursor]:
    """How far shards have fired."""
    rows = await tx.execute(_CURSORS, {"shards": list(shards)})
    return {row.shard: Cursor(row.cursor_at, row.cursor_case) for row in rows}


async def ahead(
    tx: AsyncConnection, shards: Collection[int], until: datetime, *, each: int
) -> list[tuple[int, datetime]]:
    """The shards and instants of the next timers, `each` at most of a shard, void ones among them."""
    rows = await tx.execute(_AHEAD, {"shards": list(shards), "until": until, "each": each})
    return [(row.shard, row.due_at) for row in rows]


async def arm(tx: AsyncConnection, decisions: Iterable[Decision]) -> list[tuple[int, datetime]]:
    """Set the timers of all clocks whose steps changed; returns the shard and instant of each."""
    rows = [
        TimerRow(
            shard_of(one.case.id),
            step.at,
            one.case.id,
            _event_id(one.case.id, row, step),
            row.clock,
            row.cycle,
            row.generation,
            step.id,
            step.plain,
        )
        for one in decisions
        for row in one.clocks
        if row.rearmed
        for step in row.steps
    ]
    if rows:
        await insert(tx, rows)
    return [(row.shard, row.due_at) for row in rows]


def _event_id(case_id: UUID, row: ClockRow, step: Step) -> UUID:
    """The id of the event that the step will be: the one that `decide` would give it."""
    model = ClockBreached if step.kind == "breach" else ClockWarned
    due = row.due_at.isoformat() if row.due_at else None
    return event_id("sla", case_id, model.type_, f"{CycleKey(row.clock, row.cycle)}|{step.id}|{due}")


async def insert(tx: AsyncConnection, rows: Sequence[TimerRow]) -> None:
    """Write timers."""
    connection = (await tx.get_raw_connection()).driver_connection
    assert connection is not None  # noqa: S101  (an open transaction has one)
    await connection.copy_records_to_table("timers", records=rows, columns=TimerRow._fields)


async def upcoming(tx: AsyncConnection, *, procedure: str | None, limit: int) -> list[ClockNow]:
    """The clocks whose next step comes first, as far as the next timers of each shard show them."""
    values = {"procedure": procedure, "limit": limit, "look": 4 * limit + 64}
    return [ClockNow(**row) for row in (await tx.execute(_UPCOMING, values)).mappings()]
