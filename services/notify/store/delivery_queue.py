"""The sender's queries: routing to lanes, picking lanes, the beginning and the end of an attempt.

All instants here are real time, save `settled_at`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_UNROUTED = text(
    """
    SELECT * FROM notices
    WHERE state = 'waiting' AND lane IS NULL AND next_try_at <= :now
    ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_ROUTE = text(
    """
    UPDATE notices SET lane = came.lane, sink = came.sink, addressee = came.addressee
    FROM unnest(CAST(:ids AS uuid[]), CAST(:lanes AS text[]), CAST(:sinks AS text[]), CAST(:addressees AS text[]))
        AS came (id, lane, sink, addressee)
    WHERE notices.id = came.id
    """
)
_OPEN_LANES = text(
    """
    INSERT INTO lanes (lane, sink, open_at)
    SELECT lane, sink, :now FROM unnest(CAST(:lanes AS text[]), CAST(:sinks AS text[])) AS came (lane, sink)
    ORDER BY lane ON CONFLICT DO NOTHING
    """
)
_POSTPONE = text("UPDATE notices SET next_try_at = :until WHERE id = ANY(:ids) AND state = 'waiting'")
_UNROUTE = text("UPDATE notices SET lane = NULL WHERE id = ANY(:ids) AND state = 'waiting'")
_UNROUTE_ALL = text("UPDATE notices SET lane = NULL WHERE state = 'waiting' AND lane IS NOT NULL")

# A lane is worth picking when one of its notices is due; one that failed is also probed with its first notice, so that
# a receiver that has come back is found within minutes and not at the end of one notice's long wait.
_PICK = text(
    """
    UPDATE lanes SET busy_by = :me, picked_at = :now FROM (
        SELECT l.lane FROM lanes l
        WHERE l.busy_by IS NULL AND l.open_at <= :now AND (l.failures = 0 OR :with_failing)
            AND EXISTS (SELECT 1 FROM notices n WHERE n.lane = l.lane AND n.state = 'waiting'
                AND (n.next_try_at <= :now OR l.failures > 0))
        ORDER BY l.failures > 0, l.picked_at NULLS FIRST LIMIT :limit FOR UPDATE SKIP LOCKED) AS chosen
    WHERE lanes.lane = chosen.lane RETURNING lanes.lane, lanes.sink, lanes.failures, lanes.disabled_at
    """
)
_HEAD = text(
    """
    SELECT * FROM notices WHERE lane = :lane AND state = 'waiting' AND (next_try_at <= :now OR :probe)
    ORDER BY position LIMIT :limit
    """
)
_BEGIN = text(
    """
    WITH begun AS (
        UPDATE notices SET state = 'sending', sender = :me, attempts = attempts + 1, sink = came.sink
        FROM unnest(CAST(:ids AS uuid[]), CAST(:sinks AS text[])) AS came (id, sink)
        WHERE notices.id = came.id AND state = 'waiting' AND lane = :lane
            AND EXISTS (SELECT 1 FROM lanes WHERE lanes.lane = :lane AND busy_by = :me)
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
    SELECT * FROM notices WHERE lane = :lane AND state = 'waiting' AND queued_at <= :before
    ORDER BY position LIMIT 500
    """
)
_LANE_FAILED = text(
    """
    UPDATE lanes SET failures = failures + 1, open_at = :until, reason = :reason,
        disabled_at = CASE WHEN :disabled THEN :now ELSE disabled_at END
    WHERE lane = :lane AND busy_by = :me RETURNING failures
    """
)
_LANE_WELL = text("UPDATE lanes SET failures = 0, reason = NULL WHERE lane = :lane AND busy_by = :me AND failures > 0")
_BRING_FORWARD = text(
    "UPDATE notices SET next_try_at = :now WHERE lane = :lane AND state = 'waiting' AND next_try_at > :now"
)
_RELEASE = text("UPDATE lanes SET busy_by = NULL WHERE lane = :lane AND busy_by = :me")

_WAITING = text("SELECT count(*) FROM notices WHERE state = 'waiting'")
_ENDPOINTS = text(
    """
    SELECT l.lane, l.sink, l.failures, l.open_at, l.disabled_at, l.reason,
        (SELECT count(*) FROM notices n WHERE n.lane = l.lane AND n.state = 'waiting') AS waiting
    FROM lanes l ORDER BY l.lane
    """
)


@dataclass(frozen=True)
class Route:
    """Where a notice goes."""

    id: UUID
    lane: str
    sink: str
    addressee: str


@dataclass(frozen=True)
class Ending:
    """How an attempt ended: the notice's new state (sent, failed or waiting), and when it is tried next (real)."""

    id: UUID
    state: str
    reason: str | None
    next_try_at: datetime
    counted: bool = True
    blanks: int = 0
    ambiguous: bool = False


async def unrouted(tx: AsyncConnection, now: datetime, limit: int) -> list[Any]:
    """Due notices without a lane, locked."""
    return list(await tx.execute(_UNROUTED, {"now": now, "limit": limit}))


