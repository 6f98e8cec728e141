"""The sender's queries: routing to queues, picking queues, the beginning and the end of an attempt.

All instants here are real time, save `settled_at`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.rows import NoticeRow, PickedQueue, QueueStatus
from services.notify.store.notices import notice_rows

_UNROUTED = text(
    """
    SELECT * FROM notices
    WHERE state = 'waiting' AND queue IS NULL AND next_try_at <= :now
    ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_ROUTE = text(
    """
    UPDATE notices SET queue = came.queue, sink = came.sink, addressee = came.addressee
    FROM unnest(CAST(:ids AS uuid[]), CAST(:queues AS text[]), CAST(:sinks AS text[]), CAST(:addressees AS text[]))
        AS came (id, queue, sink, addressee)
    WHERE notices.id = came.id
    """
)
_OPEN_QUEUES = text(
    """
    INSERT INTO endpoint_queues (queue, sink, open_at)
    SELECT queue, sink, :now FROM unnest(CAST(:queues AS text[]), CAST(:sinks AS text[])) AS came (queue, sink)
    ORDER BY queue ON CONFLICT DO NOTHING
    """
)
_POSTPONE = text("UPDATE notices SET next_try_at = :until WHERE id = ANY(:ids) AND state = 'waiting'")
_UNROUTE = text("UPDATE notices SET queue = NULL WHERE id = ANY(:ids) AND state = 'waiting'")
_UNROUTE_ALL = text("UPDATE notices SET queue = NULL WHERE state = 'waiting' AND queue IS NOT NULL")

# A queue is worth picking when one of its notices is due; one that failed is also probed with its first notice, so that
# a receiver that has come back is found within minutes and not at the end of one notice's long wait.
_PICK = text(
    """
    UPDATE endpoint_queues SET busy_by = :me, picked_at = :now FROM (
        SELECT l.queue FROM endpoint_queues l
        WHERE l.busy_by IS NULL AND l.open_at <= :now AND (l.failures = 0 OR :with_failing)
            AND EXISTS (SELECT 1 FROM notices n WHERE n.queue = l.queue AND n.state = 'waiting'
                AND (n.next_try_at <= :now OR l.failures > 0))
        ORDER BY l.failures > 0, l.picked_at NULLS FIRST LIMIT :limit FOR UPDATE SKIP LOCKED) AS chosen
    WHERE endpoint_queues.queue = chosen.queue
    RETURNING endpoint_queues.queue, endpoint_queues.sink, endpoint_queues.failures, endpoint_queues.disabled_at
    """
)
_HEAD = text(
    """
    SELECT * FROM notices WHERE queue = :queue AND state = 'waiting' AND (next_try_at <= :now OR :probe)
    ORDER BY position LIMIT :limit
    """
)
_BEGIN = text(
    """
    WITH begun AS (
        UPDATE notices SET state = 'sending', sender = :me, attempts = attempts + 1, sink = came.sink
        FROM unnest(CAST(:ids AS uuid[]), CAST(:sinks AS text[])) AS came (id, sink)
        WHERE notices.id = came.id AND state = 'waiting' AND queue = :queue
            AND EXISTS (SELECT 1 FROM endpoint_queues WHERE endpoint_queues.queue = :queue AND busy_by = :me)
        RETURNING notices.id, attempts)
    INSERT INTO attempts (notice_id, number, started_at) SELECT id, attempts, :now FROM begun RETURNING notice_id
    """
)
_FINISH = text(
    """
    WITH came AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
            CAST(:next_tries AS timestamptz[]), CAST(:tries AS int[]), CAST(:blanks AS int[]),
            CAST(:ambiguous AS boolean[])) AS came (id, state, reason, next_try_at, tries, blanks, ambiguous)),
    ended AS (
        UPDATE notices n SET state = came.state, reason = came.reason, next_try_at = came.next_try_at,
            tries = n.tries + came.tries, blanks = came.blanks, ambiguous = came.ambiguous, sender = NULL,
            settled_at = CASE WHEN came.state IN ('sent', 'failed') THEN CAST(:settled_at AS timestamptz) END
        FROM came WHERE n.id = came.id AND n.state = 'sending' AND n.sender = :me
        RETURNING n.id, n.attempts, came.state, came.reason),
    closed AS (
        UPDATE attempts a SET ended_at = :now, outcome = coalesce(ended.reason, ended.state)
        FROM ended WHERE a.notice_id = ended.id AND a.number = ended.attempts RETURNING a.notice_id)
    SELECT ended.id, ended.attempts FROM ended LEFT JOIN closed ON closed.notice_id = ended.id
    """
)
_FAIL_WAITING = text(
    """
    UPDATE notices SET state = 'failed', reason = :reason, settled_at = :settled_at
    WHERE id = ANY(:ids) AND state = 'waiting' RETURNING id
    """
)
_OLD = text(
    """
    SELECT * FROM notices WHERE queue = :queue AND state = 'waiting' AND queued_at <= :before
    ORDER BY position LIMIT 500
    """
)
_QUEUE_FAILED = text(
    """
    UPDATE endpoint_queues SET failures = failures + 1, open_at = :until, reason = :reason,
        disabled_at = CASE WHEN :disabled THEN :now ELSE disabled_at END
    WHERE queue = :queue AND busy_by = :me RETURNING failures
    """
)
_QUEUE_WELL = text(
    "UPDATE endpoint_queues SET failures = 0, reason = NULL WHERE queue = :queue AND busy_by = :me AND failures > 0"
)
_BRING_FORWARD = text(
    "UPDATE notices SET next_try_at = :now WHERE queue = :queue AND state = 'waiting' AND next_try_at > :now"
)
_RELEASE = text("UPDATE endpoint_queues SET busy_by = NULL WHERE queue = :queue AND busy_by = :me")

