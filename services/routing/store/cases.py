"""Routing's tables and every query on them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.case import Case, Reached
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
    Column("status", Text, nullable=False),
    Column("class", Text),
    Column("department", Text),
    Column("level", Text),
    Column("cycle", Integer, nullable=False),
    Column("received_at", DateTime(timezone=True)),
    Column("resolved_at", DateTime(timezone=True)),
    Column("details", JSONB, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Index("cases_work", "department", "status", "received_at"),
)

matters = Table(
    "matters",
    metadata,
    Column("count", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("complainant", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Index("matters_window", "count", "key", "received_at"),
)

_LOAD = text(
    """
    SELECT id, procedure, version, status, class AS class_, department, level, cycle, received_at, resolved_at, details
    FROM cases WHERE id = ANY(:ids) ORDER BY id FOR UPDATE
    """
)
_UNKNOWN = text(
    """
    SELECT id FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM cases WHERE cases.id = asked.id)
    """
)
_SAVE = text(
    """
    INSERT INTO cases (id, procedure, version, status, class, department, level, cycle, received_at, resolved_at,
                       details, changed_at)
    SELECT id, procedure, version, status, class_, department, level, cycle, received_at, resolved_at,
           CAST(details AS jsonb), :now
    FROM unnest(CAST(:id AS uuid[]), CAST(:procedure AS text[]), CAST(:version AS int[]), CAST(:status AS text[]),
                CAST(:class_ AS text[]), CAST(:department AS text[]), CAST(:level AS text[]), CAST(:cycle AS int[]),
                CAST(:received_at AS timestamptz[]), CAST(:resolved_at AS timestamptz[]), CAST(:details AS text[]))
        AS given (id, procedure, version, status, class_, department, level, cycle, received_at, resolved_at, details)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET version = excluded.version,
        status = excluded.status, class = excluded.class, department = excluded.department,
        level = excluded.level, cycle = excluded.cycle, received_at = excluded.received_at,
        resolved_at = excluded.resolved_at, details = excluded.details, changed_at = excluded.changed_at
    """
)
_LOCK_MATTER = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_ADD_MATTER = text(
    """
    INSERT INTO matters (count, key, case_id, complainant, received_at)
    VALUES (:count, :key, :case_id, :complainant, :received_at) ON CONFLICT DO NOTHING
    """
)
_IN_WINDOW = text(
    """
    SELECT case_id, complainant FROM matters
    WHERE count = :count AND key = :key AND received_at > :since AND received_at <= :until
    """
)
_LIST = """
    SELECT id, procedure, version, status, class AS class_, department, level, cycle, received_at, resolved_at
    FROM cases WHERE {conditions} ORDER BY received_at, id LIMIT :limit
"""
_TALLY = text(
    "SELECT procedure, status, count(*) AS n FROM cases GROUP BY procedure, status ORDER BY procedure, status"
)


async def load(tx: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Case]:
    """The cases that exist of these, locked until the transaction ends, always in the same order."""
    return {row.id: _case(row) for row in await tx.execute(_LOAD, {"ids": sorted(set(ids))})}


async def unknown(tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Of these, the cases that are not here."""
    return {row.id for row in await tx.execute(_UNKNOWN, {"ids": list(ids)})}


async def save(tx: AsyncConnection, changed: Sequence[Case], now: datetime) -> None:
    """Write cases as they are now."""
    if not changed:
        return
    columns: dict[str, list[Any]] = {
        "id": [case.id for case in changed],
        "procedure": [case.procedure[0] for case in changed],
        "version": [case.procedure[1] for case in changed],
        "details": [_details(case) for case in changed],
    }
    for name in ("status", "class_", "department", "level", "cycle", "received_at", "resolved_at"):
        columns[name] = [getattr(case, name) for case in changed]
    await tx.execute(_SAVE, {**columns, "now": now})


async def add_matter(
    tx: AsyncConnection, count: str, key: str, case_id: UUID, complainant: str | None, received_at: datetime
) -> None:
    """Note that a case raised a matter; holds the matter until the transaction ends, so that counts are right."""
    await tx.execute(_LOCK_MATTER, {"key": key})
    await tx.execute(
        _ADD_MATTER,
        {"count": count, "key": key, "case_id": case_id, "complainant": complainant, "received_at": received_at},
    )


async def in_window(
    tx: AsyncConnection, count: str, key: str, since: datetime, until: datetime
) -> list[tuple[UUID, str | None]]:
    """The cases that raised a matter in (since, until], with their complainants' keys."""
    rows = await tx.execute(_IN_WINDOW, {"count": count, "key": key, "since": since, "until": until})
    return [(row.case_id, row.complainant) for row in rows]


async def listed(
    tx: AsyncConnection, *, department: str | None, status: str | None, procedure: str | None, limit: int
) -> list[Any]:
    """Cases by department, status and procedure, the oldest first."""
    given = {"department": department, "status": status, "procedure": procedure}
    chosen = {name: value for name, value in given.items() if value is not None}
    conditions = " AND ".join(f"{name} = :{name}" for name in chosen) or "true"
    return list(await tx.execute(text(_LIST.format(conditions=conditions)), {**chosen, "limit": limit}))


async def tally(tx: AsyncConnection) -> list[Any]:
    """How many cases of each procedure are in each status."""
    return list(await tx.execute(_TALLY))


def _details(case: Case) -> str:
    reached = [[one.name, one.at.isoformat(), one.cycle, one.by] for one in case.reached]
    return json.dumps({"facts": dict(case.facts), "counts": dict(case.counts), "reached": reached}, ensure_ascii=False)


def _case(row: Any) -> Case:
    details = json.loads(row.details) if isinstance(row.details, str) else row.details
    reached = tuple(Reached(name, datetime.fromisoformat(at), cycle, by) for name, at, cycle, by in details["reached"])
    return Case(
        id=row.id,
        procedure=(row.procedure, row.version),
        status=row.status,
        cycle=row.cycle,
        class_=row.class_,
        department=row.department,
        level=row.level,
        received_at=row.received_at,
        resolved_at=row.resolved_at,
        facts=details["facts"],
        counts=details["counts"],
        reached=reached,
    )
