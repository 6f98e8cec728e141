"""Deadlines over HTTP: the clocks of a case, what is due next, and the tally."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.sla.domain.explain import Language, explain_clocks
from services.sla.domain.rules import rules_for
from services.sla.store import cases, timers
from shared.errors import NotFound
from shared.hosting.host import Context
from shared.hosting.http import needs
from shared.procedures.model import Procedure


def routes(context: Context) -> APIRouter:
    """The sla service's routes."""
    router = APIRouter(prefix="/v1", dependencies=[needs("clocks:read")])

    @router.get("/cases/{case_id}/clocks")
    async def clocks(case_id: UUID, explain: Language | None = None, days: bool = True) -> dict[str, Any]:
        """All cycles of all clocks of a case (or the one of a recurring report), with the facts behind each.

        `explain` adds why, in zh or en, with a line for each date unless `days` is false.
        """
        async with context.engine.connect() as tx:
            case = (await cases.load(tx, [case_id])).get(case_id)
            if case is None:
                raise NotFound("there is no such case")
            rows = await cases.clocks_of(tx, case_id)
        procedure = rules_for(case_id, context.library.get(*case.procedure))
        now = context.clock.now()
        shown = [_shown(asdict(row), procedure) for row in rows]
        if explain is not None:
            reasons = explain_clocks(case, procedure, context.calendars, now, explain, each_day=days)
            by_cycle = {(one.clock, one.cycle): asdict(one) for one in reasons}
            shown = [{**row, "explanation": by_cycle.get((row["clock"], row["cycle"]))} for row in shown]
        return {
            "case_id": case_id,
            "procedure": case.procedure[0],
            "version": case.procedure[1],
            "now": now,
            "clocks": shown,
        }

    @router.get("/deadlines")
    async def next_deadlines(
        procedure: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 20
    ) -> list[dict[str, Any]]:
        """The clocks whose next step comes first."""
        async with context.engine.connect() as connection:
            rows = await timers.upcoming(connection, procedure=procedure, limit=limit)
        return [asdict(row) for row in rows]

    @router.get("/tally")
    async def tally() -> list[dict[str, Any]]:
        """How many cycles of each clock are in each state."""
        async with context.engine.connect() as connection:
            return [asdict(row) for row in await cases.tally(connection)]

    @router.get("/now")
    async def now() -> dict[str, Any]:
        """The present instant of this system's clock, and its speed."""
        return {"now": context.clock.now(), "rate": context.clock.rate()}

    return router


def _shown(row: dict[str, Any], procedure: Procedure) -> dict[str, Any]:
    spec = next((one for one in procedure.clocks if one.id == row["clock"]), None)
    if spec is not None:
        row |= {"name": spec.name.model_dump(), "duration": spec.duration, "source": spec.source}
    return row
