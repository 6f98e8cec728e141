"""The queries on notices as handlers and HTTP need them; the sender's are in `delivery_queue`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.notices import Conditional, Unsent
from services.notify.domain.reactions import NewNotice
from services.notify.domain.rows import AttemptRow, NoticeRow

_INSERT = text(
    """
    INSERT INTO notices (id, case_id, procedure, version, notice, "to", occurrence, event_id, details, conditional,
        clock, cycle, rank, state, occurred_at, emitted_at, joins, form, next_try_at, made_at, queued_at)
    SELECT *, CAST(:made_at AS timestamptz), CAST(:queued_at AS timestamptz)
    FROM unnest(CAST(:id AS uuid[]), CAST(:case_id AS uuid[]), CAST(:procedure AS text[]), CAST(:version AS int[]),
        CAST(:notice AS text[]), CAST(:to AS text[]), CAST(:occurrence AS text[]), CAST(:event_id AS uuid[]),
        CAST(:details AS jsonb[]), CAST(:conditional AS boolean[]), CAST(:clock AS text[]), CAST(:cycle AS int[]),
        CAST(:rank AS smallint[]), CAST(:state AS text[]), CAST(:occurred_at AS timestamptz[]),
        CAST(:emitted_at AS timestamptz[]), CAST(:joins AS boolean[]), CAST(:form AS text[]),
        CAST(:next_try_at AS timestamptz[]))
    ON CONFLICT (id) DO NOTHING
    """
)
_CONDITIONAL = text(
    """
    SELECT id, case_id, procedure, version, notice, emitted_at, state FROM notices
    WHERE case_id = ANY(:cases) AND conditional AND state IN ('undecided', 'waiting') AND NOT (joins AND attempts > 0)
    """
)
_DECIDE = text(
    """
    UPDATE notices SET state = came.state, queued_at = :now, next_try_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[])) AS came (id, state)
    WHERE notices.id = came.id AND notices.state IN ('undecided', 'waiting') AND notices.state <> came.state
    """
)
_UNSENT = text(
    """
    SELECT id, case_id, "to", clock, cycle, rank, occurred_at, joins, attempts,
        rank = 0 AND occurred_at < CAST(details ->> 'due' AS timestamptz) AS before_due FROM notices
    WHERE case_id = ANY(:cases) AND state = 'waiting' AND clock IS NOT NULL
    """
)
# What was joined to one that is not sent after all waits again, for itself.
_SUPERSEDE = text(
    """
    WITH gone AS (
        UPDATE notices SET state = 'superseded', reason = came.reason, settled_at = :now
        FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS came (id, reason)
        WHERE notices.id = came.id AND state = 'waiting' RETURNING notices.id, notices.case_id)
    UPDATE notices SET state = 'waiting', joined_to = NULL, queue = NULL, queued_at = :real_now, next_try_at = :real_now
    FROM gone WHERE notices.case_id = gone.case_id AND notices.joined_to = gone.id AND notices.state = 'joined'
    """
)
_FORGET = text("DELETE FROM notices WHERE state = 'undecided' AND queued_at < :before")

_LIST = text(
    """
    SELECT * FROM notices n
    WHERE (CAST(:case AS uuid) IS NULL OR n.case_id = :case) AND (CAST(:state AS text) IS NULL OR n.state = :state)
        AND (CAST(:ambiguous AS boolean) IS NULL OR n.ambiguous = :ambiguous) AND n.position > :after
    ORDER BY n.position LIMIT :limit
    """
)
_ONE = text("SELECT * FROM notices WHERE id = :id")
_ATTEMPTS = text("SELECT number, started_at, ended_at, outcome FROM attempts WHERE notice_id = :id ORDER BY number")
_RESEND = text(
    """
    UPDATE notices SET state = 'waiting', tries = 0, resends = resends + 1, next_try_at = :now, queued_at = :now,
        queue = NULL, ambiguous = false, settled_at = NULL
    WHERE id = :id AND state = 'failed'
    """
)
_WITHIN = text(
    """
    SELECT o.id FROM notices o JOIN notices n ON o.case_id = n.case_id AND o.joined_to = n.id
    WHERE n.id = :id ORDER BY o.occurred_at, o.id
    """
)
_ENABLE = text(
    """
    UPDATE endpoint_queues SET disabled_at = NULL, failures = 0, open_at = :now
    WHERE queue = (SELECT queue FROM notices WHERE id = :id) AND disabled_at IS NOT NULL
    """
)


def notice_rows(rows: Iterable[Row[Any]]) -> list[NoticeRow]:
    """What `SELECT *` or `RETURNING *` found in `notices`."""
    return [NoticeRow(**row._mapping) for row in rows]


async def add(tx: AsyncConnection, new: Sequence[NewNotice], made_at: datetime, queued_at: datetime) -> None:
    """Write notices; one that is there already is left as it is. `made_at` is on the cases' clock, `queued_at` real."""
    if not new:
        return
    rows = [one.planned for one in new]
    await tx.execute(
        _INSERT,
        {
            "id": [one.id for one in rows],
            "case_id": [one.case_id for one in rows],
            "procedure": [one.procedure for one in new],
            "version": [one.version for one in new],
            "notice": [one.notice for one in rows],
            "to": [one.to for one in rows],
            "occurrence": [one.occurrence for one in rows],
            "event_id": [one.event_id for one in rows],
            "details": [json.dumps(one.details, ensure_ascii=False) for one in rows],
            "conditional": [one.conditional for one in rows],
            "clock": [one.clock for one in rows],
            "cycle": [one.details.get("cycle") for one in rows],
            "rank": [one.rank for one in rows],
            "state": ["waiting" if one.due else "undecided" for one in rows],
            "occurred_at": [one.occurred_at for one in rows],
            "emitted_at": [one.emitted_at for one in rows],
            "joins": [one.joins for one in rows],
            "form": [one.form for one in rows],
            "next_try_at": [queued_at + timedelta(seconds=one.wait) for one in new],
            "made_at": made_at,
            "queued_at": queued_at,
        },
    )


