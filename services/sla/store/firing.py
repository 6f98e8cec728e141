"""Firing: the functions of the database that turn a page of timers into a bundle; they are in `sql/`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.shards import shard_of
from services.sla.store.timers import LOCKS
from shared.events.deadlines import ClockBreached, ClockWarned
from shared.events.topics import DEADLINES
from shared.messaging.outbox import bundles
from shared.messaging.outbox.rows import Bundle

_FIRE = text(
    """
    SELECT * FROM fire_timers(CAST(:shards AS int[]), :now, :each, :locking, :space, CAST(:settled AS uuid[]), :topic,
        :breached, :warned, :reading)
    """
)
_CASES = text("SELECT * FROM timer_cases(CAST(:shards AS int[]), :now, :each) AS case_id")


@dataclass(frozen=True)
class Fired:
    """What a page did. Shards: those that were `held`, that may have more due (`busy`), that have a step which is not
    plain and were left (`mixed`). kinds: (procedure, clock, type) of each step that was fired; late: its seconds."""

    held: frozenset[int]
    busy: frozenset[int]
    mixed: frozenset[int]
    kinds: Sequence[tuple[str, str, str]]
    late: Sequence[float]

    @property
    def steps(self) -> int:
        """How many steps were fired."""
        return len(self.late)


async def fire_free(connection: AsyncConnection, shards: Collection[int], now: datetime, *, each: int) -> Fired:
    """Fire about `each` due timers of every shard that nobody holds, unless a step in them needs a decision."""
    return await _fire(connection, shards, now, each, locking=True, settled=None)


async def fire_held(
    tx: AsyncConnection, shards: Collection[int], now: datetime, settled: Collection[UUID], *, each: int
) -> Fired:
    """Fire a page of shards that the caller holds; the steps of cases in `settled` are passed without an event."""
    return await _fire(tx, shards, now, each, locking=False, settled=list(settled))


async def to_decide(tx: AsyncConnection, shards: Collection[int], now: datetime, *, each: int) -> set[UUID]:
    """The cases in the next page of these shards that have a step which is to be decided on."""
    rows = await tx.execute(_CASES, {"shards": list(shards), "now": now, "each": each})
    return {row.case_id for row in rows}


async def _fire(
    connection: AsyncConnection,
    shards: Collection[int],
    now: datetime,
    each: int,
    *,
    locking: bool,
    settled: list[UUID] | None,
) -> Fired:
    values = {
        "shards": list(shards),
        "now": now,
        "each": each,
        "locking": locking,
        "space": LOCKS,
        "settled": settled,
        "topic": DEADLINES.name,
        "breached": ClockBreached.type_,
        "warned": ClockWarned.type_,
        "reading": bundles.are_cached(connection),
    }
    row = (await connection.execute(_FIRE, values)).one()
    if row.bundle is not None:
        content = (row.event_ids, row.case_ids, row.types, row.records)
        bundles.appended(connection, Bundle(row.bundle, DEADLINES.name, *content) if row.records is not None else None)
    return Fired(
        held=frozenset(row.held or ()),
        busy=frozenset(row.busy or ()),
        mixed=frozenset(row.mixed or ()),
        kinds=list(zip(row.procedures or (), row.clocks or (), row.types or (), strict=True)),
        late=row.late or (),
    )


_TAKE_UP = text(
    """
    WITH fired AS (
        SELECT i.id, passed_at(i.id, s.cursor_at, s.cursor_case) AS at, so_far.n
        FROM unnest(CAST(:ids AS uuid[]), CAST(:shards AS int[])) AS i (id, shard) JOIN shards s USING (shard)
        CROSS JOIN LATERAL steps_fired(i.id, i.shard, s.cursor_at, s.cursor_case, s.swept_at) AS so_far
        WHERE so_far.n > 0),
    numbered AS (
        INSERT INTO sequences (case_id, topic, last) SELECT id, :topic, n FROM fired ORDER BY id
        ON CONFLICT (case_id, topic) DO UPDATE SET last = sequences.last + excluded.last)
    UPDATE cases SET numbered_at = fired.at FROM fired WHERE cases.id = fired.id
    """
)


async def take_up_numbers(tx: AsyncConnection, cases: Collection[UUID]) -> None:
    """Count what timers have emitted of cases since they were last numbered. The caller holds the cases' shards."""
    given = {"ids": list(cases), "shards": [shard_of(case) for case in cases], "topic": DEADLINES.name}
    await tx.execute(_TAKE_UP, given)