_WAITING = text("SELECT count(*) FROM notices WHERE state = 'waiting'")
_ENDPOINTS = text(
    """
    SELECT l.queue, l.sink, l.failures, l.open_at, l.disabled_at, l.reason,
        (SELECT count(*) FROM notices n WHERE n.queue = l.queue AND n.state = 'waiting') AS waiting
    FROM endpoint_queues l ORDER BY l.queue
    """
)


@dataclass(frozen=True)
class Route:
    """Where a notice goes."""

    id: UUID
    queue: str
    sink: str
    addressee: str


@dataclass(frozen=True)
class AttemptResult:
    """How an attempt ended: the notice's new state (sent, failed or waiting), and when it is tried next (real)."""

    id: UUID
    state: str
    reason: str | None
    next_try_at: datetime
    counted: bool = True
    blanks: int = 0
    ambiguous: bool = False


async def unrouted(tx: AsyncConnection, now: datetime, limit: int) -> list[NoticeRow]:
    """Due notices without a queue, locked."""
    return notice_rows(await tx.execute(_UNROUTED, {"now": now, "limit": limit}))


async def route(tx: AsyncConnection, routes: Sequence[Route], now: datetime) -> None:
    """Put notices into their queues, opening queues that are new."""
    if not routes:
        return
    known = {one.queue: one.sink for one in routes}
    await tx.execute(_OPEN_QUEUES, {"queues": list(known), "sinks": list(known.values()), "now": now})
    await tx.execute(
        _ROUTE,
        {
            "ids": [one.id for one in routes],
            "queues": [one.queue for one in routes],
            "sinks": [one.sink for one in routes],
            "addressees": [one.addressee for one in routes],
        },
    )


async def postpone(tx: AsyncConnection, ids: Collection[UUID], until: datetime) -> None:
    """Leave waiting notices alone until then."""
    if ids:
        await tx.execute(_POSTPONE, {"ids": list(ids), "until": until})


async def unroute(tx: AsyncConnection, ids: Collection[UUID]) -> None:
    """Take notices out of their queues, because their addressee has changed."""
    if ids:
        await tx.execute(_UNROUTE, {"ids": list(ids)})


