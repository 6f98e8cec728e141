"""Intake's tables, and the queries over cases. Nobody else touches this database.

`cases` and `timeline` hold ids and coded values only. What a person typed is in the `vault_*` tables, sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.timeline import Projection
from shared.messaging.tables import INSTANT, messaging_tables
from shared.security.keys import api_keys_table

metadata = MetaData()
messaging_tables(metadata)
api_keys_table(metadata)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("procedure_version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("registered_at", INSTANT, nullable=False),
    Column("attributes", JSONB, nullable=False),
    Column("missing", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("class", Text),
    Column("department", Text),
    Column("level", Text),
    Column("admitted_at", INSTANT),
    Column("resolved_at", INSTANT),
    Column("closed_at", INSTANT),
    Column("merged_into", Uuid),
    Column("fingerprint", Text),
    Column("receipt_hash", LargeBinary, nullable=False),
    Column("rule", Text),
    Column("decided_by", Text),
    Column("document_numbers", JSONB, nullable=False),
    UniqueConstraint("procedure", "number"),
    Index("cases_number", "number"),
    Index("cases_registered", "registered_at", "id"),
    Index("cases_status", "status", "registered_at", "id"),
    Index("cases_fingerprint", "fingerprint", postgresql_where=text("fingerprint IS NOT NULL")),
    Index("cases_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)
numbers = Table(
    "numbers",
    metadata,
    Column("procedure", Text, primary_key=True),
    Column("scheme", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("kept_since", INSTANT, nullable=False),
    Index("idempotency_kept_since", "kept_since"),
)
timeline = Table(
    "timeline",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("occurrence", Text, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("qualifier", Text),
    Column("source", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("happened_at", INSTANT, nullable=False),
    Column("said_at", INSTANT, nullable=False),
    Column("type", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    Index("timeline_case", "case_id", "happened_at"),
)
vault_keys = Table(
    "vault_keys",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
)
vault_fields = Table(
    "vault_fields",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("ciphertext", LargeBinary, nullable=False),
)
vault_documents = Table(
    "vault_documents",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
)
vault_reads = Table(
    "vault_reads",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("reader", Text, nullable=False),
    Column("read_at", INSTANT, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("purpose", Text, nullable=False),
    Index("vault_reads_case", "case_id", "id"),
)


@dataclass(frozen=True)
class Case:
    """A case as it stands. Instants are UTC."""

    id: UUID
    procedure: str
    procedure_version: int
    number: str
    channel: str
    language: str
    received_at: datetime
    registered_at: datetime
    attributes: dict[str, Any]
    missing: list[str]
    status: str
    class_: str | None
    department: str | None
    level: str | None
    admitted_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    merged_into: UUID | None
    receipt_hash: bytes
    rule: str | None
    decided_by: str | None
    document_numbers: dict[str, str]

    @property
    def pin(self) -> tuple[str, int]:
        """The procedure and version that it is pinned to."""
        return (self.procedure, self.procedure_version)


_COLUMNS = """
    id, procedure, procedure_version, number, channel, language, received_at, registered_at, attributes, missing,
    status, class AS class_, department, level, admitted_at, resolved_at, closed_at, merged_into, receipt_hash, rule,
    decided_by, document_numbers
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
_DECIDED = text(
    """
    UPDATE cases SET rule = :rule, decided_by = :decided_by, document_numbers = document_numbers || :documents
    WHERE id = :id
    """
).bindparams(bindparam("documents", type_=JSONB))
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


async def save_decision(
    tx: AsyncConnection, case_id: UUID, rule: str | None, decided_by: str | None, documents: dict[str, str]
) -> None:
    """Write the reason of an admission decision, who made it, and the numbers of its documents."""
    values = {"id": case_id, "rule": rule, "decided_by": decided_by, "documents": documents}
    await tx.execute(_DECIDED, values)


async def save_supplement(
    tx: AsyncConnection, case_id: UUID, attributes: dict[str, Any], missing: Sequence[str]
) -> None:
    """Write the coded fields as they are now, and what is still missing."""
    await tx.execute(_SUPPLEMENTED, {"id": case_id, "attributes": attributes, "missing": list(missing)})


@dataclass(frozen=True)
class Filter:
    """Which cases a list holds; `after` is the id of the last case of the page before."""

    status: str | None
    procedure: str | None
    number: str | None
    after: UUID | None
    limit: int


async def list_cases(connection: AsyncConnection, wanted: Filter) -> list[Case]:
    """A page of cases in the order of registration."""
    conditions = [f"{name} = :{name}" for name in ("status", "procedure", "number") if getattr(wanted, name)]
    if wanted.after is not None:
        conditions.append("(registered_at, id) > (SELECT registered_at, id FROM cases WHERE id = :after)")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"SELECT {_COLUMNS} FROM cases {where} ORDER BY registered_at, id LIMIT :limit"  # noqa: S608  (constants)
    values = {name: value for name, value in asdict(wanted).items() if value is not None}
    return [Case(**row) for row in (await connection.execute(text(query).columns(**_JSON), values)).mappings()]
