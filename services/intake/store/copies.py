"""Copies of documents: who was handed one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_OF_CASE = text("SELECT document, copy_to FROM document_copies WHERE case_id = :case_id ORDER BY handed_at, copy_to")
_PUT = text(
    """
    INSERT INTO document_copies (case_id, document, copy_to, office, handed_at)
    VALUES (:case_id, :document, :to, :by, :at)
    """
)
_DROP = text("DELETE FROM document_copies WHERE case_id = :case_id AND document = :document")


async def copies_of(connection: AsyncConnection, case_id: UUID) -> dict[str, tuple[str, ...]]:
    """By document, who has a copy of it."""
    found: dict[str, tuple[str, ...]] = {}
    for row in await connection.execute(_OF_CASE, {"case_id": case_id}):
        found[row.document] = (*found.get(row.document, ()), row.copy_to)
    return found


async def put(tx: AsyncConnection, case_id: UUID, document: str, to: str, by: str, at: datetime) -> None:
    """Write that somebody was handed a copy; `by` is the office that says so."""
    await tx.execute(_PUT, {"case_id": case_id, "document": document, "to": to, "by": by, "at": at})


async def drop(tx: AsyncConnection, case_id: UUID, document: str) -> None:
    """Forget the copies of a document that was replaced: they are of another text."""
    await tx.execute(_DROP, {"case_id": case_id, "document": document})
