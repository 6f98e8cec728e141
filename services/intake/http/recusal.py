"""A case is not there for whoever acts only for offices that it is about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.store import recusal
from shared.errors import NotFound
from shared.hosting.http import caller_of
from shared.security.acting import is_hidden


def guarded(engine: AsyncEngine, *routers: APIRouter) -> APIRouter:
    """These routes, each of which answers 404 for a case that is hidden from its caller, whatever it would do."""

    async def check(request: Request) -> None:
        case_id = _case_id(request.path_params.get("case_id"))
        principal = await caller_of(request)
        if case_id is None or principal is None or not principal.acts_as:
            return
        async with engine.connect() as connection:
            found = await recusal.recused_of(connection, case_id)
        if found is not None and is_hidden(principal.acts_as, found.procedure, found.offices):
            raise NotFound("no such case")

    all_ = APIRouter(dependencies=[Depends(check)])
    for router in routers:
        all_.include_router(router)
    return all_


def _case_id(given: Any) -> UUID | None:
    try:
        return UUID(str(given))
    except ValueError:
        return None
