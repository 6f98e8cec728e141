"""Queries on routing's cases: load under lock, save, list and count."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.case import Case, Status
from services.routing.store.case_details import CaseDetails
from shared.security.acting import HIDDEN_SQL

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
_OVERDUE = text("SELECT id FROM cases WHERE look_at <= :now ORDER BY look_at, id LIMIT :limit FOR UPDATE SKIP LOCKED")
_SAVE = text(
    """
    INSERT INTO cases (id, procedure, version, status, class, department, level, cycle, received_at, resolved_at,
                       details, changed_at, look_at)
    SELECT id, procedure, version, status, class_, department, level, cycle, received_at, resolved_at,
           CAST(details AS jsonb), :now, look_at
    FROM unnest(CAST(:id AS uuid[]), CAST(:procedure AS text[]), CAST(:version AS int[]), CAST(:status AS text[]),
                CAST(:class_ AS text[]), CAST(:department AS text[]), CAST(:level AS text[]), CAST(:cycle AS int[]),
                CAST(:received_at AS timestamptz[]), CAST(:resolved_at AS timestamptz[]), CAST(:details AS text[]),
                CAST(:look_at AS timestamptz[]))
        AS given (id, procedure, version, status, class_, department, level, cycle, received_at, resolved_at, details,
                  look_at)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET version = excluded.version,
        status = excluded.status, class = excluded.class, department = excluded.department,
        level = excluded.level, cycle = excluded.cycle, received_at = excluded.received_at,
        resolved_at = excluded.resolved_at, details = excluded.details, changed_at = excluded.changed_at,
        look_at = excluded.look_at
    """
)
_LIST = """
    SELECT id, procedure, status, class AS class_, department, level, cycle, received_at, resolved_at
    FROM (SELECT *, coalesce(details -> 'recused', '[]') AS recused FROM cases) AS cases
    WHERE {conditions} ORDER BY received_at, id LIMIT :limit
"""
_COUNT_BY_STATUS = text(
    "SELECT procedure, status, count(*) AS n FROM cases GROUP BY procedure, status ORDER BY procedure, status"
)


@dataclass(frozen=True)
class CaseSummary:
    """A case as it stands in a list. Instants are UTC."""

    id: UUID
    procedure: str
    status: Status
    class_: str | None
    department: str | None
    level: str | None
    cycle: int
    received_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True)
class StatusCount:
    """How many cases of a procedure are in a status."""

    procedure: str
    status: Status
    cases: int


async def load(tx: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Case]:
    """The cases that exist of these, locked until the transaction ends, always in the same order."""
    return {row.id: _case(row) for row in await tx.execute(_LOAD, {"ids": sorted(set(ids))})}


async def unknown(tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Of these, the cases that are not here."""
    return {row.id for row in await tx.execute(_UNKNOWN, {"ids": list(ids)})}


async def overdue(tx: AsyncConnection, now: datetime, limit: int) -> list[UUID]:
    """Cases with a report that has waited too long, locked; those that another process has are left out."""
    return [row.id for row in await tx.execute(_OVERDUE, {"now": now, "limit": limit})]


async def save(tx: AsyncConnection, changed: Sequence[Case], now: datetime) -> None:
    """Write cases as they are now."""
    if not changed:
        return
    columns: dict[str, list[Any]] = {
        "id": [case.id for case in changed],
        "procedure": [case.procedure[0] for case in changed],
        "version": [case.procedure[1] for case in changed],
        "details": [CaseDetails.of(case).encode() for case in changed],
        "look_at": [min((one.until for one in case.waiting), default=None) for case in changed],
    }
    for name in ("status", "class_", "department", "level", "cycle", "received_at", "resolved_at"):
        columns[name] = [getattr(case, name) for case in changed]
    await tx.execute(_SAVE, {**columns, "now": now})


async def list_cases(
    tx: AsyncConnection,
    *,
    department: str | None,
    status: str | None,
    procedure: str | None,
    limit: int,
    acting: Mapping[str, Sequence[str]],
) -> list[CaseSummary]:
    """Cases by department, status and procedure (None: any), the oldest first.

    `acting`: the caller's offices by procedure (`own_offices`); what is hidden from them is left out.
    """
    given = {"department": department, "status": status, "procedure": procedure}
    chosen = {name: value for name, value in given.items() if value is not None}
    conditions = " AND ".join((f"NOT {HIDDEN_SQL}", *(f"{name} = :{name}" for name in chosen)))
    rows = await tx.execute(
        text(_LIST.format(conditions=conditions)), {**chosen, "limit": limit, "acting": json.dumps(acting)}
    )
    return [CaseSummary(**row._mapping) for row in rows]


async def count_by_status(tx: AsyncConnection) -> list[StatusCount]:
    """How many cases of each procedure are in each status."""
    return [StatusCount(row.procedure, row.status, row.n) for row in await tx.execute(_COUNT_BY_STATUS)]


def _case(row: Row[Any]) -> Case:
    details = CaseDetails.decode(row.details)
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
        facts=details.facts,
        counts=details.counts,
        occurrences=details.occurrences,
        assisting=details.assisting,
        awards=details.awards,
        waiting=details.waiting,
        matters=details.matters or {},
        recused=details.recused,
    )
