"""Firing, done by the database: a page of timers becomes outbox rows in one statement, without deciding on their cases.

What a plain step says is known beforehand, but for the instant, the sequence number and the lateness. The records are
those that `decide` and the envelope would make; a test holds them equal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.arming import Cursor
from shared.events.deadlines import ClockBreached, ClockWarned
from shared.events.topics import DEADLINES
from shared.messaging.outbox import PAGE_IDS

# A planner without statistics (fresh or fast-growing tables) would read and sort the whole backlog for each page. So
# its choices are pinned, and each OFFSET 0 below keeps the order of work: a shard's range, then each timer's clock.
_PIN = text(
    """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_mergejoin', 'off', true)
    """
)
# Where each shard's page ends: at the last of `each` timers, or of those that are due.
_ENDS = text(
    """
    SELECT s.shard, last.* FROM shards s CROSS JOIN LATERAL (
        SELECT due_at, case_id, count(*) OVER () AS found, bool_and(plain) OVER () AS plain FROM (
            SELECT t.due_at, t.case_id, t.plain FROM timers t
            WHERE t.shard = s.shard AND (t.due_at, t.case_id) > (s.cursor_at, s.cursor_case) AND t.due_at <= :now
            ORDER BY t.due_at, t.case_id, t.id LIMIT :each) AS page
        ORDER BY due_at DESC, case_id DESC LIMIT 1) AS last
    WHERE s.shard = ANY(:shards)
    """
)
_DUE = """
    FROM (
        SELECT s.shard, s.cursor_at, s.cursor_case, p.at, p.case_id
        FROM unnest(CAST(:shards AS int[]), CAST(:at AS timestamptz[]), CAST(:cases AS uuid[]))
            AS p (shard, at, case_id) JOIN shards s USING (shard) OFFSET 0) AS p
    CROSS JOIN LATERAL (
        SELECT * FROM timers t WHERE t.shard = p.shard AND (t.due_at, t.case_id) > (p.cursor_at, p.cursor_case)
            AND t.due_at <= p.at AND (t.due_at, t.case_id) <= (p.at, p.case_id) OFFSET 0) AS t
    CROSS JOIN LATERAL (
        SELECT c.due_at AS target, c.provisional, c.procedure, c.version FROM clocks c
        WHERE c.case_id = t.case_id AND c.clock = t.clock AND c.cycle = t.cycle AND c.generation = t.generation
        OFFSET 0) AS c
"""
_TO_DECIDE = text(f"SELECT DISTINCT t.case_id {_DUE} WHERE NOT t.plain")


def _instant(of: str, zone: str) -> str:
    """SQL for an instant as Python writes it: without the microseconds if there are none."""
    utc = f"{of} AT TIME ZONE 'UTC'"
    form = 'YYYY-MM-DD"T"HH24:MI:SS'
    return (
        f"CASE WHEN date_trunc('second', {of}) = {of} THEN to_char({utc}, '{form}{zone}') "
        f"ELSE to_char({utc}, '{form}.US{zone}') END"
    )


_RECORD = f"""
    format('{{"specversion":"1.0","id":"%s","source":"/huiyin/sla","type":"%s","subject":"%s","time":"%s",'
        '"datacontenttype":"application/json","dataschema":"/contracts/%s.json","partitionkey":"%s",'
        '"procedure":"%s","procedureversion":%s,"sequence":%s,"cause":"%s#%s|%s|%s","data":{{"clock":"%s","cycle":%s,'
        '"due_at":"%s","provisional":%s,"step":"%s","step_due_at":"%s","fired_at":"%s","late_by":%s}}}}',
        d.event_id, d.type, d.case_id, CAST(:time AS text),
        d.type, d.case_id,
        d.procedure, d.version, d.sequence, d.clock, d.cycle, d.step, {_instant("d.target", "+00:00")},
        d.clock, d.cycle,
        {_instant("d.target", "Z")}, CAST(d.provisional AS text), d.step, {_instant("d.due_at", "Z")},
        CAST(:fired_at AS text), CAST(extract(epoch FROM :now - d.due_at) AS double precision))
