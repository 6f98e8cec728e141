"""The queries of registration: idempotency keys, fingerprint locks, numbers, and new cases in bulk."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.numbering import Counter
from shared.procedures.milestones import ENDING

_TRY_KEYS = text(
    """
    SELECT key, pg_try_advisory_xact_lock(hashtextextended(key, 1)) AS ours FROM unnest(CAST(:keys AS text[])) AS key
    """
)
_ANSWERED_KEYS = text("SELECT key, body, case_id, answer FROM idempotency WHERE key = ANY(:keys)")
_PUT_KEYS = text(
    """
    INSERT INTO idempotency (key, body, case_id, answer, kept_since)
    SELECT key, body, case_id, answer, :now
    FROM unnest(CAST(:key AS text[]), CAST(:body AS text[]), CAST(:case_id AS uuid[]), CAST(:answer AS bytea[]))
        AS fresh (key, body, case_id, answer)
    """
)
_FORGET_KEYS = text("DELETE FROM idempotency WHERE kept_since < :before")
# The rows come in the order of the array, so that two transactions never wait for each other crosswise.
_LOCK_FINGERPRINTS = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(fingerprint, 2))
    FROM unnest(CAST(:fingerprints AS text[])) AS fingerprint
    """
)
_LIVE = text(
    """
    SELECT fingerprint, id, received_at FROM cases
    WHERE fingerprint = ANY(:fingerprints) AND status <> ALL(:ending) ORDER BY registered_at, number
    """
)
_COUNT = text(
    """
    INSERT INTO numbers (procedure, scheme, period, last)
    SELECT * FROM unnest(CAST(:procedure AS text[]), CAST(:scheme AS text[]), CAST(:period AS text[]),
        CAST(:wanted AS bigint[]))
    ON CONFLICT (procedure, scheme, period) DO UPDATE SET last = numbers.last + excluded.last
    RETURNING procedure, scheme, period, last
    """
)
_INSERT = text(
    """
    INSERT INTO cases (id, procedure, procedure_version, number, channel, language, received_at, registered_at,
        attributes, missing, status, admitted_at, merged_into, fingerprint, complainant, receipt_hash, rule,
        document_numbers, recused)
    SELECT id, procedure, procedure_version, number, channel, language, received_at, registered_at, attributes, missing,
        status, admitted_at, merged_into, fingerprint, complainant, receipt_hash, rule, document_numbers,
        coalesce(string_to_array(nullif(recused, ''), ','), '{}')
    FROM unnest(CAST(:id AS uuid[]), CAST(:procedure AS text[]), CAST(:procedure_version AS int[]),
        CAST(:number AS text[]), CAST(:channel AS text[]), CAST(:language AS text[]),
        CAST(:received_at AS timestamptz[]), CAST(:registered_at AS timestamptz[]),
        CAST(CAST(:attributes AS text[]) AS jsonb[]), CAST(CAST(:missing AS text[]) AS jsonb[]),
        CAST(:status AS text[]), CAST(:admitted_at AS timestamptz[]), CAST(:merged_into AS uuid[]),
        CAST(:fingerprint AS text[]), CAST(:complainant AS text[]), CAST(:receipt_hash AS bytea[]),
        CAST(:rule AS text[]), CAST(CAST(:document_numbers AS text[]) AS jsonb[]), CAST(:recused AS text[]))
        AS fresh (id, procedure, procedure_version, number, channel, language, received_at, registered_at, attributes,
            missing, status, admitted_at, merged_into, fingerprint, complainant, receipt_hash, rule, document_numbers,
            recused)
    """
)


@dataclass(frozen=True, slots=True)
class AnsweredKey:
    """What was answered under an idempotency key; `answer` is sealed under the case's key."""

    key: str
    body: str
    case_id: UUID
    answer: bytes


@dataclass(frozen=True, slots=True)
class NewCase:
    """A row of `cases` as it is first written."""

    id: UUID
    procedure: str
    procedure_version: int
    number: str
    channel: str
    language: str
    received_at: datetime
    registered_at: datetime
    attributes: Mapping[str, Any]
    missing: Sequence[str]
    status: str
    admitted_at: datetime | None
    merged_into: UUID | None
    fingerprint: str | None
    complainant: str | None
    receipt_hash: bytes
    rule: str | None
    document_numbers: Mapping[str, str]
    recused: Sequence[str] = ()


async def take_keys(tx: AsyncConnection, keys: Collection[str]) -> tuple[set[str], dict[str, AnsweredKey]]:
    """Take these idempotency keys until the end of the transaction: (those locked by others, those answered)."""
    if not keys:
        return set(), {}
    rows = await tx.execute(_TRY_KEYS, {"keys": sorted(keys)})
    busy = {row.key for row in rows if not row.ours}
    answered = (await tx.execute(_ANSWERED_KEYS, {"keys": list(keys)})).mappings()
    return busy, {row["key"]: AnsweredKey(**row) for row in answered}


async def put_keys(tx: AsyncConnection, answered: Sequence[AnsweredKey], now: datetime) -> None:
    """Keep what was answered under keys that are locked; `now` is real time."""
    columns: dict[str, Any] = {
        name: [getattr(one, name) for one in answered] for name in AnsweredKey.__dataclass_fields__
    }
    if answered:
        await tx.execute(_PUT_KEYS, columns | {"now": now})


async def forget_keys(tx: AsyncConnection, before: datetime) -> int:
    """Delete what was answered before an instant of real time; returns how many."""
    return (await tx.execute(_FORGET_KEYS, {"before": before})).rowcount


async def lock_fingerprints(
    tx: AsyncConnection, fingerprints: Collection[str]
) -> dict[str, list[tuple[UUID, datetime]]]:
    """Hold these fingerprints until the end of the transaction: their live cases with the instant of receipt.

    Two equal complaints at once go one after the other, so that exactly one is the first.
    """
    found: dict[str, list[tuple[UUID, datetime]]] = {fingerprint: [] for fingerprint in fingerprints}
    if fingerprints:
        await tx.execute(_LOCK_FINGERPRINTS, {"fingerprints": sorted(fingerprints)})
        for row in await tx.execute(_LIVE, {"fingerprints": list(fingerprints), "ending": sorted(ENDING)}):
            found[row.fingerprint].append((row.id, row.received_at))
    return found


async def count_on(tx: AsyncConnection, wanted: Mapping[Counter, int]) -> dict[Counter, int]:
    """The first of so many next numbers of each series.

    The rows stay locked until the end of the transaction: whoever comes next waits, and a rollback gives the numbers
    back, so that there are no gaps. Called as late as can be.
    """
    if not wanted:
        return {}
    series = sorted(wanted)
    columns: dict[str, list[Any]] = {
        name: [getattr(one, name) for one in series] for name in Counter.__dataclass_fields__
    }
    rows = await tx.execute(_COUNT, columns | {"wanted": [wanted[one] for one in series]})
    last = {Counter(row.procedure, row.scheme, row.period): row.last for row in rows}
    return {one: last[one] - wanted[one] + 1 for one in series}


async def insert_cases(tx: AsyncConnection, rows: Sequence[NewCase]) -> None:
    """Write new cases."""
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in rows] for name in NewCase.__dataclass_fields__
    }
    columns["attributes"] = [json.dumps(dict(row.attributes), ensure_ascii=False) for row in rows]
    columns["missing"] = [json.dumps(list(row.missing)) for row in rows]
    columns["document_numbers"] = [json.dumps(dict(row.document_numbers), ensure_ascii=False) for row in rows]
    columns["recused"] = [",".join(row.recused) for row in rows]
    await tx.execute(_INSERT, columns)
