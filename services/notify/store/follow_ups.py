"""The queries on follow-ups and on satisfaction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.answers import Answer, Taken
from services.notify.domain.follow_ups import NewFollowUp
from services.notify.domain.rows import Call, FollowUpRow, SatisfactionRow

_INSERT = text(
    """
    INSERT INTO follow_ups (id, case_id, procedure, version, follow_up, round, occurrence, event_id, conditional, state,
        occurred_at, emitted_at, opens_at, due_at)
    VALUES (:id, :case_id, :procedure, :version, :follow_up, :round, :occurrence, :event_id, :conditional, :state,
        :occurred_at, :emitted_at, :opens_at, :due_at)
    ON CONFLICT (id) DO NOTHING
    """
)
_UNDECIDED = text(
    "SELECT * FROM follow_ups WHERE case_id = ANY(:cases) AND conditional AND state = 'undecided' FOR UPDATE"
)
_DECIDE = text(
    """
    UPDATE follow_ups SET state = CASE WHEN opens_at <= greatest(occurred_at, :now) THEN 'open' ELSE 'waiting' END
    WHERE id = ANY(:ids) AND state = 'undecided'
    """
)
_SUPERSEDE = text(
    """
    UPDATE follow_ups SET state = 'superseded'
    FROM unnest(CAST(:cases AS uuid[]), CAST(:since AS timestamptz[])) AS came (case_id, since)
    WHERE follow_ups.case_id = came.case_id AND emitted_at < came.since AND state IN ('undecided', 'waiting', 'open')
    """
)
_OPENING = text(
    "SELECT case_id FROM follow_ups WHERE state = 'waiting' AND opens_at <= :now ORDER BY opens_at LIMIT :limit"
)
_OPEN = text(
    """
    UPDATE follow_ups SET state = 'open' WHERE case_id = ANY(:cases) AND state = 'waiting' AND opens_at <= :now
    RETURNING *
    """
)
_LIST = text(
    """
    SELECT * FROM follow_ups
    WHERE (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:case AS uuid) IS NULL OR case_id = :case)
        AND (CAST(:overdue_at AS timestamptz) IS NULL OR (state = 'open' AND due_at < :overdue_at))
        AND position > :after AND state <> 'undecided'
    ORDER BY position LIMIT :limit
    """
)
_CASE_OF = text("SELECT case_id FROM follow_ups WHERE id = :id AND state <> 'undecided'")
_ONE = text("SELECT * FROM follow_ups WHERE id = :id AND state <> 'undecided' FOR UPDATE")
_THESE = text("SELECT * FROM follow_ups WHERE id = ANY(:ids) ORDER BY position")
_ANSWER = text(
    """
    UPDATE follow_ups SET state = :state, calls = CAST(:calls AS jsonb), satisfied = :satisfied, score = :score,
        grade = :grade, fields = CAST(:fields AS jsonb), answered_at = :answered_at
    WHERE id = :id
    """
)
_COUNT = text(
    "SELECT count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue FROM follow_ups WHERE state = 'open'"
)
_SATISFACTION = text("SELECT * FROM satisfactions WHERE case_id = :case AND cycle = :cycle")
_RECORD_SATISFACTION = text(
    """
    INSERT INTO satisfactions (case_id, cycle, satisfied, score, at) VALUES (:case, :cycle, :satisfied, :score, :at)
    """
)


async def add(tx: AsyncConnection, new: Sequence[NewFollowUp], now: datetime) -> None:
    """Write rounds; one that is there already is left as it is."""
    for one in new:
        planned = one.planned
        await tx.execute(
            _INSERT,
            {
                "id": planned.id,
                "case_id": planned.case_id,
                "procedure": one.procedure,
                "version": one.version,
                "follow_up": planned.follow_up,
                "round": planned.round,
                "occurrence": planned.occurrence,
                "event_id": planned.event_id,
                "conditional": planned.conditional,
                "state": one.state(now),
                "occurred_at": planned.occurred_at,
                "emitted_at": planned.emitted_at,
                "opens_at": one.opens_at,
                "due_at": one.due_at,
            },
        )


async def undecided(tx: AsyncConnection, cases: Collection[UUID]) -> list[FollowUpRow]:
    """The follow-ups of these cases whose condition has not held so far."""
    return _rows(await tx.execute(_UNDECIDED, {"cases": list(cases)}))


async def decide(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> None:
    """Open those whose condition holds now, or let them wait for their time."""
    if ids:
        await tx.execute(_DECIDE, {"ids": list(ids), "now": now})


async def supersede(tx: AsyncConnection, ended: Mapping[UUID, datetime]) -> None:
    """End what nobody is asked any more: of these cases, what was before an instant."""
    if ended:
        await tx.execute(_SUPERSEDE, {"cases": list(ended), "since": list(ended.values())})


async def opening(tx: AsyncConnection, now: datetime, limit: int) -> set[UUID]:
    """Cases with a follow-up whose wait is over; not locked."""
    return {row.case_id for row in await tx.execute(_OPENING, {"now": now, "limit": limit})}


async def open_(tx: AsyncConnection, cases: Collection[UUID], now: datetime) -> list[FollowUpRow]:
    """Open the follow-ups of these cases whose wait is over; the caller holds the cases' locks."""
    return _rows(await tx.execute(_OPEN, {"cases": list(cases), "now": now}))


