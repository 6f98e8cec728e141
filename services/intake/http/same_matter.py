"""The same matter, over HTTP: an officer links two cases, or takes that back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from services.intake.handlers.same_matter import SameMatterHandlers
from services.intake.http.request_bodies import body_of, described
from services.intake.http.views import same_matter_view
from shared.hosting.http import needs
from shared.procedures.model import Id
from shared.security.acting import Principal

Officer = Annotated[Principal, needs("admissions:write")]


class SameMatter(BaseModel):
    """The other case, and the office that says so."""

    model_config = ConfigDict(extra="forbid")

    case: UUID
    by: Id


def same_matter_routes(handlers: SameMatterHandlers) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/v1/cases/{case_id}/same-matter", openapi_extra=described(SameMatter))
    async def link(case_id: UUID, caller: Officer, given: Annotated[SameMatter, body_of(SameMatter)]) -> dict[str, Any]:
        """Say that this case and another are the same matter; each goes on by itself."""
        return {"same_matter": same_matter_view(await handlers.link(case_id, given.case, given.by, caller))}

    @routes.delete("/v1/cases/{case_id}/same-matter/{other_id}")
    async def undo(
        case_id: UUID, other_id: UUID, caller: Officer, by: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,60}$")]
    ) -> dict[str, Any]:
        """Take that back: whoever said it, has one of the cases, or decides on admission."""
        return {"same_matter": same_matter_view(await handlers.undo(case_id, other_id, by, caller))}

    return routes
