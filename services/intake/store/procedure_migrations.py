"""The queries on migrations, and pages of the cases that one moves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.procedures.milestones import ENDING

FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Migration:
    """A decision to move open cases of a procedure (of one version, or of all others) to `to_version`."""

    id: UUID
    procedure: str
    from_version: int | None
    to_version: int
    mode: str
    reason: str
    decided_by: str
    decided_at: datetime
    after_case: UUID
    migrated: int
    finished_at: datetime | None

    @property
    def what(self) -> tuple[int | None, int, str]:
        """What makes two decisions about a procedure the same."""
        return (self.from_version, self.to_version, self.mode)


@dataclass(frozen=True, slots=True)
class Held:
    """A class, department and level that cases have; None while they have none."""

    class_: str | None
    department: str | None
    level: str | None


_COLUMNS = (
    "id, procedure, from_version, to_version, mode, reason, decided_by, decided_at, after_case, migrated, finished_at"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:procedure, 3))")
_UNDER_WAY = text(f"SELECT {_COLUMNS} FROM procedure_migrations WHERE procedure = :procedure AND finished_at IS NULL")  # noqa: S608
_ONE = text(f"SELECT {_COLUMNS} FROM procedure_migrations WHERE procedure = :procedure AND id = :id")  # noqa: S608
_LIST = text(f"SELECT {_COLUMNS} FROM procedure_migrations WHERE procedure = :procedure ORDER BY decided_at DESC, id")  # noqa: S608
_PUT = text(
    """
    INSERT INTO procedure_migrations (id, procedure, from_version, to_version, mode, reason, decided_by, decided_at,
        noted_at, after_case, migrated, finished_at)
    VALUES (:id, :procedure, :from_version, :to_version, :mode, :reason, :decided_by, :decided_at, clock_timestamp(),
        :after_case, :migrated, :finished_at)
    """
)
_NEXT = text(
    f"""
    SELECT {_COLUMNS} FROM procedure_migrations
    WHERE finished_at IS NULL AND noted_at <= clock_timestamp() - make_interval(secs => :settling)
    ORDER BY noted_at LIMIT 1 FOR UPDATE SKIP LOCKED
    """  # noqa: S608
)
_CONCERNED = (
    "procedure = :procedure AND procedure_version <> :to_version AND status <> ALL(:ending) "
    "AND (CAST(:from_version AS int) IS NULL OR procedure_version = :from_version)"
)
_CASES = text(
    f"SELECT id, procedure_version FROM cases WHERE {_CONCERNED} AND id > :after ORDER BY id LIMIT :limit FOR UPDATE"  # noqa: S608
)
_HELD = text(f"SELECT DISTINCT class AS class_, department, level FROM cases WHERE {_CONCERNED}")  # noqa: S608
_PIN = text("UPDATE cases SET procedure_version = :version WHERE id = ANY(:ids)")
_GO_ON = text("UPDATE procedure_migrations SET after_case = :after, migrated = migrated + :n WHERE id = :id")
_FINISH = text("UPDATE procedure_migrations SET finished_at = :now WHERE id = :id")


async def lock_procedure(tx: AsyncConnection, procedure: str) -> None:
    """One decision about a procedure at a time, until the transaction ends."""
    await tx.execute(_LOCK, {"procedure": procedure})


async def under_way(tx: AsyncConnection, procedure: str) -> Migration | None:
    """The procedure's migration that is not finished."""
    row = (await tx.execute(_UNDER_WAY, {"procedure": procedure})).mappings().first()
    return Migration(**row) if row else None


async def find(connection: AsyncConnection, procedure: str, id: UUID) -> Migration | None:
    """A migration of a procedure by its id."""
    row = (await connection.execute(_ONE, {"procedure": procedure, "id": id})).mappings().first()
    return Migration(**row) if row else None


async def listed(connection: AsyncConnection, procedure: str) -> list[Migration]:
    """All migrations of a procedure, the newest first."""
    return [Migration(**row) for row in (await connection.execute(_LIST, {"procedure": procedure})).mappings()]


async def put(tx: AsyncConnection, migration: Migration) -> None:
    """Record a decision."""
    await tx.execute(_PUT, {name: getattr(migration, name) for name in Migration.__dataclass_fields__})


async def next_open(tx: AsyncConnection, settling: float) -> Migration | None:
    """The oldest that is not finished, recorded at least `settling` real seconds ago and locked by nobody; locked."""
    row = (await tx.execute(_NEXT, {"settling": settling})).mappings().first()
    return Migration(**row) if row else None


async def cases_to_move(tx: AsyncConnection, one: Migration, *, limit: int) -> dict[UUID, int]:
    """The next open cases that it moves, with their present versions, in the order of their ids; locked."""
    rows = await tx.execute(_CASES, {**_concerned(one), "after": one.after_case, "limit": limit})
    return {row.id: row.procedure_version for row in rows}


async def held(tx: AsyncConnection, one: Migration) -> list[Held]:
    """The classes, departments and levels that the cases have which it moves."""
    return [Held(*row) for row in await tx.execute(_HELD, _concerned(one))]


async def pin(tx: AsyncConnection, ids: Collection[UUID], version: int) -> None:
    """Pin cases, whose rows are locked, to a version of their procedure."""
    await tx.execute(_PIN, {"ids": list(ids), "version": version})


async def go_on(tx: AsyncConnection, id: UUID, after: UUID, moved: int) -> None:
    """Note how far a migration has come."""
    await tx.execute(_GO_ON, {"id": id, "after": after, "n": moved})


async def finish(tx: AsyncConnection, id: UUID, now: datetime) -> None:
    """Note that a migration has moved all its cases."""
    await tx.execute(_FINISH, {"id": id, "now": now})


def _concerned(one: Migration) -> Mapping[str, Any]:
    return {
        "procedure": one.procedure,
        "to_version": one.to_version,
        "from_version": one.from_version,
        "ending": sorted(ENDING),
    }
