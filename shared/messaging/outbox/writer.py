"""The outbox: an event is emitted by writing it here, in the transaction of the decision that made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import envelope
from shared.events.envelope import Event
from shared.messaging.outbox.rows import COLUMNS, Row
from shared.messaging.outbox.transaction import appended_by
from shared.observability import tracing

Place = tuple[UUID, str]
"""A case and a topic: what sequence numbers are counted by."""

PAGE_IDS = 200
"""Ids on a page of `unpublished` at most: so many stay in the row itself, uncompressed."""

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
# The ids follow the order of the rows (the ORDER BY within the INSERT), and the pages follow the order of the ids.
_INSERT = text(
    """
    WITH written AS (
        INSERT INTO outbox (event_id, case_id, sequence, topic, type, department, traceparent, value, emitted_at)
        SELECT event_id, case_id, sequence, topic, type, department, traceparent, value, emitted_at
        FROM unnest(
            CAST(:event_id AS uuid[]), CAST(:case_id AS uuid[]), CAST(:sequence AS int[]), CAST(:topic AS text[]),
            CAST(:type AS text[]), CAST(:department AS text[]), CAST(:traceparent AS text[]), CAST(:value AS bytea[]),
            CAST(:emitted_at AS timestamptz[]))
            WITH ORDINALITY AS given (event_id, case_id, sequence, topic, type, department, traceparent, value,
                emitted_at, place)
        ORDER BY place
        RETURNING id)
    INSERT INTO unpublished (ids)
    SELECT array_agg(id ORDER BY id)
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / :page_ids AS page FROM written) AS numbered
    GROUP BY page ORDER BY page
    RETURNING ids
    """
)


async def append(tx: AsyncConnection, events: Sequence[Event]) -> list[Event]:
    """Write events in their order, numbered per case and topic; an event that was emitted before is left out.

    The caller holds the lock on each event's case, so that numbers follow the order of commits.
    An event without a trace context gets that of what caused it (see `tracing`).
    Returns what was written, with sequence numbers.
    """
    if not events:
        return []
    known = {row.event_id for row in await tx.execute(_KNOWN, {"ids": [event.id for event in events]})}
    fresh = [event for event in {event.id: event for event in events}.values() if event.id not in known]
    following = await _take_numbers(tx, Counter(_place(event) for event in fresh))
    numbered = []
    for event in fresh:
        place = _place(event)
        trace = event.traceparent or tracing.of_case(event.subject)
        numbered.append(replace(event, sequence=following[place], traceparent=trace))
        following[place] += 1
    await _append_rows(tx, [_row(event) for event in numbered])
    return numbered


async def _take_numbers(tx: AsyncConnection, counts: Mapping[Place, int]) -> dict[Place, int]:
    """The first of so many numbers of each case and topic. They are taken under a row lock that lasts until the
    transaction ends, and given back if it fails: no gaps."""
    if not counts:
        return {}
    cases, topics = zip(*counts, strict=True)
    rows = await tx.execute(_NUMBERS, {"cases": list(cases), "topics": list(topics), "counts": list(counts.values())})
    return {(row.case_id, row.topic): row.last - counts[row.case_id, row.topic] + 1 for row in rows}


async def _append_rows(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    values: dict[str, Any] = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    pages = await tx.execute(_INSERT, values | {"page_ids": PAGE_IDS})
    appended = appended_by(tx)
    if appended is not None:
        if appended.outbox.cache is not None:
            appended.outbox.cache.put(sorted(id_ for page in pages for id_ in page.ids), rows)
        appended.note()


def _place(event: Event) -> Place:
    return (event.subject, event.data.topic_.name)


def _row(event: Event) -> Row:
    return (
        event.id,
        event.subject,
        event.sequence,
        event.data.topic_.name,
        event.type,
        getattr(event.data, "department", None),
        event.traceparent,
        envelope.encode(event),
        event.time,
    )


_LOCK = text("LOCK TABLE unpublished IN SHARE ROW EXCLUSIVE MODE")
# Rows that follow one another make pages; a bundle is a page of its own, in its place between them.
_REPUBLISH = """
    WITH gone AS (DELETE FROM unpublished RETURNING ids, bundle),
    wanted AS (
        SELECT id, 0 AS place FROM outbox WHERE emitted_at >= :since {case}
        UNION ALL
        SELECT id, place FROM bundles CROSS JOIN LATERAL unnest(case_ids) WITH ORDINALITY AS e (case_id, place)
        WHERE emitted_at >= :since {case}),
    waiting AS (
        SELECT id, place FROM wanted
        UNION SELECT unnest(ids), 0 FROM gone WHERE bundle IS NULL
        UNION SELECT bundle, unnest(ids) FROM gone WHERE bundle IS NOT NULL),
    placed AS (
        SELECT id, place, place > 0 AS bundled, max(CASE WHEN place > 0 THEN id END) OVER (ORDER BY id, place) AS bundle
        FROM waiting),
    cut AS (
        SELECT *, CASE WHEN bundled THEN 0
            ELSE (row_number() OVER (PARTITION BY bundled, bundle ORDER BY id) - 1) / :page_ids END AS page
        FROM placed),
    pages AS (
        INSERT INTO unpublished (ids, bundle)
        SELECT array_agg(CASE WHEN bundled THEN place ELSE id END ORDER BY id, place), CASE WHEN bundled THEN bundle END
        FROM cut GROUP BY bundled, bundle, page ORDER BY min(id))
    SELECT count(*) FROM wanted
"""


async def republish(tx: AsyncConnection, *, since: datetime, case_id: UUID | None = None) -> int:
    """Mark what was emitted since then (an aware instant, included) as not published, so that the relay sends it again.

    Returns how many events that are. What waits already is put in line with it, by age, so that a case's events come in
    their order even to a broker that has lost everything. Whoever appends meanwhile waits until `tx` ends.
    """
    await tx.execute(_LOCK)
    sql = _REPUBLISH.format(case="AND case_id = :case_id" if case_id else "")
    values: dict[str, Any] = {"since": since, "page_ids": PAGE_IDS} | ({"case_id": case_id} if case_id else {})
    return int(await tx.scalar(text(sql), values) or 0)