"""
_FIRE = text(
    f"""
    WITH due AS MATERIALIZED (
        SELECT t.*, c.*, CASE t.step WHEN 'due' THEN CAST(:breached AS text) ELSE :warned END AS type,
            row_number() OVER of_case AS nth, count(*) OVER (PARTITION BY t.case_id) AS together
        {_DUE} WHERE t.case_id <> ALL(CAST(:decide AS uuid[]))
        WINDOW of_case AS (PARTITION BY t.case_id ORDER BY t.due_at, t.id)),
    numbers AS (
        INSERT INTO sequences (case_id, topic, last)
        SELECT case_id, :topic, count(*) FROM due GROUP BY case_id ORDER BY case_id
        ON CONFLICT (case_id, topic) DO UPDATE SET last = sequences.last + excluded.last
        RETURNING case_id, last),
    numbered AS (
        SELECT due.*, numbers.last - together + nth AS sequence FROM due JOIN numbers USING (case_id)),
    written AS (
        INSERT INTO outbox (event_id, case_id, sequence, topic, type, value, said_at)
        SELECT d.event_id, d.case_id, d.sequence, :topic, d.type, convert_to({_RECORD}, 'UTF8'), :now
        FROM numbered d ORDER BY d.due_at, d.id
        RETURNING id),
    pages AS (
        INSERT INTO unpublished (ids) SELECT array_agg(id ORDER BY id)
        FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / :page_ids AS page FROM written) AS cut
        GROUP BY page ORDER BY page),
    moved AS (
        UPDATE shards SET cursor_at = p.at, cursor_case = p.case_id
        FROM unnest(CAST(:shards AS int[]), CAST(:at AS timestamptz[]), CAST(:cases AS uuid[]))
            AS p (shard, at, case_id)
        WHERE shards.shard = p.shard)
    SELECT procedure, clock, step = 'due' AS breach,
        array_agg(CAST(extract(epoch FROM :now - due_at) AS real)) AS late FROM due GROUP BY 1, 2, 3
    """  # noqa: S608  (only text of this file is put into it)
)


@dataclass(frozen=True)
class Page:
    """How far shards can be fired now: where each ends, which are `full` (may have more), whether all is plain."""

    ends: Mapping[int, Cursor]
    full: frozenset[int]
    plain: bool


async def page(tx: AsyncConnection, shards: Collection[int], now: datetime, *, each: int) -> Page:
    """A page of what is due in shards that the caller holds: about `each` timers of a shard, no case torn apart."""
    await tx.execute(_PIN)
    rows = (await tx.execute(_ENDS, {"shards": list(shards), "now": now, "each": each})).all()
    return Page(
        ends={row.shard: Cursor(row.due_at, row.case_id) for row in rows},
        full=frozenset(row.shard for row in rows if row.found == each),
        plain=all(row.plain for row in rows),
    )


async def to_decide(tx: AsyncConnection, found: Page) -> set[UUID]:
    """The cases of a page that have a timer which is not plain: they are to be decided on."""
    if found.plain:
        return set()
    return {row.case_id for row in await tx.execute(_TO_DECIDE, _parameters(found))}


async def fire(tx: AsyncConnection, found: Page, decide: Collection[UUID], now: datetime) -> Sequence[Any]:
    """Say the page's steps, but for those of cases in `decide`, number them, and move the cursors past the page.

    Returns what was said: (procedure, clock, breach, late: seconds of each) for each kind. Raises sqlalchemy's
    IntegrityError if one was said before.
    """
    return (await tx.execute(_FIRE, _said(found, decide, now))).all()


async def explain(tx: AsyncConnection, found: Page, now: datetime) -> str:
    """Fire a page as `fire` does, and return how the database went about it."""
    rows = await tx.execute(text(f"EXPLAIN ANALYZE {_FIRE.text}"), _said(found, (), now))
    return "\n".join(row[0] for row in rows)


def _said(found: Page, decide: Collection[UUID], now: datetime) -> dict[str, Any]:
    return _parameters(found) | {
        "decide": list(decide),
        "now": now,
        "time": now.isoformat(),
        "fired_at": now.isoformat()[:-6] + "Z",
        "breached": ClockBreached.type_,
        "warned": ClockWarned.type_,
        "topic": DEADLINES.name,
        "page_ids": PAGE_IDS,
    }


def _parameters(found: Page) -> dict[str, Any]:
    return {
        "shards": list(found.ends),
        "at": [cursor.at for cursor in found.ends.values()],
        "cases": [cursor.case for cursor in found.ends.values()],
    }
