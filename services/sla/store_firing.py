"""Firing: the functions of the database that turn timers into outbox rows (they are made by migration 0005)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.store_timers import LOCKS
from shared.events.deadlines import ClockBreached, ClockWarned
from shared.events.topics import DEADLINES
from shared.messaging.outbox import PAGE_IDS

_FIRE = text(
    """
    SELECT * FROM fire_timers(CAST(:shards AS int[]), :now, :each, :locking, :space, CAST(:settled AS uuid[]), :topic,
        :breached, :warned, :page_ids)
    """
)
_CASES = text("SELECT * FROM timer_cases(CAST(:shards AS int[]), :now, :each, :every) AS case_id")


@dataclass(frozen=True)
class Fired:
    """What a page did. Shards: those that were `held`, that may have more due (`busy`), that have a step which is not
    plain and were left (`mixed`). said: for each kind, {procedure, clock, breach, late: seconds of each step}."""

    held: frozenset[int]
    busy: frozenset[int]
    mixed: frozenset[int]
    said: list[dict[str, Any]]

    @property
    def steps(self) -> int:
        """How many steps were said."""
        return sum(len(kind["late"]) for kind in self.said)


async def fire_free(connection: AsyncConnection, shards: Collection[int], now: datetime, *, each: int) -> Fired:
    """Fire about `each` due timers of every shard that nobody holds, unless a step in them needs a decision.

    Raises sqlalchemy's IntegrityError if a step was said before.
    """
    return await _fire(connection, shards, now, each, locking=True, settled=None)


async def fire_held(
    tx: AsyncConnection, shards: Collection[int], now: datetime, settled: Collection[UUID], *, each: int
) -> Fired:
    """Fire a page of shards that the caller holds; the steps of cases in `settled` are passed without being said."""
    return await _fire(tx, shards, now, each, locking=False, settled=list(settled))


async def to_decide(
    tx: AsyncConnection, shards: Collection[int], now: datetime, *, each: int, every: bool = False
) -> set[UUID]:
    """The cases in the next page of these shards that have a step which is to be decided on; or `every` case."""
    rows = await tx.execute(_CASES, {"shards": list(shards), "now": now, "each": each, "every": every})
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
        "page_ids": PAGE_IDS,
    }
    row = (await connection.execute(_FIRE, values)).one()
    return Fired(frozenset(row.held or ()), frozenset(row.busy or ()), frozenset(row.mixed or ()), row.said or [])
