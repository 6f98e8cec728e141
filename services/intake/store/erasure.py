"""The queries by which the vault's part of a case is destroyed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.case import Case
from services.intake.store import cases

_EXPIRED = text(
    """
    SELECT id FROM cases WHERE kept_until <= :now AND erased_at IS NULL
    ORDER BY kept_until, id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_TABLES = ("vault_keys", "vault_fields", "vault_documents", "document_copies", "vault_file_chunks", "vault_files")
_ERASE = tuple(
    text(f"DELETE FROM {table} WHERE case_id = :case_id")  # noqa: S608  (constants)
    for table in (
        "vault_keys",
        "vault_fields",
        "vault_documents",
        "document_copies",
        "vault_file_chunks",
        "vault_files",
    )
)
# Hashes say that two complaints are alike, or one person's: they go too.
_ERASED = text("UPDATE cases SET erased_at = :now, fingerprint = NULL, complainant = NULL WHERE id = :case_id")


async def expired(tx: AsyncConnection, now: datetime, limit: int) -> list[Case]:
    """Cases that are kept no longer, locked; those that another process has are left out."""
    ids = [row.id for row in await tx.execute(_EXPIRED, {"now": now, "limit": limit})]
    found = await cases.find_cases(tx, ids)
    return [found[case_id] for case_id in ids]


async def erase(tx: AsyncConnection, case_id: UUID, now: datetime) -> None:
    """Delete a case's key and everything that is sealed under it. Who read it, and when, stays on record."""
    for statement in _ERASE:
        await tx.execute(statement, {"case_id": case_id})
    await tx.execute(_ERASED, {"case_id": case_id, "now": now})
