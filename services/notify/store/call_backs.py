"""The queries on call-back tasks and on satisfaction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.reactions import NewCall
from services.notify.domain.rows import Call, CallRow, CallState, SatisfactionRow

_INSERT = text(
    """
    INSERT INTO call_backs (id, case_id, procedure, version, element, occurrence, event_id, conditional, state,
        occurred_at, emitted_at, due_at)
    VALUES (:id, :case_id, :procedure, :version, :element, :occurrence, :event_id, :conditional, :state,
        :occurred_at, :emitted_at, :due_at)
    ON CONFLICT (id) DO NOTHING
    """
)
_UNDECIDED = text(
    "SELECT * FROM call_backs WHERE case_id = ANY(:cases) AND conditional AND state = 'undecided' FOR UPDATE"
)
_OPEN = text("UPDATE call_backs SET state = 'open' WHERE id = ANY(:ids) AND state = 'undecided'")
_LIST = text(
    """
    SELECT * FROM call_backs
    WHERE (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:case AS uuid) IS NULL OR case_id = :case)
        AND position > :after AND state <> 'undecided'
    ORDER BY position LIMIT :limit
    """
)
_CASE_OF = text("SELECT case_id FROM call_backs WHERE id = :id AND state <> 'undecided'")
_ONE = text("SELECT * FROM call_backs WHERE id = :id AND state <> 'undecided' FOR UPDATE")
_ANSWER = text(
    """
    UPDATE call_backs SET state = :state, calls = CAST(:calls AS jsonb), satisfied = :satisfied, score = :score,
        answered_at = :answered_at
    WHERE id = :id
    """
)
_COUNT = text("SELECT count(*) FROM call_backs WHERE state = 'open'")
_SATISFACTION = text("SELECT * FROM satisfactions WHERE case_id = :case AND cycle = :cycle")
_RECORD_SATISFACTION = text(
    """
    INSERT INTO satisfactions (case_id, cycle, satisfied, score, at) VALUES (:case, :cycle, :satisfied, :score, :at)
    """
)


async def add(tx: AsyncConnection, calls: Sequence[NewCall]) -> None:
    """Write tasks; one that is there already is left as it is."""
    for call in calls:
        one = call.planned
        await tx.execute(
            _INSERT,
            {
                "id": one.id,
                "case_id": one.case_id,
                "procedure": call.procedure,
                "version": call.version,
                "element": one.element,
                "occurrence": one.occurrence,
                "event_id": one.event_id,
                "conditional": one.conditional,
                "state": "open" if one.due else "undecided",
                "occurred_at": one.occurred_at,
                "emitted_at": one.emitted_at,
                "due_at": call.due_at,
            },
        )


async def undecided(tx: AsyncConnection, cases: Collection[UUID]) -> list[CallRow]:
    """The tasks of these cases whose condition has not held so far."""
    return _rows(await tx.execute(_UNDECIDED, {"cases": list(cases)}))


async def open_(tx: AsyncConnection, ids: Collection[UUID]) -> None:
    """Open tasks whose condition holds now."""
    if ids:
        await tx.execute(_OPEN, {"ids": list(ids)})


async def page(tx: AsyncConnection, *, state: str | None, case: UUID | None, after: int, limit: int) -> list[CallRow]:
    """Tasks in the order in which they were made."""
    return _rows(await tx.execute(_LIST, {"state": state, "case": case, "after": after, "limit": limit}))


async def case_of(tx: AsyncConnection, id: UUID) -> UUID | None:
    """A task's case, or None where there is no such task."""
    found: UUID | None = await tx.scalar(_CASE_OF, {"id": id})
    return found


async def one(tx: AsyncConnection, id: UUID) -> CallRow | None:
    """A task, locked, or None."""
    return next(iter(_rows(await tx.execute(_ONE, {"id": id}))), None)


async def answer(
    tx: AsyncConnection,
    id: UUID,
    *,
    state: CallState,
    calls: Sequence[Call],
    satisfied: bool | None,
    score: int | None,
    answered_at: datetime | None,
) -> None:
    """Write what came of a task."""
    await tx.execute(
        _ANSWER,
        {
            "id": id,
            "state": state,
            "calls": json.dumps([dataclasses.asdict(one) for one in calls]),
            "satisfied": satisfied,
            "score": score,
            "answered_at": answered_at,
        },
    )


async def open_count(tx: AsyncConnection) -> int:
    """How many tasks are open."""
    return int(await tx.scalar(_COUNT) or 0)


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


def _rows(rows: Iterable[Row[Any]]) -> list[CallRow]:
    return [CallRow(**{**row._mapping, "calls": tuple(Call(**one) for one in row.calls)}) for row in rows]
