"""The timeline's queries, and how intake emits events: outbox, timeline and projection in one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.timeline import PROJECTED, Occurrence, TimelineEntry, entries, project
from services.intake.store import cases as store
from shared.events.envelope import Event
from shared.messaging import outbox

_INSERT = text(
    """
    INSERT INTO timeline
        (event_id, occurrence, case_id, qualifier, source, sequence, happened_at, emitted_at, type, details)
    SELECT * FROM unnest(CAST(:event_id AS uuid[]), CAST(:occurrence AS text[]), CAST(:case_id AS uuid[]),
        CAST(:qualifier AS text[]), CAST(:source AS text[]), CAST(:sequence AS int[]),
        CAST(:happened_at AS timestamptz[]), CAST(:emitted_at AS timestamptz[]), CAST(:type AS text[]),
        CAST(CAST(:details AS text[]) AS jsonb[]))
    ON CONFLICT DO NOTHING
    """
)
_PROJECTED = text(
    """
    SELECT case_id, source, sequence, occurrence, qualifier, happened_at FROM timeline
    WHERE case_id = ANY(:cases) AND occurrence = ANY(:names)
    """
)
_OF_CASE = text(
    """
    SELECT event_id, occurrence, case_id, qualifier, source, sequence, happened_at, emitted_at, type, details
    FROM timeline WHERE case_id = :case_id ORDER BY happened_at, emitted_at, source, sequence, occurrence
    """
).columns(details=JSONB)


async def write_entries(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Write the occurrences that these events are; one that is there already is left as it is."""
    rows = [entry for event in events for entry in entries(event)]
    if not rows:
        return
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in rows] for name in TimelineEntry.__dataclass_fields__ if name != "details"
    }
    columns["details"] = [json.dumps(row.details, ensure_ascii=False) for row in rows]
    await tx.execute(_INSERT, columns)


async def project_cases(tx: AsyncConnection, cases: Collection[UUID]) -> None:
    """Write anew where these cases stand, from their timelines; their rows are locked by the caller."""
    happened: dict[UUID, list[Occurrence]] = {case_id: [] for case_id in cases}
    for row in await tx.execute(_PROJECTED, {"cases": list(cases), "names": sorted(PROJECTED)}):
        one = Occurrence(row.source, row.sequence, row.occurrence, row.qualifier, row.happened_at)
        happened[row.case_id].append(one)
    await store.save_projections(tx, [(case_id, project(found)) for case_id, found in happened.items()])


async def emit(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Emit these events of existing cases, whose rows are locked: outbox, timeline, projection."""
    emitted = await outbox.append(tx, events)
    await write_entries(tx, emitted)
    await project_cases(tx, {event.subject for event in emitted})


async def timeline_of(connection: AsyncConnection, case_id: UUID) -> list[TimelineEntry]:
    """Everything that happened to a case, in the order in which it happened."""
    return [TimelineEntry(**row) for row in (await connection.execute(_OF_CASE, {"case_id": case_id})).mappings()]
