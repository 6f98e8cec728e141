"""The vault's queries: sealed values in and out. They are sealed and opened by `shared.security.vault`, not here."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.documents import Contents, Held
from shared.errors import NotFound
from shared.security.vault import CaseKey, Vault

FIELDS = "vault_fields"
DOCUMENTS = "vault_documents"
RECEIPT = "receipt_code"
"""A field of the vault that no procedure can have: their ids hold no underscore."""

_PUT_KEYS = text(
    """
    INSERT INTO vault_keys (case_id, wrapped, key_version)
    SELECT * FROM unnest(CAST(:case_id AS uuid[]), CAST(:wrapped AS bytea[]), CAST(:version AS int[]))
    """
)
_PUT_FIELDS = text(
    """
    INSERT INTO vault_fields (case_id, field, ciphertext)
    SELECT * FROM unnest(CAST(:case_id AS uuid[]), CAST(:field AS text[]), CAST(:ciphertext AS bytea[]))
    ON CONFLICT (case_id, field) DO UPDATE SET ciphertext = excluded.ciphertext
    """
)
_DROP_PARTY = text("DELETE FROM vault_fields WHERE case_id = :case_id AND starts_with(field, :party || '.')")
_KEYS = text("SELECT case_id, wrapped, key_version FROM vault_keys WHERE case_id = ANY(:cases)")
_FIELDS = text("SELECT field, ciphertext FROM vault_fields WHERE case_id = :case_id ORDER BY field")
_FIELDS_OF_MANY = text(
    "SELECT case_id, field, ciphertext FROM vault_fields WHERE case_id = ANY(:cases) AND field = ANY(:fields)"
)
_DOCUMENTS_OF_MANY = text(
    "SELECT case_id, name, ciphertext, contents, office, signed_by FROM vault_documents WHERE case_id = ANY(:cases)"
)
_RECORD_READS = text(
    """
    INSERT INTO vault_reads (case_id, reader, read_at, fields, purpose)
    SELECT case_id, :reader, :at, string_to_array(fields, ','), purpose
    FROM unnest(CAST(:cases AS uuid[]), CAST(:fields AS text[]), CAST(:purposes AS text[]))
        AS noted (case_id, fields, purpose)
    """
)
_PUT_DOCUMENT = text(
    """
    INSERT INTO vault_documents
        (case_id, name, ciphertext, contents, office, signed_by, written_by, written_at, revision)
    VALUES (:case_id, :name, :ciphertext, :contents, :office, :signed_by, :by, :at, 1)
    ON CONFLICT (case_id, name) DO UPDATE
    SET ciphertext = excluded.ciphertext, contents = excluded.contents, office = excluded.office,
        signed_by = excluded.signed_by, written_by = excluded.written_by, written_at = excluded.written_at,
        revision = vault_documents.revision + 1
    RETURNING revision
    """
)
_DOCUMENT = text(
    "SELECT ciphertext, contents, office, signed_by FROM vault_documents WHERE case_id = :case_id AND name = :name"
)
_HELD = text(
    """
    SELECT name, max(at) AS at, max(office) AS office, max(signed_by) AS signed_by, sum(files) AS files,
        sum(bytes) AS bytes
    FROM (
        SELECT name, written_at AS at, office, signed_by, 0 AS files, 0 AS bytes
        FROM vault_documents WHERE case_id = :case_id
        UNION ALL
        SELECT document, written_at, NULL, NULL, 1, size FROM vault_files WHERE case_id = :case_id
    ) AS parts (name, at, office, signed_by, files, bytes)
    GROUP BY name ORDER BY name
    """
)
_RECORD_READ = text(
    """
    INSERT INTO vault_reads (case_id, reader, read_at, fields, purpose)
    VALUES (:case_id, :reader, :at, :fields, :purpose)
    """
)
_READS = text("SELECT reader, read_at, fields, purpose FROM vault_reads WHERE case_id = :case_id ORDER BY id")
_OLD_KEYS = text(
    """
    SELECT case_id, wrapped, key_version FROM vault_keys WHERE key_version < :version
    ORDER BY case_id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_REWRAP = text("UPDATE vault_keys SET wrapped = :wrapped, key_version = :version WHERE case_id = :case_id")


@dataclass(frozen=True, slots=True)
class VaultRead:
    """Who read which fields of a case, when (on the cases' clock) and why."""

    reader: str
    read_at: datetime
    fields: list[str]
    purpose: str


async def put_keys(tx: AsyncConnection, keys: Sequence[CaseKey]) -> None:
    """Write the wrapped data keys of new cases."""
    columns: dict[str, list[Any]] = {
        "case_id": [key.case_id for key in keys],
        "wrapped": [key.wrapped for key in keys],
        "version": [key.version for key in keys],
    }
    await tx.execute(_PUT_KEYS, columns)


async def put_fields(tx: AsyncConnection, cells: Sequence[tuple[UUID, str, bytes]]) -> None:
    """Write sealed fields as (case, field, ciphertext); a field that was there is replaced."""
    if cells:
        ids, fields, ciphertexts = (list(column) for column in zip(*cells, strict=True))
        await tx.execute(_PUT_FIELDS, {"case_id": ids, "field": fields, "ciphertext": ciphertexts})


async def drop_party(tx: AsyncConnection, case_id: UUID, party: str) -> None:
    """Delete what is known of a party's persons, before others take their place."""
    await tx.execute(_DROP_PARTY, {"case_id": case_id, "party": party})


