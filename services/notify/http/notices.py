"""HTTP: notices and their attempts, receivers, call-backs, satisfaction."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.notify.handlers import call_backs as calls
from services.notify.handlers.events import Worker
from services.notify.store import call_backs as store_calls
from services.notify.store import delivery_queue
from services.notify.store import notices as store_notices
from shared.business_time.clock import Clock
from shared.errors import Conflict, NotFound
from shared.hosting.host import Context
from shared.hosting.http import needs

State = Literal["undecided", "waiting", "sending", "sent", "failed", "superseded", "joined"]
Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[int, Query(ge=0)]


class CallAnswer(BaseModel):
    """What came of a call. `satisfied` and `score` only where the complainant was reached."""

    model_config = ConfigDict(extra="forbid")

    reached: bool
    satisfied: bool | None = None
    score: int | None = Field(default=None, ge=1, le=5)
    at: AwareDatetime | None = None


class Satisfaction(BaseModel):
    """The complainant's own answer."""

    model_config = ConfigDict(extra="forbid")

    satisfied: bool
    score: int | None = Field(default=None, ge=1, le=5)


def router(context: Context, worker: Worker, real: Clock) -> APIRouter:
    """Notify's routes."""
    api = APIRouter()
    engine = context.engine

    @api.get("/v1/notices", dependencies=[needs("notices:read")])
    async def notices(
        case: UUID | None = None,
        state: State | None = None,
        ambiguous: bool | None = None,
        limit: Limit = 100,
        after: After = 0,
    ) -> dict[str, Any]:
        """Notices in the order in which they were made; `next` is the `after` of the next page."""
        async with engine.connect() as tx:
            rows = await store_notices.page(tx, case=case, state=state, ambiguous=ambiguous, after=after, limit=limit)
        return {
            "notices": [_notice(row) for row in rows],
            "next": rows[-1].position if len(rows) == limit else None,
        }

    @api.get("/v1/notices/{id}", dependencies=[needs("notices:read")])
    async def notice(id: UUID) -> dict[str, Any]:
        """One notice with its attempts and what is told within it; its text is kept nowhere."""
        async with engine.connect() as tx:
            row = await store_notices.one(tx, id)
            if row is None:
                raise NotFound("there is no such notice")
            tried = await store_notices.attempts_of(tx, id)
            joined = await store_notices.within(tx, id)
        return {**_notice(row), "tries": [dict(one._mapping) for one in tried], "joined": joined}

    @api.post("/v1/notices/{id}/resend", status_code=202, dependencies=[needs("notices:write")])
    async def resend(id: UUID) -> dict[str, Any]:
        """Queue a failed notice again, and enable its receiver if it was disabled."""
        async with engine.begin() as tx:
            if await store_notices.one(tx, id) is None:
                raise NotFound("there is no such notice")
            if not await store_notices.resend(tx, id, real.now()):
                raise Conflict("only a notice that has failed can be sent again", field="state")
            row = await store_notices.one(tx, id)
        return _notice(row)

    @api.get("/v1/receivers", dependencies=[needs("notices:read")])
    async def receivers() -> dict[str, Any]:
        """Every lane: failures in a row, when it may be tried again (real time), whether it is disabled, what waits."""
        async with engine.connect() as tx:
            return {"receivers": [dict(row._mapping) for row in await delivery_queue.endpoints(tx)]}

    @api.get("/v1/call-backs", dependencies=[needs("notices:read")])
    async def call_backs(
        state: Literal["open", "done"] | None = None, case: UUID | None = None, limit: Limit = 100, after: After = 0
    ) -> dict[str, Any]:
        """Call-back tasks in the order in which they were made."""
        async with engine.connect() as tx:
            rows = await store_calls.page(tx, state=state, case=case, after=after, limit=limit)
        return {
            "call_backs": [_call(row) for row in rows],
            "next": rows[-1].position if len(rows) == limit else None,
        }

    @api.post("/v1/call-backs/{id}", dependencies=[needs("notices:write")])
    async def answer(id: UUID, body: CallAnswer) -> dict[str, Any]:
        """Record a call. Not reached: the task stays open. The same answer again is fine, another one is a conflict."""
        now = context.clock.now()
        async with context.outbox.transaction() as tx:
            row = await calls.answer(
                tx, worker, id, reached=body.reached, satisfied=body.satisfied, score=body.score, at=body.at, now=now
            )
        return _call(row)

    @api.post("/v1/cases/{id}/satisfaction", dependencies=[needs("notices:write")])
    async def satisfaction(id: UUID, body: Satisfaction) -> dict[str, Any]:
        """Record the complainant's own answer: one for each cycle of the case."""
        now = context.clock.now()
        async with context.outbox.transaction() as tx:
            cycle, at = await calls.say(tx, worker, id, satisfied=body.satisfied, score=body.score, now=now)
        return {"case_id": id, "cycle": cycle, "satisfied": body.satisfied, "score": body.score, "at": at}

    return api


def _notice(row: Any) -> dict[str, Any]:
    found = dict(row._mapping)
    found.pop("version")
    return {
        **found,
        "procedure": {"id": row.procedure, "version": row.version},
        "next_try_at": row.next_try_at if row.state == "waiting" else None,
        "after": row.position,
    }


def _call(row: Any) -> dict[str, Any]:
    made: datetime | None = row.answered_at
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
        "answered_at": made,
        "after": row.position,
    }
