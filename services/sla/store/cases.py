"""The queries on cases and their clocks; those on timers are in `timers` and `firing`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.case import Case, Occurrence
from services.sla.domain.cycle_state import CycleKey, from_json, to_json
from services.sla.domain.decide import OPEN, ClockRow, Decision
from services.sla.domain.shards import shard_of
from services.sla.store.timers import ClockNow

_CREATE = text(
    """
    INSERT INTO cases (id, procedure, version, occurrences, cycle_states, generation, open, checked_at, numbered_at)
    SELECT id, procedure, version, '[]', '{}', 0, false, :now, '1970-01-01T00:00Z'
    FROM unnest(CAST(:ids AS uuid[]), CAST(:procedures AS text[]), CAST(:versions AS int[]))
        AS given (id, procedure, version) ORDER BY id
    ON CONFLICT DO NOTHING
    """
)
_LOAD = text(
    "SELECT id, procedure, version, occurrences, cycle_states, generation FROM cases WHERE id = ANY(:ids) ORDER BY id"
)
_UNCHECKED = text("SELECT id FROM cases WHERE open AND checked_at < :before ORDER BY checked_at LIMIT :limit")
_CHECKED = text("UPDATE cases SET checked_at = :now WHERE id = ANY(:ids)")
_SAVE_CASES = text(
    """
    UPDATE cases SET occurrences = CAST(given.occurrences AS jsonb), cycle_states = CAST(given.states AS jsonb),
        generation = given.generation, open = given.open
    FROM unnest(CAST(:ids AS uuid[]), CAST(:occurrences AS text[]), CAST(:states AS text[]),
                CAST(:generations AS int[]), CAST(:open AS bool[])) AS given (id, occurrences, states, generation, open)
    WHERE cases.id = given.id
    """
)
_DROP_CLOCKS = text(
    """
    DELETE FROM clocks USING unnest(CAST(:case_ids AS uuid[]), CAST(:clocks AS text[]), CAST(:cycles AS int[]))
        AS gone (case_id, clock, cycle)
    WHERE (clocks.case_id, clocks.clock, clocks.cycle) = (gone.case_id, gone.clock, gone.cycle)
    """
)
# One array of steps a clock travels as JSON: an array of arrays of different lengths cannot be a parameter.
_SAVE_CLOCKS = text(
    """
    INSERT INTO clocks (case_id, clock, cycle, procedure, version, shard, state, started_at, due_at, provisional,
                        ended_at, generation, step_ids, step_at)
    SELECT case_id, clock, cycle, procedure, version, shard, state, started_at, due_at, provisional, ended_at,
        generation, ARRAY(SELECT step->>0 FROM json_array_elements(steps) AS step),
        ARRAY(SELECT CAST(step->>1 AS timestamptz) FROM json_array_elements(steps) AS step)
    FROM unnest(
        CAST(:case_ids AS uuid[]), CAST(:clocks AS text[]), CAST(:cycles AS int[]), CAST(:procedures AS text[]),
        CAST(:versions AS int[]), CAST(:shards AS smallint[]), CAST(:states AS text[]), CAST(:started AS timestamptz[]),
        CAST(:due AS timestamptz[]), CAST(:provisional AS bool[]), CAST(:ended AS timestamptz[]),
        CAST(:generations AS int[]), CAST(:steps AS json[])) AS given (case_id, clock, cycle, procedure, version, shard,
        state, started_at, due_at, provisional, ended_at, generation, steps)
    ON CONFLICT (case_id, clock, cycle) DO UPDATE SET version = excluded.version, state = excluded.state,
        started_at = excluded.started_at, due_at = excluded.due_at, provisional = excluded.provisional,
        ended_at = excluded.ended_at, generation = excluded.generation, step_ids = excluded.step_ids,
        step_at = excluded.step_at
    """
)
_GENERATIONS = text("SELECT case_id, clock, cycle, generation FROM clocks WHERE case_id = ANY(:ids)")
_OF_CASE = text("SELECT * FROM clocks_now WHERE case_id = :case_id ORDER BY started_at, clock, cycle")
_TALLY = text("SELECT procedure, clock, state, count(*) AS n FROM clocks_now GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
_OPEN_COUNT = text(
    """
    SELECT count(*) FILTER (WHERE state IN ('running', 'paused', 'breached')) AS open,
        CAST(:until AS bigint) >= pg_relation_size('clocks') / current_setting('block_size')::int AS ended
    FROM clocks WHERE ctid >= CAST(format('(%s,0)', CAST(:from AS bigint)) AS tid)
        AND ctid < CAST(format('(%s,0)', CAST(:until AS bigint)) AS tid)
    """
)


@dataclass(frozen=True, slots=True)
class ClockCount:
    """How many cycles of a clock are in a state."""

    procedure: str
    clock: str
    state: str
    n: int


async def create_missing(tx: AsyncConnection, pins: dict[UUID, tuple[str, int]], now: datetime) -> None:
    """Make a row for every case that has none."""
    values = {
        "ids": list(pins),
        "procedures": [pin[0] for pin in pins.values()],
        "versions": [pin[1] for pin in pins.values()],
        "now": now,
    }
    await tx.execute(_CREATE, values)


async def load(tx: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Cases as they were saved: what timers have fired since is not in them (see `ClockHandlers.hold`)."""
    return {row.id: _case(row) for row in await tx.execute(_LOAD, {"ids": sorted(set(ids))})}


