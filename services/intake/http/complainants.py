"""Repeated complainants over HTTP: opaque ids and numbers, never who they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.store import complainants
from shared.business_time.clock import Clock
from shared.hosting.http import needs
from shared.procedures.milestones import ENDING
from shared.security.acting import Principal, own_offices

_PREFIX = 12
"""So many digits of the hash are shown: enough to tell complainants apart, too few to look one up elsewhere."""


def complainant_routes(engine: AsyncEngine, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/v1/complainants")
    async def repeated(
        caller: Annotated[Principal, needs("cases:read")],
        at_least: Annotated[int, Query(ge=1, le=10_000)] = 2,
        days: Annotated[int, Query(ge=1, le=36_500)] = 365,
        procedure: Annotated[str | None, Query(max_length=60)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """Complainants with at least so many cases received within the last `days`, the largest number first."""
        until = clock.now()
        since = until - timedelta(days=days)
        async with engine.connect() as connection:
            found = await complainants.repeated(
                connection,
                since=since,
                until=until,
                at_least=at_least,
                procedure=procedure,
                ending=sorted(ENDING),
                acting=own_offices(caller.acts_as),
                limit=limit,
            )
        return {
            "since": since.isoformat(),
            "until": until.isoformat(),
            "complainants": [_view(one) for one in found],
        }

    return routes


def _view(one: complainants.RepeatedComplainant) -> dict[str, Any]:
    return {
        "complainant": one.complainant[:_PREFIX],
        "procedure": one.procedure,
        "cases": one.cases,
        "open": one.open,
        "first_at": one.first_at.isoformat(),
        "last_at": one.last_at.isoformat(),
        "case_ids": [str(case_id) for case_id in one.case_ids],
    }
