"""The queries of files: sealed chunks in and out. They are sealed and opened by `shared.security.vault`, not here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

FILES = "vault_files"

_PUT_CHUNK = text(
    """
    INSERT INTO vault_file_chunks (file_id, place, case_id, ciphertext, kept_since)
    VALUES (:file_id, :place, :case_id, :ciphertext, :now)
    """
)
_CHUNK = text("SELECT ciphertext FROM vault_file_chunks WHERE file_id = :file_id AND place = :place")
_DROP_CHUNKS = text("DELETE FROM vault_file_chunks WHERE file_id = :file_id")
_DROP_ABANDONED = text(
    """
    DELETE FROM vault_file_chunks WHERE kept_since < :before
        AND NOT EXISTS (SELECT 1 FROM vault_files WHERE vault_files.id = vault_file_chunks.file_id)
    """
)
_PUT_FILE = text(
    """
    INSERT INTO vault_files (id, case_id, document, kind, size, chunks, content_hash, file_name, written_by, written_at)
    VALUES (:id, :case_id, :document, :kind, :size, :chunks, :content_hash, :file_name, :written_by, :written_at)
    """
)
_COLUMNS = "id, case_id, document, kind, size, chunks, content_hash, file_name, written_by, written_at"
_OF_CASES = text(
    f"SELECT {_COLUMNS} FROM vault_files WHERE case_id = ANY(:cases) ORDER BY written_at, id"  # noqa: S608
)
_FILE = text(f"SELECT {_COLUMNS} FROM vault_files WHERE case_id = :case_id AND id = :id")  # noqa: S608  (a constant)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A whole file: how many bytes in how many chunks. `content_hash` is keyed; `file_name` is sealed, or None."""

    id: UUID
    case_id: UUID
    document: str
    kind: str
    size: int
    chunks: int
    content_hash: str
    file_name: bytes | None
    written_by: str
    written_at: datetime


async def put_chunk(
    tx: AsyncConnection, case_id: UUID, file_id: UUID, place: int, ciphertext: bytes, now: datetime
) -> None:
    """Write a sealed chunk of a file that is on its way; `now` is real time."""
    values = {"file_id": file_id, "place": place, "case_id": case_id, "ciphertext": ciphertext, "now": now}
    await tx.execute(_PUT_CHUNK, values)


async def chunk(connection: AsyncConnection, file_id: UUID, place: int) -> bytes | None:
    """A sealed chunk, from place 0 on; None past the last, or if it was erased."""
    found: bytes | None = await connection.scalar(_CHUNK, {"file_id": file_id, "place": place})
    return found


async def drop_chunks(tx: AsyncConnection, file_id: UUID) -> None:
    """Delete what came of a file that is not kept."""
    await tx.execute(_DROP_CHUNKS, {"file_id": file_id})


async def drop_abandoned(tx: AsyncConnection, before: datetime) -> int:
    """Delete chunks of uploads that broke off before an instant of real time; returns how many."""
    return (await tx.execute(_DROP_ABANDONED, {"before": before})).rowcount


async def put_file(tx: AsyncConnection, file: StoredFile) -> None:
    """Write that a file is whole: from now on it is there."""
    await tx.execute(_PUT_FILE, {name: getattr(file, name) for name in StoredFile.__dataclass_fields__})


async def files_of(connection: AsyncConnection, cases: Collection[UUID]) -> Sequence[StoredFile]:
    """The files of these cases, in the order in which they came."""
    rows = (await connection.execute(_OF_CASES, {"cases": list(cases)})).mappings()
    return [StoredFile(**row) for row in rows]


async def find_file(connection: AsyncConnection, case_id: UUID, file_id: UUID) -> StoredFile | None:
    """A file of a case."""
    row = (await connection.execute(_FILE, {"case_id": case_id, "id": file_id})).mappings().first()
    return StoredFile(**row) if row else None
