"""Follow-ups and satisfaction over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.notify.domain.answers import Answer
from services.notify.domain.rows import FollowUpRow
from services.notify.handlers.follow_ups import FollowUps
from services.notify.http.paging import After, Limit
from services.notify.http.service import Person
from services.notify.store import follow_ups as store
from shared.hosting.host import Context
from shared.hosting.http import needs
from shared.procedures.model import Id
from shared.procedures.offices import COMPLAINANT
from shared.security.acting import Principal

Writer = Annotated[Principal, needs("notices:write")]


class CallAnswer(BaseModel):
    """What came of a call. `grade` and what follows only where the complainant was reached.

    `by`: the office that called; absent: the department that has the case.
    """

    model_config = ConfigDict(extra="forbid")

    reached: bool
    at: AwareDatetime | None = None
    by: Id | None = None
    person: Person | None = None
    satisfied: bool | None = None
    score: int | None = Field(default=None, ge=1, le=5)
    grade: str | None = Field(default=None, max_length=60)
    fields: dict[Annotated[str, Field(max_length=60)], bool | int | Annotated[str, Field(max_length=10_000)]] = Field(
        default_factory=dict, max_length=50
    )


class Satisfaction(BaseModel):
    """The complainant's own answer. `by`: who brings it, `complainant` or an office."""

    model_config = ConfigDict(extra="forbid")

    satisfied: bool
    score: int | None = Field(default=None, ge=1, le=5)
    by: Id = COMPLAINANT


def follow_up_routes(context: Context, handlers: FollowUps) -> APIRouter:
    """The routes."""
    api = APIRouter()

    @api.get("/v1/follow-ups", dependencies=[needs("notices:read")])
    async def follow_ups(
        state: Literal["waiting", "open", "done", "unreached", "superseded"] | None = None,
        overdue: bool = False,
        case: UUID | None = None,
        limit: Limit = 100,
        after: After = 0,
    ) -> dict[str, Any]:
        """Rounds of follow-ups in the order in which they were made; with `overdue` those open that are past due."""
        now = context.clock.now()
        async with context.engine.connect() as tx:
            rows = await store.page(
                tx, state=state, overdue_at=now if overdue else None, case=case, after=after, limit=limit
            )
        return {
            "follow_ups": [_view(row, now) for row in rows],
            "next": rows[-1].position if len(rows) == limit else None,
        }

    @api.post("/v1/follow-ups/{id}")
    async def answer(id: UUID, caller: Writer, body: CallAnswer) -> dict[str, Any]:
        """Record a call. Not reached: the round stays open, until the last attempt. The same answer again is fine."""
        now = context.clock.now()
        given = Answer(
            body.reached, body.at or now, body.by, body.person, body.satisfied, body.score, body.grade, body.fields
        )
        async with context.outbox.transaction() as tx:
            row = await handlers.answer(tx, id, given, caller, at_given=body.at is not None, now=now)
        return _view(row, now)

    @api.post("/v1/cases/{id}/satisfaction")
    async def satisfaction(id: UUID, caller: Writer, body: Satisfaction) -> dict[str, Any]:
        """Record the complainant's own answer: one for each cycle of the case."""
        now = context.clock.now()
        async with context.outbox.transaction() as tx:
            cycle, at = await handlers.record_satisfaction(
                tx, id, body.by, caller, satisfied=body.satisfied, score=body.score, now=now
            )
        return {"case_id": id, "cycle": cycle, "satisfied": body.satisfied, "score": body.score, "at": at}

    return api


def _view(row: FollowUpRow, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "case_id": row.case_id,
        "procedure": row.procedure,
        "procedure_version": row.version,
        "follow_up": row.follow_up,
        "round": row.round,
        "occurrence": row.occurrence,
        "cause": row.event_id,
        "state": row.state,
        "occurred_at": row.occurred_at,
        "opens_at": row.opens_at,
        "due_at": row.due_at,
        "overdue": row.state == "open" and row.due_at is not None and row.due_at < now,
        "calls": row.calls,
        "satisfied": row.satisfied,
        "score": row.score,
        "grade": row.grade,
        "fields": row.fields,
        "answered_at": row.answered_at,
        "after": row.position,
    }