async def page(
    tx: AsyncConnection, *, state: str | None, overdue_at: datetime | None, case: UUID | None, after: int, limit: int
) -> list[FollowUpRow]:
    """Follow-ups in the order in which they were made; with `overdue_at` only open ones that were due before."""
    given = {"state": state, "overdue_at": overdue_at, "case": case, "after": after, "limit": limit}
    return _rows(await tx.execute(_LIST, given))


async def case_of(tx: AsyncConnection, id: UUID) -> UUID | None:
    """A follow-up's case, or None where there is no such follow-up."""
    found: UUID | None = await tx.scalar(_CASE_OF, {"id": id})
    return found


async def one(tx: AsyncConnection, id: UUID) -> FollowUpRow | None:
    """A follow-up, locked, or None."""
    return next(iter(_rows(await tx.execute(_ONE, {"id": id}))), None)


async def these(tx: AsyncConnection, ids: Collection[UUID]) -> list[FollowUpRow]:
    """Follow-ups by their ids, in the order in which they were made."""
    return _rows(await tx.execute(_THESE, {"ids": list(ids)})) if ids else []


async def answer(tx: AsyncConnection, id: UUID, taken: Taken, given: Answer) -> None:
    """Write what came of a call."""
    await tx.execute(
        _ANSWER,
        {
            "id": id,
            "state": taken.state,
            "calls": json.dumps([dataclasses.asdict(one) for one in taken.calls]),
            "satisfied": given.satisfied,
            "score": given.score,
            "grade": given.grade,
            "fields": json.dumps(dict(given.fields), ensure_ascii=False),
            "answered_at": given.at if given.reached else None,
        },
    )


async def open_counts(tx: AsyncConnection, now: datetime) -> tuple[int, int]:
    """How many follow-ups are open, and how many of them overdue."""
    row = (await tx.execute(_COUNT, {"now": now})).one()
    return row.open, row.overdue


async def satisfaction(tx: AsyncConnection, case: UUID, cycle: int) -> SatisfactionRow | None:
    """The complainant's answer in this cycle of the case, or None."""
    row = (await tx.execute(_SATISFACTION, {"case": case, "cycle": cycle})).first()
    return SatisfactionRow(**row._mapping) if row is not None else None


async def record_satisfaction(
    tx: AsyncConnection, case: UUID, cycle: int, *, satisfied: bool, score: int | None, at: datetime
) -> None:
    """Write the complainant's answer in this cycle of the case."""
    await tx.execute(
        _RECORD_SATISFACTION, {"case": case, "cycle": cycle, "satisfied": satisfied, "score": score, "at": at}
    )


def _rows(rows: Iterable[Row[Any]]) -> list[FollowUpRow]:
    return [FollowUpRow(**{**row._mapping, "calls": tuple(Call(**one) for one in row.calls)}) for row in rows]