async def keys_of(connection: AsyncConnection, vault: Vault, cases: Collection[UUID]) -> dict[UUID, CaseKey]:
    """The data keys of these cases; one that was erased is left out."""
    rows = await connection.execute(_KEYS, {"cases": list(cases)})
    return {row.case_id: vault.key(row.case_id, row.key_version, row.wrapped) for row in rows}


async def key_of(connection: AsyncConnection, vault: Vault, case_id: UUID) -> CaseKey:
    """A case's data key; raises `NotFound` if it was erased."""
    key = (await keys_of(connection, vault, (case_id,))).get(case_id)
    if key is None:
        raise NotFound("this case's identity has been erased")
    return key


async def fields_of(connection: AsyncConnection, key: CaseKey) -> dict[str, str]:
    """All fields of a case, opened."""
    rows = await connection.execute(_FIELDS, {"case_id": key.case_id})
    return {row.field: key.open(FIELDS, row.field, row.ciphertext) for row in rows}


async def field_names(connection: AsyncConnection, case_id: UUID) -> set[str]:
    """Which fields of a case the vault holds."""
    return {row.field for row in await connection.execute(_FIELDS, {"case_id": case_id})}


async def put_document(tx: AsyncConnection, key: CaseKey, name: str, contents: Contents, by: str, at: datetime) -> int:
    """Seal a document; one of the same name is replaced. Returns its revision, from 1. `by` is an API key's name."""
    fields = json.dumps(dict(contents.fields), ensure_ascii=False, sort_keys=True)
    values = {
        "case_id": key.case_id,
        "name": name,
        "ciphertext": key.seal(DOCUMENTS, name, contents.text),
        "contents": key.seal(DOCUMENTS, f"{name}|fields", fields) if contents.fields else None,
        "office": contents.by,
        "signed_by": list(contents.signed_by),
        "by": by,
        "at": at,
    }
    revision: int = (await tx.execute(_PUT_DOCUMENT, values)).scalar_one()
    return revision


async def document_of(connection: AsyncConnection, key: CaseKey, name: str) -> Contents | None:
    """A document, opened; None if there is none of this name."""
    row = (await connection.execute(_DOCUMENT, {"case_id": key.case_id, "name": name})).first()
    return _contents(key, name, row) if row is not None else None


def _contents(key: CaseKey, name: str, row: Row[Any]) -> Contents:
    fields = json.loads(key.open(DOCUMENTS, f"{name}|fields", row.contents)) if row.contents else {}
    return Contents(key.open(DOCUMENTS, name, row.ciphertext), fields, row.office, tuple(row.signed_by or ()))


async def held_documents(connection: AsyncConnection, case_id: UUID) -> list[Held]:
    """The documents that a case holds, their texts and files together, by name; nothing is opened."""
    rows = await connection.execute(_HELD, {"case_id": case_id})
    return [
        Held(row.name, row.at, row.office, tuple(row.signed_by or ()), int(row.files), int(row.bytes)) for row in rows
    ]


async def opened(
    connection: AsyncConnection, keys: Mapping[UUID, CaseKey], fields: Collection[str]
) -> tuple[dict[UUID, dict[str, str]], dict[UUID, dict[str, Contents]]]:
    """The named fields and all documents of many cases, opened: two mappings from case to name to value."""
    given = {"cases": list(keys), "fields": list(fields)}
    values: dict[UUID, dict[str, str]] = {case: {} for case in keys}
    documents: dict[UUID, dict[str, Contents]] = {case: {} for case in keys}
    for row in await connection.execute(_FIELDS_OF_MANY, given):
        values[row.case_id][row.field] = keys[row.case_id].open(FIELDS, row.field, row.ciphertext)
    for row in await connection.execute(_DOCUMENTS_OF_MANY, {"cases": list(keys)}):
        documents[row.case_id][row.name] = _contents(keys[row.case_id], row.name, row)
    return values, documents


async def record_reads(
    tx: AsyncConnection, reads: Sequence[tuple[UUID, Sequence[str], str]], reader: str, at: datetime
) -> None:
    """Record many readings: (case, fields, purpose) each; in the transaction that reads them."""
    cases, fields, purposes = (list(column) for column in zip(*reads, strict=True))
    columns = {"cases": cases, "fields": [",".join(names) for names in fields], "purposes": purposes}
    await tx.execute(_RECORD_READS, {**columns, "reader": reader, "at": at})


async def record_read(
    tx: AsyncConnection, case_id: UUID, reader: str, fields: Sequence[str], purpose: str, at: datetime
) -> None:
    """Record who read which fields of a case, when and why; in the transaction that reads them."""
    values = {"case_id": case_id, "reader": reader, "fields": list(fields), "purpose": purpose, "at": at}
    await tx.execute(_RECORD_READ, values)


async def reads_of(connection: AsyncConnection, case_id: UUID) -> list[VaultRead]:
    """Every reading of a case's identity, oldest first."""
    return [VaultRead(**row) for row in (await connection.execute(_READS, {"case_id": case_id})).mappings()]


async def rewrap_some(tx: AsyncConnection, vault: Vault, limit: int) -> int:
    """Wrap up to `limit` data keys anew that an earlier master key wraps; returns how many."""
    rows = (await tx.execute(_OLD_KEYS, {"version": vault.version, "limit": limit})).all()
    for row in rows:
        fresh = vault.rewrapped(vault.key(row.case_id, row.key_version, row.wrapped))
        await tx.execute(_REWRAP, {"case_id": row.case_id, "wrapped": fresh.wrapped, "version": fresh.version})
    return len(rows)
