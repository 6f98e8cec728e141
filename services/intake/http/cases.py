"""Cases over HTTP: reading them without identities, deciding on them, supplements and withdrawals."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.domain.case import Case
from services.intake.domain.field_errors import FieldError
from services.intake.handlers.cases import CaseHandlers, Decided, OfficersDecision
from services.intake.handlers.supplements import SupplementHandlers
from services.intake.http.request_bodies import body_of, described, idempotency_key, refusal
from services.intake.http.views import case_view, entry_view
from services.intake.store import cases
from services.intake.store import timeline as store_timeline
from services.intake.store.cases import Filter
from shared.errors import NotFound
from shared.hosting.http import needs
from shared.procedures.model import Id
from shared.procedures.offices import COMPLAINANT
from shared.security.acting import Principal, own_offices
from shared.security.vault import Vault

CaseReader = Annotated[Principal, needs("cases:read")]
Writer = Annotated[Principal, needs("complaints:write")]
Decider = Annotated[Principal, needs("admissions:write")]


class Admission(BaseModel):
    """An officer's decision: `by` is a role, `rule` the procedure's rule that states the reason, `to` who gets it.

    `fields`: what the procedure has officers give with it.
    """

    model_config = ConfigDict(extra="forbid")

    decision: OfficersDecision
    by: Id
    rule: Id | None = None
    to: Id | None = None
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)


class Supplement(BaseModel):
    """Fields by id, as in a complaint; those that are null or empty stay as they are.

    `by`: who gives them, `complainant` or a role or department that writes them down for the complainant.
    """

    model_config = ConfigDict(extra="forbid")

    by: Id = COMPLAINANT
    fields: dict[str, Any] = Field(min_length=1, max_length=200)


class SupplementRequest(BaseModel):
    """What an officer asks for: a kind of request of the procedure, in whole or these fields and documents of it."""

    model_config = ConfigDict(extra="forbid")

    supplement: Id
    by: Id
    fields: list[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}(\.[a-z0-9-]{1,60})?$")]] = Field(
        default_factory=list, max_length=100
    )
    documents: list[Id] = Field(default_factory=list, max_length=50)


class Withdrawal(BaseModel):
    """Who takes the complaint back: `complainant`, or a role that does it for the complainant."""

    model_config = ConfigDict(extra="forbid")

    by: Id = COMPLAINANT
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)


def case_routes(engine: AsyncEngine, vault: Vault, handlers: CaseHandlers, asking: SupplementHandlers) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/v1/cases/{case_id}/admission", openapi_extra=described(Admission))
    async def decide(case_id: UUID, caller: Decider, given: Annotated[Admission, body_of(Admission)]) -> dict[str, Any]:
        """Decide on a held complaint, or on an admitted one for a reason that the procedure allows then."""
        decided = Decided(given.decision, given.by, given.rule, given.to, given.fields)
        return case_view(await handlers.decide(case_id, decided, caller))

    @routes.post("/v1/cases/{case_id}/supplements", openapi_extra=described(Supplement))
    async def supplement(
        case_id: UUID, request: Request, caller: Writer, given: Annotated[Supplement, body_of(Supplement)]
    ) -> Response:
        """Add or replace fields of a complaint; a held one is judged anew."""
        key = idempotency_key(request)
        cause = f"key:{vault.index('supplement', caller.name, key)}" if key else f"request:{uuid4()}"
        return _case_or_refusal(await handlers.supplement(case_id, given.fields, given.by, cause, caller))

    @routes.post("/v1/cases/{case_id}/supplement-requests", openapi_extra=described(SupplementRequest))
    async def ask(
        case_id: UUID, caller: Decider, given: Annotated[SupplementRequest, body_of(SupplementRequest)]
    ) -> dict[str, Any]:
        """Ask the complainant for more; the same request again changes nothing while it is open."""
        return case_view(await asking.ask(case_id, given.supplement, given.by, given.fields, given.documents, caller))

    @routes.post("/v1/cases/{case_id}/withdrawal", openapi_extra=described(Withdrawal))
    async def withdraw(
        case_id: UUID, caller: Writer, given: Annotated[Withdrawal, body_of(Withdrawal)]
    ) -> dict[str, Any]:
        """Take a complaint back."""
        return case_view(await handlers.withdraw(case_id, given.by, given.fields, caller))

    @routes.get("/v1/cases")
    async def list_cases(
        caller: CaseReader,
        state: Annotated[str | None, Query(max_length=40)] = None,
        procedure: Annotated[str | None, Query(max_length=60)] = None,
        number: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: UUID | None = None,
    ) -> dict[str, Any]:
        """A page of cases in the order of registration; `next` is the `after` of the following page."""
        async with engine.connect() as connection:
            acting = own_offices(caller.acts_as)
            found = await cases.list_cases(connection, Filter(state, procedure, number, after, limit, acting))
        following = str(found[-1].id) if len(found) == limit else None
        return {"cases": [case_view(case) for case in found], "next": following}

    @routes.get("/v1/cases/{case_id}/timeline", dependencies=[needs("cases:read")])
    async def timeline(case_id: UUID) -> dict[str, Any]:
        """Everything that happened to a case, from all services, in the order in which it happened."""
        async with engine.connect() as connection:
            if await cases.find_case(connection, case_id) is None:
                raise NotFound("no such case")
            found = await store_timeline.timeline_of(connection, case_id)
        return {"case_id": str(case_id), "occurrences": [entry_view(entry) for entry in found]}

    return routes


def _case_or_refusal(result: Case | list[FieldError]) -> Response:
    return refusal(result) if isinstance(result, list) else JSONResponse(case_view(result))
