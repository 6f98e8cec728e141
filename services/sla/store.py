"""The sla service's tables and every query on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.deciding import ClockRow
from services.sla.domain.happenings import Case, Happening
from shared.messaging.tables import messaging_tables
from shared.security.keys import api_keys_table

metadata = MetaData()
messaging_tables(metadata)
api_keys_table(metadata)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("happenings", JSONB, nullable=False),
    Column("said", JSONB, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=False),
    Index("cases_check", "checked_at", postgresql_where=text("open")),
)

# One row per cycle of a clock; `next_at` is its timer.
clocks = Table(
    "clocks",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("provisional", Boolean, nullable=False),
    Column("next_at", DateTime(timezone=True)),
    Column("next_step", Text),
    Column("ended_at", DateTime(timezone=True)),
    Column("generation", Integer, nullable=False),
    Index("clocks_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),
)

OPEN = ("running", "paused", "breached")

_CREATE = text(
    """
    INSERT INTO cases (id, procedure, version, happenings, said, generation, open, checked_at)
    SELECT id, procedure, version, '[]', '{}', 0, false, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:procedures AS text[]), CAST(:versions AS int[]))
        AS given (id, procedure, version) ORDER BY id
    ON CONFLICT DO NOTHING
    """
)
_COLUMNS = "id, procedure, version, happenings, said, generation"
_LOAD = text(f"SELECT {_COLUMNS} FROM cases WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")  # noqa: S608
_DUE = text(
    "SELECT DISTINCT case_id FROM (SELECT case_id FROM clocks WHERE next_at <= :now "
    "ORDER BY next_at LIMIT :limit) AS due"
)
_CLAIM = text(f"SELECT {_COLUMNS} FROM cases WHERE id = ANY(:ids) ORDER BY id FOR UPDATE SKIP LOCKED")  # noqa: S608
_UNCHECKED = text(
    f"""
    SELECT {_COLUMNS} FROM cases WHERE open AND checked_at < :before
    ORDER BY checked_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """  # noqa: S608
)
_CHECKED = text("UPDATE cases SET checked_at = :now WHERE id = ANY(:ids)")
_TIMERS = text("SELECT case_id, clock, cycle, next_at FROM clocks WHERE case_id = ANY(:ids) AND next_at IS NOT NULL")
_NEXT = text("SELECT min(next_at) AS at FROM clocks WHERE next_at IS NOT NULL")
_SAVE_CASES = text(
    """
    UPDATE cases SET happenings = CAST(given.happenings AS jsonb), said = CAST(given.said AS jsonb),
        generation = given.generation, open = given.open
    FROM unnest(CAST(:ids AS uuid[]), CAST(:happenings AS text[]), CAST(:said AS text[]), CAST(:generations AS int[]),
                CAST(:open AS bool[])) AS given (id, happenings, said, generation, open)
    WHERE cases.id = given.id
    """
)
_DROP_CLOCKS = text(
    "DELETE FROM clocks WHERE case_id = ANY(:ids) AND (case_id, clock, cycle) NOT IN "
    "(SELECT * FROM unnest(CAST(:case_ids AS uuid[]), CAST(:clocks AS text[]), CAST(:cycles AS int[])))"
)
_SAVE_CLOCKS = text(
    """
    INSERT INTO clocks (case_id, clock, cycle, procedure, state, started_at, due_at, provisional, next_at, next_step,
                        ended_at, generation)
    SELECT * FROM unnest(
        CAST(:case_ids AS uuid[]), CAST(:clocks AS text[]), CAST(:cycles AS int[]), CAST(:procedures AS text[]),
        CAST(:states AS text[]), CAST(:started AS timestamptz[]), CAST(:due AS timestamptz[]),
        CAST(:provisional AS bool[]), CAST(:next AS timestamptz[]), CAST(:steps AS text[]),
        CAST(:ended AS timestamptz[]), CAST(:generations AS int[]))
    ON CONFLICT (case_id, clock, cycle) DO UPDATE SET state = excluded.state, started_at = excluded.started_at,
        due_at = excluded.due_at, provisional = excluded.provisional, next_at = excluded.next_at,
        next_step = excluded.next_step, ended_at = excluded.ended_at, generation = excluded.generation
    """
)
_OF_CASE = text("SELECT * FROM clocks WHERE case_id = :case_id ORDER BY started_at, clock, cycle")
_UPCOMING = text(
    """
    SELECT * FROM clocks WHERE next_at IS NOT NULL AND (CAST(:procedure AS text) IS NULL OR procedure = :procedure)
    ORDER BY next_at LIMIT :limit
    """
)
_TALLY = text("SELECT procedure, clock, state, count(*) AS n FROM clocks GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
_OPEN_COUNT = text("SELECT count(*) FROM clocks WHERE state IN ('running', 'paused', 'breached')")


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
    """Cases, locked until the transaction ends, always in the same order."""
    return {row.id: _case(row) for row in await tx.execute(_LOAD, {"ids": sorted(set(ids))})}


async def claim_due(tx: AsyncConnection, now: datetime, *, limit: int) -> dict[UUID, Case]:
    """Cases with a step due, the longest due first, that no other worker holds; locked until the transaction ends."""
    ids = [row.case_id for row in await tx.execute(_DUE, {"now": now, "limit": limit})]
    if not ids:
        return {}
    return {row.id: _case(row) for row in await tx.execute(_CLAIM, {"ids": ids})}


async def claim_unchecked(tx: AsyncConnection, before: datetime, *, limit: int) -> dict[UUID, Case]:
    """Open cases whose timers have not been checked since `before`."""
    rows = await tx.execute(_UNCHECKED, {"before": before, "limit": limit})
    return {row.id: _case(row) for row in rows}


async def mark_checked(tx: AsyncConnection, ids: Iterable[UUID], now: datetime) -> None:
    """Note that the timers of these cases were checked."""
    await tx.execute(_CHECKED, {"ids": list(ids), "now": now})


async def timers(tx: AsyncConnection, ids: Iterable[UUID]) -> dict[tuple[UUID, str, int], datetime]:
    """The timers that these cases have: (case, clock, cycle) -> next instant."""
    rows = await tx.execute(_TIMERS, {"ids": list(ids)})
    return {(row.case_id, row.clock, row.cycle): row.next_at for row in rows}


async def next_instant(tx: AsyncConnection) -> datetime | None:
    """The instant of the earliest timer."""
    found: datetime | None = await tx.scalar(_NEXT)
    return found


async def save(tx: AsyncConnection, changed: Sequence[tuple[Case, Sequence[ClockRow]]]) -> None:
    """Write cases and all their clocks; a clock that a case no longer has is removed."""
    if not changed:
        return
    ids = [case.id for case, _ in changed]
    await tx.execute(
        _SAVE_CASES,
        {
            "ids": ids,
            "happenings": [_text_of(case.happenings) for case, _ in changed],
            "said": [json.dumps(case.said, ensure_ascii=False) for case, _ in changed],
            "generations": [case.generation for case, _ in changed],
            "open": [any(row.state in OPEN for row in rows) for _, rows in changed],
        },
    )
    rows = [(case, row) for case, rows in changed for row in rows]
    key = {
        "case_ids": [case.id for case, _ in rows],
        "clocks": [row.clock for _, row in rows],
        "cycles": [row.cycle for _, row in rows],
    }
    await tx.execute(_DROP_CLOCKS, {"ids": ids, **key})
    await tx.execute(
        _SAVE_CLOCKS,
        {
            **key,
            "procedures": [case.procedure[0] for case, _ in rows],
            "states": [row.state for _, row in rows],
            "started": [row.started_at for _, row in rows],
            "due": [row.due_at for _, row in rows],
            "provisional": [row.provisional for _, row in rows],
            "next": [row.next_at for _, row in rows],
            "steps": [row.next_step for _, row in rows],
            "ended": [row.ended_at for _, row in rows],
            "generations": [case.generation for case, _ in rows],
        },
    )


async def clocks_of(tx: AsyncConnection, case_id: UUID) -> list[Any]:
    """The clocks of a case, in the order in which they began."""
    return list((await tx.execute(_OF_CASE, {"case_id": case_id})).mappings())


async def upcoming(tx: AsyncConnection, *, procedure: str | None, limit: int) -> list[Any]:
    """The clocks whose next step comes first."""
    return list((await tx.execute(_UPCOMING, {"procedure": procedure, "limit": limit})).mappings())


async def tally(tx: AsyncConnection) -> list[Any]:
    """How many cycles of each clock are in each state."""
    return list((await tx.execute(_TALLY)).mappings())


async def count_open(tx: AsyncConnection) -> int:
    """How many clocks are open."""
    return int(await tx.scalar(_OPEN_COUNT) or 0)


def _text_of(happenings: Sequence[Happening]) -> str:
    rows = [
        [one.id, list(one.names), one.at.isoformat(), list(one.place), dict(one.facts), one.cause] for one in happenings
    ]
    return json.dumps(rows, ensure_ascii=False)


def _case(row: Any) -> Case:
    happenings = json.loads(row.happenings) if isinstance(row.happenings, str) else row.happenings
    said = json.loads(row.said) if isinstance(row.said, str) else row.said
    return Case(
        id=row.id,
        procedure=(row.procedure, row.version),
        happenings=tuple(
            Happening(identifier, tuple(names), datetime.fromisoformat(at), (place[0], place[1]), facts, cause)
            for identifier, names, at, place, facts, cause in happenings
        ),
        said=said,
        generation=row.generation,
    )
