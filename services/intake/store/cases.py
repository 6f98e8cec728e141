"""The queries over cases and where they stand."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.case import Case
from services.intake.domain.timeline import Projection
from shared.security.acting import HIDDEN_SQL

_COLUMNS = """
    id, procedure, procedure_version, number, channel, language, received_at, registered_at, attributes, missing,
    status, class AS class_, department, level, admitted_at, resolved_at, closed_at, merged_into, receipt_hash, rule,
    decided_by, document_numbers, kept_until, erased_at
"""
_JSON = {"attributes": JSONB, "missing": JSONB, "document_numbers": JSONB}
_ONE = text(f"SELECT {_COLUMNS} FROM cases WHERE id = :id").columns(**_JSON)  # noqa: S608  (a constant)
_MANY = text(f"SELECT {_COLUMNS} FROM cases WHERE id = ANY(:ids)").columns(**_JSON)  # noqa: S608
_ONE_LOCKED = text(f"SELECT {_COLUMNS} FROM cases WHERE id = :id FOR UPDATE").columns(**_JSON)  # noqa: S608
_BY_NUMBER = text(f"SELECT {_COLUMNS} FROM cases WHERE number = :number").columns(**_JSON)  # noqa: S608
_MERGED = text("SELECT id FROM cases WHERE merged_into = :id ORDER BY registered_at, id")
_LOCK = text("SELECT id FROM cases WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
_SAVE = text(
    """
    UPDATE cases SET status = fresh.status, class = fresh.class, department = fresh.department, level = fresh.level,
        admitted_at = fresh.admitted_at, resolved_at = fresh.resolved_at, closed_at = fresh.closed_at
    FROM unnest(CAST(:id AS uuid[]), CAST(:status AS text[]), CAST(:class_ AS text[]), CAST(:department AS text[]),
        CAST(:level AS text[]), CAST(:admitted_at AS timestamptz[]), CAST(:resolved_at AS timestamptz[]),
        CAST(:closed_at AS timestamptz[]))
        AS fresh (id, status, class, department, level, admitted_at, resolved_at, closed_at)
    WHERE cases.id = fresh.id
    """
)
_DECIDED = text("UPDATE cases SET rule = :rule, decided_by = :decided_by WHERE id = :id")
_KEPT = text("UPDATE cases SET kept_until = :until WHERE id = :id AND erased_at IS NULL")
_NUMBERED = text("UPDATE cases SET document_numbers = document_numbers || :numbers WHERE id = :id").bindparams(
    bindparam("numbers", type_=JSONB)
)
_SUPPLEMENTED = text("UPDATE cases SET attributes = :attributes, missing = :missing WHERE id = :id").bindparams(
    bindparam("attributes", type_=JSONB), bindparam("missing", type_=JSONB)
)


async def find_case(connection: AsyncConnection, case_id: UUID, *, lock: bool = False) -> Case | None:
    """A case by its id; with `lock` its row is held until the end of the transaction."""
    row = (await connection.execute(_ONE_LOCKED if lock else _ONE, {"id": case_id})).mappings().first()
    return Case(**row) if row else None


async def find_cases(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Case]:
    """The cases that there are of these."""
    rows = (await connection.execute(_MANY, {"ids": list(ids)})).mappings()
    return {row["id"]: Case(**row) for row in rows}


async def find_by_number(connection: AsyncConnection, number: str) -> list[Case]:
    """The cases of that number: one, unless two procedures number alike."""
    return [Case(**row) for row in (await connection.execute(_BY_NUMBER, {"number": number})).mappings()]


async def merged_cases(connection: AsyncConnection, case_id: UUID) -> list[UUID]:
    """The later cases of the same matter that go on in this one."""
    return [row.id for row in await connection.execute(_MERGED, {"id": case_id})]


async def lock_cases(tx: AsyncConnection, ids: Collection[UUID]) -> list[UUID]:
    """Lock the rows of these cases, in the order of their ids; returns those that there are."""
    return [row.id for row in await tx.execute(_LOCK, {"ids": list(ids)})]


async def save_projections(tx: AsyncConnection, projections: Sequence[tuple[UUID, Projection]]) -> None:
    """Write where cases stand; their rows are locked."""
    columns: dict[str, list[Any]] = {"id": [case_id for case_id, _ in projections]}
    for name in Projection.__dataclass_fields__:
        columns[name] = [getattr(projection, name) for _, projection in projections]
    if projections:
        await tx.execute(_SAVE, columns)


async def save_decision(tx: AsyncConnection, case_id: UUID, rule: str | None, decided_by: str | None) -> None:
    """Write the reason of an admission decision and who made it."""
    await tx.execute(_DECIDED, {"id": case_id, "rule": rule, "decided_by": decided_by})


async def save_kept_until(tx: AsyncConnection, case_id: UUID, until: datetime | None) -> None:
    """Write until when a case is kept; one that is erased stays so."""
    await tx.execute(_KEPT, {"id": case_id, "until": until})


async def save_numbers(tx: AsyncConnection, case_id: UUID, numbers: Mapping[str, str]) -> None:
    """Add the numbers of documents, by document."""
    await tx.execute(_NUMBERED, {"id": case_id, "numbers": dict(numbers)})


async def save_supplement(
    tx: AsyncConnection, case_id: UUID, attributes: dict[str, Any], missing: Sequence[str]
) -> None:
    """Write the coded fields as they are now, and what is still missing."""
    await tx.execute(_SUPPLEMENTED, {"id": case_id, "attributes": attributes, "missing": list(missing)})


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases a list holds; `after` is the id of the last case of the page before.

    `acting`: the caller's offices by procedure (`own_offices`), from which cases may be hidden.
    """

    status: str | None
    procedure: str | None
    number: str | None
    after: UUID | None
    limit: int
    acting: Mapping[str, Sequence[str]] = field(default_factory=dict)


async def list_cases(connection: AsyncConnection, wanted: Filter) -> list[Case]:
    """A page of cases in the order of registration."""
    conditions = [f"{name} = :{name}" for name in ("status", "procedure", "number") if getattr(wanted, name)]
    if wanted.after is not None:
        conditions.append("(registered_at, id) > (SELECT registered_at, id FROM cases WHERE id = :after)")
    if wanted.acting:
        conditions.append(f"NOT {HIDDEN_SQL}")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"SELECT {_COLUMNS} FROM cases {where} ORDER BY registered_at, id LIMIT :limit"  # noqa: S608  (constants)
    values = {name: value for name, value in asdict(wanted).items() if value is not None and name != "acting"}
    if wanted.acting:
        values["acting"] = json.dumps(wanted.acting)
    return [Case(**row) for row in (await connection.execute(text(query).columns(**_JSON), values)).mappings()]