async def route(tx: AsyncConnection, routes: Sequence[Route], now: datetime) -> None:
    """Put notices into their lanes, opening lanes that are new."""
    if not routes:
        return
    known = {one.lane: one.sink for one in routes}
    await tx.execute(_OPEN_LANES, {"lanes": list(known), "sinks": list(known.values()), "now": now})
    await tx.execute(
        _ROUTE,
        {
            "ids": [one.id for one in routes],
            "lanes": [one.lane for one in routes],
            "sinks": [one.sink for one in routes],
            "addressees": [one.addressee for one in routes],
        },
    )


async def postpone(tx: AsyncConnection, ids: Collection[UUID], until: datetime) -> None:
    """Leave waiting notices alone until then."""
    if ids:
        await tx.execute(_POSTPONE, {"ids": list(ids), "until": until})


async def unroute(tx: AsyncConnection, ids: Collection[UUID]) -> None:
    """Take notices out of their lanes, because their addressee has changed."""
    if ids:
        await tx.execute(_UNROUTE, {"ids": list(ids)})


async def unroute_all(tx: AsyncConnection) -> None:
    """Take all waiting notices out of their lanes, because the configuration may have changed."""
    await tx.execute(_UNROUTE_ALL)


async def pick(tx: AsyncConnection, me: UUID, now: datetime, limit: int, *, with_failing: bool) -> list[Any]:
    """Take up to `limit` lanes with something to do: those that are well first, then whoever waited longest."""
    return list(await tx.execute(_PICK, {"me": me, "now": now, "limit": limit, "with_failing": with_failing}))


async def head(tx: AsyncConnection, lane: str, now: datetime, limit: int, *, probe: bool) -> list[Any]:
    """The first due notices of a lane; with `probe` its first notice, due or not."""
    given = {"lane": lane, "now": now, "limit": 1 if probe else limit, "probe": probe}
    return list(await tx.execute(_HEAD, given))


async def begin(tx: AsyncConnection, me: UUID, lane: str, sinks: Mapping[UUID, str], now: datetime) -> set[UUID]:
    """Write that an attempt begins, and by which sink; returns those notices that are still ours to send."""
    given = {"me": me, "lane": lane, "ids": list(sinks), "sinks": list(sinks.values()), "now": now}
    rows = await tx.execute(_BEGIN, given)
    return {row.notice_id for row in rows}


async def finish(
    tx: AsyncConnection, me: UUID, endings: Sequence[Ending], now: datetime, settled_at: datetime
) -> dict[UUID, int]:
    """Write how attempts ended; returns the attempts so far of those that were still ours."""
    rows = await tx.execute(
        _FINISH,
        {
            "me": me,
            "now": now,
            "settled_at": settled_at,
            "ids": [one.id for one in endings],
            "states": [one.state for one in endings],
            "reasons": [one.reason for one in endings],
            "next_tries": [one.next_try_at for one in endings],
            "tries": [int(one.counted) for one in endings],
            "blanks": [one.blanks for one in endings],
            "ambiguous": [one.ambiguous for one in endings],
        },
    )
    return {row.id: row.attempts for row in rows}


async def fail_waiting(tx: AsyncConnection, ids: Collection[UUID], reason: str, settled_at: datetime) -> set[UUID]:
    """Give up notices that nobody is sending; returns those given up."""
    rows = await tx.execute(_FAIL_WAITING, {"ids": list(ids), "reason": reason, "settled_at": settled_at})
    return {row.id for row in rows}


async def older(tx: AsyncConnection, lane: str, before: datetime) -> list[Any]:
    """A lane's waiting notices that were queued before then."""
    return list(await tx.execute(_OLD, {"lane": lane, "before": before}))


async def lane_failed(
    tx: AsyncConnection, me: UUID, lane: str, now: datetime, until: datetime, reason: str, *, disabled: bool
) -> None:
    """Note that a lane's receiver failed, and leave it alone until then."""
    given = {"me": me, "lane": lane, "now": now, "until": until, "reason": reason, "disabled": disabled}
    await tx.execute(_LANE_FAILED, given)


async def lane_well(tx: AsyncConnection, me: UUID, lane: str, now: datetime) -> None:
    """Note that a lane's receiver answers; if it had failed, all that waits for it is due now."""
    if (await tx.execute(_LANE_WELL, {"me": me, "lane": lane})).rowcount:
        await tx.execute(_BRING_FORWARD, {"lane": lane, "now": now})


async def release(tx: AsyncConnection, me: UUID, lane: str) -> None:
    """Let others have the lane."""
    await tx.execute(_RELEASE, {"me": me, "lane": lane})


async def waiting(tx: AsyncConnection) -> int:
    """How many notices wait."""
    return int(await tx.scalar(_WAITING) or 0)


async def endpoints(tx: AsyncConnection) -> list[Any]:
    """Every lane as it stands."""
    return list(await tx.execute(_ENDPOINTS))
