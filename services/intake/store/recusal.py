"""From whom cases are hidden."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_OF_CASE = text("SELECT procedure, recused FROM cases WHERE id = :id")
_SAVE = text("UPDATE cases SET recused = :recused WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Recused:
    """The offices of a procedure that a case is hidden from."""

    procedure: str
    offices: tuple[str, ...]


async def recused_of(connection: AsyncConnection, case_id: UUID) -> Recused | None:
    """From which offices a case is hidden; None if there is no such case."""
    row = (await connection.execute(_OF_CASE, {"id": case_id})).first()
    return Recused(row.procedure, tuple(row.recused)) if row else None


async def save(tx: AsyncConnection, case_id: UUID, offices: tuple[str, ...]) -> None:
    """Write from which offices a case is hidden."""
    await tx.execute(_SAVE, {"id": case_id, "recused": list(offices)})