async def unchecked(tx: AsyncConnection, before: datetime, *, limit: int) -> list[UUID]:
    """Open cases that were not checked since `before`, the longest unchecked first."""
    return [row.id for row in await tx.execute(_UNCHECKED, {"before": before, "limit": limit})]


async def mark_checked(tx: AsyncConnection, ids: Iterable[UUID], now: datetime) -> None:
    """Note that these cases were checked."""
    await tx.execute(_CHECKED, {"ids": list(ids), "now": now})


async def save(tx: AsyncConnection, decisions: Sequence[Decision], *, whole: bool = False) -> None:
    """Write cases, and those of their clocks that changed (all of them if `whole`)."""
    if not decisions:
        return
    await tx.execute(
        _SAVE_CASES,
        {
            "ids": [one.case.id for one in decisions],
            "occurrences": [_text_of(one.case.occurrences) for one in decisions],
            "states": [json.dumps(to_json(one.case.states), ensure_ascii=False) for one in decisions],
            "generations": [one.case.generation for one in decisions],
            "open": [any(row.state in OPEN for row in one.clocks) for one in decisions],
        },
    )
    gone = [(one.case.id, clock, cycle) for one in decisions for clock, cycle in one.gone]
    if gone:
        ids, names, cycles = zip(*gone, strict=True)
        await tx.execute(_DROP_CLOCKS, {"case_ids": ids, "clocks": names, "cycles": cycles})
    rows = [(one.case, row) for one in decisions for row in one.clocks if row.changed or whole]
    if rows:
        await tx.execute(_SAVE_CLOCKS, _columns(rows))


def _columns(rows: Sequence[tuple[Case, ClockRow]]) -> dict[str, Any]:
    return {
        "case_ids": [case.id for case, _ in rows],
        "clocks": [row.clock for _, row in rows],
        "cycles": [row.cycle for _, row in rows],
        "procedures": [case.procedure[0] for case, _ in rows],
        "versions": [case.procedure[1] for case, _ in rows],
        "shards": [shard_of(case.id) for case, _ in rows],
        "states": [row.state for _, row in rows],
        "started": [row.started_at for _, row in rows],
        "due": [row.due_at for _, row in rows],
        "provisional": [row.provisional for _, row in rows],
        "ended": [row.ended_at for _, row in rows],
        "generations": [row.generation for _, row in rows],
        "steps": [json.dumps([[step.id, step.at.isoformat()] for step in row.steps]) for _, row in rows],
    }


async def generations(tx: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, dict[CycleKey, int]]:
    """The generation of each clock's row: case -> (clock, cycle) -> generation."""
    ids = list(ids)
    found: dict[UUID, dict[CycleKey, int]] = {id_: {} for id_ in ids}
    for row in await tx.execute(_GENERATIONS, {"ids": ids}):
        found[row.case_id][CycleKey(row.clock, row.cycle)] = row.generation
    return found


async def clocks_of(tx: AsyncConnection, case_id: UUID) -> list[ClockNow]:
    """The clocks of a case, in the order in which they began."""
    return [ClockNow(**row) for row in (await tx.execute(_OF_CASE, {"case_id": case_id})).mappings()]


async def tally(tx: AsyncConnection) -> list[ClockCount]:
    """How many cycles of each clock are in each state."""
    return [ClockCount(*row) for row in await tx.execute(_TALLY)]


async def count_open(tx: AsyncConnection, blocks: range) -> tuple[int, bool]:
    """How many clocks are open in these blocks of the table, and whether it ends with them."""
    row = (await tx.execute(_OPEN_COUNT, {"from": blocks.start, "until": blocks.stop})).one()
    return int(row.open), bool(row.ended)


def _text_of(occurrences: Sequence[Occurrence]) -> str:
    rows = [
        [one.id, list(one.names), one.at.isoformat(), list(one.place), dict(one.facts), one.cause]
        for one in occurrences
    ]
    return json.dumps(rows, ensure_ascii=False)


def _case(row: Row[Any]) -> Case:
    occurrences = json.loads(row.occurrences) if isinstance(row.occurrences, str) else row.occurrences
    states = json.loads(row.cycle_states) if isinstance(row.cycle_states, str) else row.cycle_states
    return Case(
        id=row.id,
        procedure=(row.procedure, row.version),
        occurrences=tuple(
            Occurrence(identifier, tuple(names), datetime.fromisoformat(at), (place[0], place[1]), facts, cause)
            for identifier, names, at, place, facts, cause in occurrences
        ),
        states=from_json(states),
        generation=row.generation,
    )