async def unroute_all(tx: AsyncConnection) -> None:
    """Take all waiting notices out of their queues, because the configuration may have changed."""
    await tx.execute(_UNROUTE_ALL)


async def pick(tx: AsyncConnection, me: UUID, now: datetime, limit: int, *, with_failing: bool) -> list[PickedQueue]:
    """Take up to `limit` queues with something to do: those that are well first, then whoever waited longest."""
    given = {"me": me, "now": now, "limit": limit, "with_failing": with_failing}
    return [PickedQueue(*row) for row in await tx.execute(_PICK, given)]


async def head(tx: AsyncConnection, queue: str, now: datetime, limit: int, *, probe: bool) -> list[NoticeRow]:
    """The first due notices of a queue; with `probe` its first notice, due or not."""
    given = {"queue": queue, "now": now, "limit": 1 if probe else limit, "probe": probe}
    return notice_rows(await tx.execute(_HEAD, given))


async def begin(tx: AsyncConnection, me: UUID, queue: str, sinks: Mapping[UUID, str], now: datetime) -> set[UUID]:
    """Write that an attempt begins, and by which sink; returns those notices that are still ours to send."""
    given = {"me": me, "queue": queue, "ids": list(sinks), "sinks": list(sinks.values()), "now": now}
    rows = await tx.execute(_BEGIN, given)
    return {row.notice_id for row in rows}


async def finish(
    tx: AsyncConnection, me: UUID, results: Sequence[AttemptResult], now: datetime, settled_at: datetime
) -> dict[UUID, int]:
    """Write how attempts ended; returns the attempts so far of those that were still ours."""
    rows = await tx.execute(
        _FINISH,
        {
            "me": me,
            "now": now,
            "settled_at": settled_at,
            "ids": [one.id for one in results],
            "states": [one.state for one in results],
            "reasons": [one.reason for one in results],
            "next_tries": [one.next_try_at for one in results],
            "tries": [int(one.counted) for one in results],
            "blanks": [one.blanks for one in results],
            "ambiguous": [one.ambiguous for one in results],
        },
    )
    return {row.id: row.attempts for row in rows}


async def fail_waiting(tx: AsyncConnection, ids: Collection[UUID], reason: str, settled_at: datetime) -> set[UUID]:
    """Give up notices that nobody is sending; returns those given up."""
    rows = await tx.execute(_FAIL_WAITING, {"ids": list(ids), "reason": reason, "settled_at": settled_at})
    return {row.id for row in rows}


async def older(tx: AsyncConnection, queue: str, before: datetime) -> list[NoticeRow]:
    """A queue's waiting notices that were queued before then."""
    return notice_rows(await tx.execute(_OLD, {"queue": queue, "before": before}))


async def queue_failed(
    tx: AsyncConnection, me: UUID, queue: str, now: datetime, until: datetime, reason: str, *, disabled: bool
) -> None:
    """Note that a queue's receiver failed, and leave it alone until then."""
    given = {"me": me, "queue": queue, "now": now, "until": until, "reason": reason, "disabled": disabled}
    await tx.execute(_QUEUE_FAILED, given)


async def queue_well(tx: AsyncConnection, me: UUID, queue: str, now: datetime) -> None:
    """Note that a queue's receiver answers; if it had failed, all that waits for it is due now."""
    if (await tx.execute(_QUEUE_WELL, {"me": me, "queue": queue})).rowcount:
        await tx.execute(_BRING_FORWARD, {"queue": queue, "now": now})


async def release(tx: AsyncConnection, me: UUID, queue: str) -> None:
    """Let others have the queue."""
    await tx.execute(_RELEASE, {"me": me, "queue": queue})


async def waiting(tx: AsyncConnection) -> int:
    """How many notices wait."""
    return int(await tx.scalar(_WAITING) or 0)


async def endpoints(tx: AsyncConnection) -> list[QueueStatus]:
    """Every queue as it stands."""
    return [QueueStatus(*row) for row in await tx.execute(_ENDPOINTS)]
