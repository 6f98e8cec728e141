"""Changes of rules over HTTP: what one would do before it is made, what is in force, how far a change has come."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from services.sla.handlers import what_if
from services.sla.store import rule_changes
from shared.hosting.host import Context
from shared.hosting.http import needs

WHAT_IF_PATH = "/v1/what-if"
WHAT_IF_LIMIT = 2 * 1024 * 1024


def change_routes(context: Context) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", dependencies=[needs("clocks:read")])

    @router.post("/what-if")
    async def ask_what_if(question: what_if.Question) -> StreamingResponse:
        """How open clocks would move: lines of JSON, `{"looked"}` while it goes on, then one `{"result"}`.

        Nothing is written. Errors name the field within the document.
        """
        change = what_if.read_change(question, context)
        return StreamingResponse(what_if.answer(context, question, change), media_type="application/x-ndjson")

    @router.get("/calendars")
    async def calendars() -> list[dict[str, Any]]:
        """The calendars in force here."""
        return [
            {"id": one.id, "version": one.version, "published_until": one.published_until}
            for one in sorted(context.calendars.values(), key=lambda one: str(one.id))
        ]

    @router.get("/recomputations")
    async def recomputations(limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[dict[str, Any]]:
        """The last changes of calendars, the newest first: causes, progress in cases, clocks moved and confirmed."""
        async with context.engine.connect() as connection:
            found = await rule_changes.listed(connection, limit=limit)
            of = await rule_changes.count_open_cases(connection)
        return [{**asdict(row), "cases_open": of} for row in found]

    return router
