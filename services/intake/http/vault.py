"""Identities over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.intake.handlers.vault import ContactQuestion, VaultHandlers
from services.intake.http.request_bodies import body_of, described
from services.intake.http.views import case_view, links_view
from shared.errors import InvalidInput
from shared.hosting.http import needs
from shared.procedures.model import Id
from shared.security.acting import Principal

CaseReader = Annotated[Principal, needs("cases:read")]
VaultReader = Annotated[Principal, needs("vault:read")]
Purpose = Annotated[str, Query(pattern=r"^[A-Za-z0-9:._-]{1,120}$")]
"""A coded purpose, like `call-back` or `notice:<id>`: free words could name people."""


class ContactAsked(BaseModel):
    """One question: which fields of which case, what for (a coded purpose).

    `party`: what is known of that party, not of the complainant.
    """

    model_config = ConfigDict(extra="forbid")

    case_id: UUID
    fields: list[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]] = Field(default_factory=list, max_length=20)
    purpose: str = Field(pattern=r"^[A-Za-z0-9:._-]{1,120}$")
    party: Id | None = None


class Contacts(BaseModel):
    """Up to 500 questions."""

    model_config = ConfigDict(extra="forbid")

    asked: list[ContactAsked] = Field(min_length=1, max_length=500)


def vault_routes(handlers: VaultHandlers) -> APIRouter:
    """Case reading with and without identity, contacts, and who read what."""
    routes = APIRouter()

    @routes.get("/v1/cases/{case_id}")
    async def read_case(
        case_id: UUID,
        caller: CaseReader,
        identity: bool = False,
        purpose: Purpose | None = None,
    ) -> dict[str, Any]:
        """A case. `identity=true` adds what the vault holds: it takes the scope vault:read and a purpose."""
        if identity:
            caller.require("vault:read")
            if purpose is None:
                raise InvalidInput("reading an identity states its purpose", field="purpose")
        read = await handlers.read_case(case_id, caller, purpose if identity else None)
        found = {**case_view(read.case), "links": links_view(read.case, read.merged, read.same_matter)}
        if read.identity is not None:
            found["identity"] = read.identity
        return found

    @routes.post("/internal/v1/contacts", openapi_extra=described(Contacts))
    async def contacts(
        caller: VaultReader, given: Annotated[Contacts, body_of(Contacts)]
    ) -> list[dict[str, Any] | None]:
        """What notices to complainants need: the named fields (those that there are), and the sealed texts.

        One answer per question, in order; null for a case that is not known or whose identity has been erased.
        """
        asked = [ContactQuestion(one.case_id, one.fields, one.purpose, one.party) for one in given.asked]
        return [asdict(one) if one is not None else None for one in await handlers.contacts(asked, caller.name)]

    @routes.get("/v1/cases/{case_id}/vault-reads", dependencies=[needs("vault:read")])
    async def who_read(case_id: UUID) -> dict[str, Any]:
        """Who read which fields of this case's identity, when and why."""
        found = await handlers.reads_of(case_id)
        reads = [{**asdict(one), "read_at": one.read_at.isoformat()} for one in found]
        return {"case_id": str(case_id), "reads": reads}

    return routes