async def conditional(tx: AsyncConnection, cases: Collection[UUID]) -> list[Conditional]:
    """The unsent notices of these cases whose condition a fact that comes late may still decide otherwise."""
    return [Conditional(*row) for row in await tx.execute(_CONDITIONAL, {"cases": list(cases)})]


async def decide(tx: AsyncConnection, states: Mapping[UUID, str], real_now: datetime) -> None:
    """Set `waiting` or `undecided`, where nobody has begun to send."""
    if states:
        await tx.execute(_DECIDE, {"ids": list(states), "states": list(states.values()), "now": real_now})


async def unsent_of_clocks(tx: AsyncConnection, cases: Collection[UUID]) -> list[Unsent]:
    """The waiting warnings and breaches of these cases."""
    rows = await tx.execute(_UNSENT, {"cases": list(cases)})
    return [
        Unsent(
            row.id, row.case_id, row.to, row.clock, row.cycle, row.rank, row.occurred_at, row.joins,
            bool(row.before_due), row.attempts > 0,
        )
        for row in rows
    ]  # fmt: skip


async def supersede(tx: AsyncConnection, gone: Mapping[UUID, str], now: datetime, real_now: datetime) -> bool:
    """End notices that need not be sent any more, each with its reason; `now` is on the cases' clock.

    True if others that were joined to them wait again: they may be needless too.
    """
    if not gone:
        return False
    given = {"ids": list(gone), "reasons": list(gone.values()), "now": now, "real_now": real_now}
    return bool((await tx.execute(_SUPERSEDE, given)).rowcount)


async def forget_undecided(tx: AsyncConnection, before: datetime) -> None:
    """Drop notices that no fact has decided since `before` (real)."""
    await tx.execute(_FORGET, {"before": before})


async def page(
    tx: AsyncConnection, *, case: UUID | None, state: str | None, ambiguous: bool | None, after: int, limit: int
) -> list[NoticeRow]:
    """Notices in the order in which they were made, from behind the position `after`."""
    given = {"case": case, "state": state, "ambiguous": ambiguous, "after": after, "limit": limit}
    return notice_rows(await tx.execute(_LIST, given))


async def one(tx: AsyncConnection, id: UUID) -> NoticeRow | None:
    """A notice, or None."""
    return next(iter(notice_rows(await tx.execute(_ONE, {"id": id}))), None)


async def attempts_of(tx: AsyncConnection, id: UUID) -> list[AttemptRow]:
    """A notice's attempts, in order."""
    return [AttemptRow(*row) for row in await tx.execute(_ATTEMPTS, {"id": id})]


async def within(tx: AsyncConnection, id: UUID) -> list[UUID]:
    """What is delivered within a notice, in the order in which it happened."""
    return [row.id for row in await tx.execute(_WITHIN, {"id": id})]


async def resend(tx: AsyncConnection, id: UUID, real_now: datetime) -> bool:
    """Queue a failed notice again, and enable its receiver if it was disabled. False if it has not failed."""
    await tx.execute(_ENABLE, {"id": id, "now": real_now})
    return bool((await tx.execute(_RESEND, {"id": id, "now": real_now})).rowcount)
