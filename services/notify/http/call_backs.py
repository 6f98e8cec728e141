"""Call-backs and satisfaction over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.notify.domain.rows import CallRow
from services.notify.handlers import call_backs as calls
from services.notify.handlers.reactions import Reactions
from services.notify.http.paging import After, Limit
from services.notify.store import call_backs as store_calls
from shared.hosting.host import Context
from shared.hosting.http import needs
from shared.procedures.model import Id
from shared.procedures.offices import COMPLAINANT
from shared.security.acting import Principal

Writer = Annotated[Principal, needs("notices:write")]


class CallAnswer(BaseModel):
    """What came of a call. `satisfied` and `score` only where the complainant was reached.

    `by`: the office that called; absent: the department that has the case.
    """

    model_config = ConfigDict(extra="forbid")

    reached: bool
    satisfied: bool | None = None
    score: int | None = Field(default=None, ge=1, le=5)
    at: AwareDatetime | None = None
    by: Id | None = None


class Satisfaction(BaseModel):
    """The complainant's own answer. `by`: who brings it, `complainant` or an office."""

    model_config = ConfigDict(extra="forbid")

    satisfied: bool
    score: int | None = Field(default=None, ge=1, le=5)
    by: Id = COMPLAINANT


def call_back_routes(context: Context, reactions: Reactions) -> APIRouter:
    """The routes."""
    api = APIRouter()

    @api.get("/v1/call-backs", dependencies=[needs("notices:read")])
    async def call_backs(
        state: Literal["open", "done"] | None = None, case: UUID | None = None, limit: Limit = 100, after: After = 0
    ) -> dict[str, Any]:
        """Call-back tasks in the order in which they were made."""
        async with context.engine.connect() as tx:
            rows = await store_calls.page(tx, state=state, case=case, after=after, limit=limit)
        return {
            "call_backs": [_call(row) for row in rows],
            "next": rows[-1].position if len(rows) == limit else None,
        }

    @api.post("/v1/call-backs/{id}")
    async def answer(id: UUID, caller: Writer, body: CallAnswer) -> dict[str, Any]:
        """Record a call. Not reached: the task stays open. The same answer again is fine, another one is a conflict."""
        now = context.clock.now()
        async with context.outbox.transaction() as tx:
            await calls.require_caller(tx, reactions, id, body.by, caller)
            row = await calls.answer(
                tx, reactions, id, reached=body.reached, satisfied=body.satisfied, score=body.score, at=body.at, now=now
            )
        return _call(row)

    @api.post("/v1/cases/{id}/satisfaction")
    async def satisfaction(id: UUID, caller: Writer, body: Satisfaction) -> dict[str, Any]:
        """Record the complainant's own answer: one for each cycle of the case."""
        now = context.clock.now()
        async with context.outbox.transaction() as tx:
            await calls.require_author(tx, reactions, id, body.by, caller)
            cycle, at = await calls.record_satisfaction(
                tx, reactions, id, satisfied=body.satisfied, score=body.score, now=now
            )
        return {"case_id": id, "cycle": cycle, "satisfied": body.satisfied, "score": body.score, "at": at}

    return api


def _call(row: CallRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "case_id": row.case_id,
        "occurrence": row.occurrence,
        "cause": row.event_id,
        "state": row.state,
        "occurred_at": row.occurred_at,
        "due_at": row.due_at,
        "calls": row.calls,
        "satisfied": row.satisfied,
        "score": row.score,
        "answered_at": row.answered_at,
        "after": row.position,
    }
