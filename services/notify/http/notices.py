"""Notices and their attempts over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.notify.domain.rows import NoticeRow, NoticeState
from services.notify.http.paging import After, Limit
from services.notify.store import notices as store_notices
from shared.business_time.clock import Clock
from shared.errors import Conflict, NotFound
from shared.hosting.host import Context
from shared.hosting.http import needs

_SHOWN = (
    "id", "position", "case_id", "notice", "to", "occurrence", "event_id", "state", "occurred_at", "made_at", "sink",
    "addressee", "tries", "attempts", "resends", "blanks", "reason", "ambiguous", "settled_at", "joined_to", "form",
)  # fmt: skip


def notice_routes(context: Context, real: Clock) -> APIRouter:
    """The routes."""
    api = APIRouter()
    engine = context.engine

    @api.get("/v1/notices", dependencies=[needs("notices:read")])
    async def notices(
        case: UUID | None = None,
        state: NoticeState | None = None,
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
        """One notice with its attempts and those delivered within it; its text is kept nowhere."""
        async with engine.connect() as tx:
            row = await store_notices.one(tx, id)
            if row is None:
                raise NotFound("there is no such notice")
            tried = await store_notices.attempts_of(tx, id)
            joined = await store_notices.within(tx, id)
        return {**_notice(row), "tries": [asdict(one) for one in tried], "joined": joined}

    @api.post("/v1/notices/{id}/resend", status_code=202, dependencies=[needs("notices:write")])
    async def resend(id: UUID) -> dict[str, Any]:
        """Queue a failed notice again, and enable its receiver if it was disabled."""
        async with engine.begin() as tx:
            if await store_notices.one(tx, id) is None:
                raise NotFound("there is no such notice")
            if not await store_notices.resend(tx, id, real.now()):
                raise Conflict("only a notice that has failed can be sent again", field="state")
            row = await store_notices.one(tx, id)
            assert row is not None  # noqa: S101  (it was there in this transaction)
        return _notice(row)

    return api


def _notice(row: NoticeRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _SHOWN},
        "procedure": {"id": row.procedure, "version": row.version},
        "next_try_at": row.next_try_at if row.state == "waiting" else None,
        "after": row.position,
    }
