"""The tables of changes of rules and every query on them; pages of open cases, in the order of their ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

FIRST = UUID(int=0)

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('huiyin calendars', 0))")
_IN_FORCE = text("SELECT id, digest FROM calendars_in_force")
_PUT = text(
    """
    INSERT INTO calendars_in_force (id, version, digest, since)
    SELECT given.*, :now
    FROM unnest(CAST(:ids AS text[]), CAST(:versions AS text[]), CAST(:digests AS text[])) AS given
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, digest = excluded.digest, since = excluded.since
    """
)
_BEGIN = text(
    """
    INSERT INTO recomputations (because, started_at, noted_at, after_case, looked_at)
    VALUES (:because, :now, clock_timestamp(), :first, 0)
    """
)
_NEXT = text(
    """
    SELECT id, because, started_at, after_case FROM recomputations
    WHERE finished_at IS NULL AND noted_at <= clock_timestamp() - make_interval(secs => :settling)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
_OPEN = text(
    """
    SELECT id FROM cases
    WHERE open AND id > :after AND procedure = ANY(:procedures)
        AND (CAST(:version AS int) IS NULL OR version = :version)
    ORDER BY id LIMIT :limit
    """
)
_GO_ON = text("UPDATE recomputations SET after_case = :after, looked_at = looked_at + :looked WHERE id = :id")
# What was emitted counts, whoever emitted it: an event or a sweep may have decided on a case before its page came.
_FINISH = text(
    """
    UPDATE recomputations SET finished_at = :now, moved = emitted.moved, confirmed = emitted.confirmed
    FROM (
        SELECT count(*) FILTER (WHERE data->>'due_at' IS DISTINCT FROM data->>'previous_due_at') AS moved,
            count(*) FILTER (WHERE data->>'due_at' IS NOT DISTINCT FROM data->>'previous_due_at') AS confirmed
        FROM (
            SELECT CAST(convert_from(value, 'UTF8') AS json)->'data' AS data FROM outbox
            WHERE type = 'huiyin.deadline.rescheduled.v1' AND emitted_at >= :since) AS rescheduled
        WHERE data->>'cause' = ANY(:because)) AS emitted
    WHERE id = :id
    """
)
_LIST = text(
    """
    SELECT id, because, started_at, finished_at, looked_at, moved, confirmed FROM recomputations
    ORDER BY id DESC LIMIT :limit
    """
)
_PIN = text(
    """
    UPDATE cases SET procedure = given.procedure, version = given.version
    FROM unnest(CAST(:ids AS uuid[]), CAST(:procedures AS text[]), CAST(:versions AS int[]))
        AS given (id, procedure, version)
    WHERE cases.id = given.id
    """
)
_COUNT_OPEN = text("SELECT count(*) FROM cases WHERE open")


@dataclass(frozen=True, slots=True)
class Recomputation:
    """One that is under way; its row is locked. `because` are the causes that its events give."""

    id: int
    because: list[str]
    started_at: datetime
    after_case: UUID


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a recomputation has come; `moved` and `confirmed` count clocks once it is finished."""

    id: int
    because: list[str]
    started_at: datetime
    finished_at: datetime | None
    looked_at: int
    moved: int | None
    confirmed: int | None


async def lock_calendars(tx: AsyncConnection) -> None:
    """One process at a time looks at the calendars, until the transaction ends."""
    await tx.execute(_LOCK)


async def in_force(tx: AsyncConnection) -> dict[str, str]:
    """The digest of each calendar as it was last looked at."""
    return {row.id: row.digest for row in await tx.execute(_IN_FORCE)}


async def put_in_force(tx: AsyncConnection, calendars: Mapping[str, tuple[str, str]], now: datetime) -> None:
    """Note calendars: id -> (version, digest)."""
    values = {
        "ids": list(calendars),
        "versions": [version for version, _ in calendars.values()],
        "digests": [digest for _, digest in calendars.values()],
    }
    await tx.execute(_PUT, {**values, "now": now})


async def begin(tx: AsyncConnection, because: list[str], now: datetime) -> None:
    """Open a recomputation of all open clocks."""
    await tx.execute(_BEGIN, {"because": because, "now": now, "first": FIRST})


async def next_open(tx: AsyncConnection, settling: float) -> Recomputation | None:
    """The oldest that is not finished, noted at least `settling` real seconds ago, and in nobody's hands; locked."""
    row = (await tx.execute(_NEXT, {"settling": settling})).first()
    return Recomputation(row.id, list(row.because), row.started_at, row.after_case) if row else None


async def open_cases(
    tx: AsyncConnection, procedures: Collection[str], after: UUID, *, limit: int, version: int | None = None
) -> list[UUID]:
    """The ids of open cases of these procedures (of one version, if given) beyond a case, in order."""
    values = {"procedures": list(procedures), "after": after, "limit": limit, "version": version}
    return [row.id for row in await tx.execute(_OPEN, values)]


async def go_on(tx: AsyncConnection, id: int, after: UUID, looked: int) -> None:
    """Note how far a recomputation has come."""
    await tx.execute(_GO_ON, {"id": id, "after": after, "looked": looked})


async def finish(tx: AsyncConnection, one: Recomputation, since: datetime, now: datetime) -> None:
    """Close a recomputation and count what was emitted because of it, from `since` on."""
    await tx.execute(_FINISH, {"id": one.id, "because": one.because, "since": since, "now": now})


async def pin(tx: AsyncConnection, pins: Mapping[UUID, tuple[str, int]]) -> None:
    """Pin cases, which the caller holds, to versions of their procedures."""
    values = {
        "ids": list(pins),
        "procedures": [procedure for procedure, _ in pins.values()],
        "versions": [version for _, version in pins.values()],
    }
    await tx.execute(_PIN, values)


async def listed(connection: AsyncConnection, *, limit: int) -> list[Progress]:
    """The last recomputations, the newest first."""
    return [Progress(**row) for row in (await connection.execute(_LIST, {"limit": limit})).mappings()]


async def count_open_cases(connection: AsyncConnection) -> int:
    """How many cases are open."""
    return int(await connection.scalar(_COUNT_OPEN) or 0)
