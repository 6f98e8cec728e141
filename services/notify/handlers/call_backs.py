"""Recording call-backs and satisfaction: state and events in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.answers import Answer, check, take
from services.notify.domain.case import Case
from services.notify.domain.rows import CallRow
from services.notify.handlers.reactions import Reactions
from services.notify.store import call_backs, cases
from shared.errors import Conflict, InvalidInput, NotFound
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.notices import CalledBack, Dissatisfied, Satisfied
from shared.messaging import outbox
from shared.procedures.offices import COMPLAINANT, offices
from shared.security.acting import Principal


async def require_caller(
    tx: AsyncConnection, reactions: Reactions, id: UUID, by: str | None, caller: Principal
) -> None:
    """Raise `Forbidden` unless the caller may act as the office that called: `by`, or the department with the case.

    Raises `NotFound` for a call-back that there is not, `InvalidInput` for what is no office of its procedure.
    """
    case_id = await call_backs.case_of(tx, id)
    if case_id is None:
        raise NotFound("there is no such call-back")
    case = await _case(tx, case_id)
    procedure = reactions.procedure_of(case)
    office = by or case.current("department") or procedure.default_department
    _require(case, office, offices(procedure), caller)


async def require_author(tx: AsyncConnection, reactions: Reactions, case_id: UUID, by: str, caller: Principal) -> None:
    """Raise `Forbidden` unless the caller may act as whoever brings the complainant's answer.

    Raises `NotFound` for a case that there is not, `InvalidInput` for what is no office of its procedure.
    """
    case = await _case(tx, case_id)
    _require(case, by, offices(reactions.procedure_of(case)) | {COMPLAINANT}, caller)


def _require(case: Case, by: str, known: Collection[str], caller: Principal) -> None:
    caller.require_office(case.procedure, by)
    if by not in known:
        raise InvalidInput("the procedure has no such office", field="by")


async def answer(
    tx: AsyncConnection,
    reactions: Reactions,
    id: UUID,
    *,
    reached: bool,
    satisfied: bool | None,
    score: int | None,
    at: datetime | None,
    now: datetime,
) -> CallRow:
    """Record a call and return the task's row as it is then. Raises `NotFound`, `InvalidInput` or `Conflict`."""
    case_id = await call_backs.case_of(tx, id)
    if case_id is None:
        raise NotFound("there is no such call-back")
    case = await _case(tx, case_id)
    row = await _task(tx, id)
    given = Answer(reached, satisfied, score, at or now)
    check(given, now)
    taken = take(row.state, row.calls, (row.satisfied, row.score), given, at_given=at is not None)
    if taken.repeated:
        return row
    await call_backs.answer(
        tx,
        id,
        state=taken.state,
        calls=taken.calls,
        satisfied=satisfied,
        score=score,
        answered_at=given.at if reached else None,
    )
    emitted: list[EventData] = [CalledBack(task_id=str(id), at=given.at, reached=reached)]
    if satisfied is not None:
        emitted.append(_view(satisfied, given.at, score))
    await _emit(tx, reactions, case, emitted, f"{id}|{len(taken.calls)}", now)
    return await _task(tx, id)


async def record_satisfaction(
    tx: AsyncConnection, reactions: Reactions, case_id: UUID, *, satisfied: bool, score: int | None, now: datetime
) -> tuple[int, datetime]:
    """Record the complainant's own answer: (cycle, when). The same again is fine, another one raises `Conflict`."""
    case = await _case(tx, case_id)
    cycle = int(case.current("cycle") or 1)
    known = await call_backs.satisfaction(tx, case_id, cycle)
    if known is not None:
        if (known.satisfied, known.score) != (satisfied, score):
            raise Conflict("the complainant has answered otherwise", hint="a reopened case can be answered anew")
        return cycle, known.at
    await call_backs.record_satisfaction(tx, case_id, cycle, satisfied=satisfied, score=score, at=now)
    await _emit(tx, reactions, case, [_view(satisfied, now, score)], f"satisfaction|{cycle}", now)
    return cycle, now


async def _task(tx: AsyncConnection, id: UUID) -> CallRow:
    row = await call_backs.one(tx, id)
    assert row is not None  # noqa: S101  (tasks are never deleted)
    return row


async def _case(tx: AsyncConnection, id: UUID) -> Case:
    found = await cases.load(tx, [id])
    if id not in found:
        raise NotFound("there is no such case")
    return found[id]


def _view(satisfied: bool, at: datetime, score: int | None) -> EventData:
    return Satisfied(at=at, score=score) if satisfied else Dissatisfied(at=at, score=score)


async def _emit(
    tx: AsyncConnection, reactions: Reactions, case: Case, data: list[EventData], cause: str, now: datetime
) -> None:
    pin = (case.procedure, case.version)
    made: list[Event] = [make("notify", case.id, pin, one, cause=cause, at=now) for one in data]
    await outbox.append(tx, [*made, *await reactions.apply_own(tx, made, now)])
