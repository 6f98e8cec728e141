"""The outbox: an event is said by writing it here, in the transaction of the decision that made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import envelope
from shared.events.envelope import Event

_KNOWN = text("SELECT event_id FROM outbox WHERE event_id = ANY(:ids)")
_NUMBERS = text(
    """
    INSERT INTO sequences (case_id, topic, last)
    SELECT * FROM unnest(CAST(:cases AS uuid[]), CAST(:topics AS text[]), CAST(:counts AS int[]))
        AS fresh (case_id, topic, n) ORDER BY case_id, topic
    ON CONFLICT (case_id, topic) DO UPDATE SET last = sequences.last + excluded.last
    RETURNING case_id, topic, last
    """
)
_INSERT = text(
    """
    WITH written AS (
        INSERT INTO outbox (event_id, case_id, sequence, topic, type, department, traceparent, value, said_at)
        SELECT * FROM unnest(
            CAST(:event_id AS uuid[]), CAST(:case_id AS uuid[]), CAST(:sequence AS int[]), CAST(:topic AS text[]),
            CAST(:type AS text[]), CAST(:department AS text[]), CAST(:traceparent AS text[]), CAST(:value AS bytea[]),
            CAST(:said_at AS timestamptz[]))
        RETURNING id)
    INSERT INTO unpublished (id) SELECT id FROM written
    """
)


async def append(tx: AsyncConnection, events: Sequence[Event]) -> list[Event]:
    """Write events in their order, numbered per case and topic; an event that was said before is left out.

    The caller holds the lock on each event's case, so that numbers follow the order of commits.
    Returns what was written, with sequence numbers.
    """
    if not events:
        return []
    known = {row.event_id for row in await tx.execute(_KNOWN, {"ids": [event.id for event in events]})}
    fresh = [event for event in {event.id: event for event in events}.values() if event.id not in known]
    if not fresh:
        return []
    counts = Counter(_place(event) for event in fresh)
    cases, topics = zip(*counts, strict=True)
    rows = await tx.execute(_NUMBERS, {"cases": list(cases), "topics": list(topics), "counts": list(counts.values())})
    following = {(row.case_id, row.topic): row.last - counts[row.case_id, row.topic] + 1 for row in rows}
    numbered = []
    for event in fresh:
        place = _place(event)
        numbered.append(event.numbered(following[place]))
        following[place] += 1
    await tx.execute(_INSERT, _columns(numbered))
    return numbered


def _place(event: Event) -> tuple[UUID, str]:
    return (event.subject, event.data.topic_.name)


def _columns(events: Sequence[Event]) -> dict[str, list[Any]]:
    return {
        "event_id": [event.id for event in events],
        "case_id": [event.subject for event in events],
        "sequence": [event.sequence for event in events],
        "topic": [event.data.topic_.name for event in events],
        "type": [event.type for event in events],
        "department": [getattr(event.data, "department", None) for event in events],
        "traceparent": [event.traceparent for event in events],
        "value": [envelope.encode(event) for event in events],
        "said_at": [event.time for event in events],
    }


_REPUBLISH = """
    INSERT INTO unpublished (id) SELECT id FROM outbox WHERE said_at >= :since {case}
    ON CONFLICT DO NOTHING
"""


async def republish(tx: AsyncConnection, *, since: datetime, case_id: UUID | None = None) -> int:
    """Mark what was said since then as not published, so that the relay sends it again. Returns how many."""
    sql = _REPUBLISH.format(case="AND case_id = :case_id" if case_id else "")
    values: dict[str, Any] = {"since": since} | ({"case_id": case_id} if case_id else {})
    return (await tx.execute(text(sql), values)).rowcount
