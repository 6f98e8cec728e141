"""The queries on what notify knows of cases."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.case import Case, from_body, to_body

_KNOWN = text("SELECT case_id FROM cases WHERE case_id = ANY(:cases)")
_LOAD = text("SELECT * FROM cases WHERE case_id = ANY(:cases) ORDER BY case_id FOR UPDATE")
_LOCK = text("SELECT 1 FROM cases WHERE case_id = ANY(:cases) ORDER BY case_id FOR UPDATE")
_READ = text("SELECT * FROM cases WHERE case_id = ANY(:cases)")
_SAVE = text(
    """
    INSERT INTO cases (case_id, procedure, version, pinned_at, case_number, body)
    SELECT * FROM unnest(CAST(:case_id AS uuid[]), CAST(:procedure AS text[]), CAST(:version AS int[]),
        CAST(:pinned_at AS timestamptz[]), CAST(:case_number AS text[]), CAST(:body AS jsonb[]))
    ON CONFLICT (case_id) DO UPDATE SET procedure = excluded.procedure, version = excluded.version,
        pinned_at = excluded.pinned_at, case_number = excluded.case_number, body = excluded.body
    """
)


async def known(tx: AsyncConnection, wanted: Collection[UUID]) -> set[UUID]:
    """Of these cases, those that are registered here."""
    return {row.case_id for row in await tx.execute(_KNOWN, {"cases": list(wanted)})}


async def load(tx: AsyncConnection, wanted: Collection[UUID]) -> dict[UUID, Case]:
    """Cases by id, each locked, in the order of their ids."""
    return {row.case_id: case_of(row) for row in await tx.execute(_LOAD, {"cases": list(wanted)})}


async def lock(tx: AsyncConnection, wanted: Collection[UUID]) -> None:
    """Lock cases without reading them."""
    await tx.execute(_LOCK, {"cases": list(wanted)})


async def read(tx: AsyncConnection, wanted: Collection[UUID]) -> dict[UUID, Case]:
    """Cases by id, not locked."""
    return {row.case_id: case_of(row) for row in await tx.execute(_READ, {"cases": list(wanted)})}


async def save(tx: AsyncConnection, changed: Sequence[Case]) -> None:
    """Write cases, new ones too."""
    if not changed:
        return
    await tx.execute(
        _SAVE,
        {
            "case_id": [one.id for one in changed],
            "procedure": [one.procedure for one in changed],
            "version": [one.version for one in changed],
            "pinned_at": [one.pinned_at for one in changed],
            "case_number": [one.case_number for one in changed],
            "body": [json.dumps(to_body(one), ensure_ascii=False) for one in changed],
        },
    )


def case_of(row: Row[Any]) -> Case:
    """A case from its row."""
    body = row.body if isinstance(row.body, dict) else json.loads(row.body)
    return from_body(row.case_id, row.procedure, row.version, row.pinned_at, row.case_number, body)
