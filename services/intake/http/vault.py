"""HTTP: reading identities and sealed texts. Every reading is recorded in the transaction that reads."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.intake.domain.case import Case
from services.intake.domain.progress import progress_url
from services.intake.handlers.casework import Casework
from services.intake.http.request_bodies import body_of, described
from services.intake.http.views import case_view, links_view
from services.intake.registration.request import Forms
from services.intake.store import cases as store
from services.intake.store import vault as store_vault
from shared.business_time.clock import Clock
from shared.errors import InvalidInput, NotFound
from shared.hosting.http import needs
from shared.procedures.fields import clean_text, opened_form
from shared.security.keys import Principal
from shared.security.vault import Vault

CaseReader = Annotated[Principal, needs("cases:read")]
VaultReader = Annotated[Principal, needs("vault:read")]
Reporter = Annotated[Principal, needs("reports:write")]
DocumentName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]
Purpose = Annotated[str, Query(pattern=r"^[A-Za-z0-9:._-]{1,120}$")]
"""A coded purpose, like `call-back` or `notice:<id>`: free words could name people."""


class Document(BaseModel):
    """A text about a case: a reply, a report."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, AfterValidator(lambda text: clean_text(text, one_line=False))] = Field(
        min_length=1, max_length=100_000
    )


class ContactAsked(BaseModel):
    """One question: which fields of which case, what for (a coded purpose)."""

    model_config = ConfigDict(extra="forbid")

    case_id: UUID
    fields: list[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]] = Field(default_factory=list, max_length=20)
    purpose: str = Field(pattern=r"^[A-Za-z0-9:._-]{1,120}$")


class Contacts(BaseModel):
    """Up to 500 questions."""

    model_config = ConfigDict(extra="forbid")

    asked: list[ContactAsked] = Field(min_length=1, max_length=500)


def vault_routes(engine: AsyncEngine, vault: Vault, clock: Clock, forms: Forms, casework: Casework) -> APIRouter:
    """Case reading with and without identity, contacts, documents, and who read what."""
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
        async with engine.begin() as tx:
            case = await _case(tx, case_id)
            found = {**case_view(case), "links": links_view(case, await store.merged_cases(tx, case_id))}
            if identity and purpose is not None:
                found["identity"] = await _identity(tx, case, caller.name, purpose)
        return found

    @routes.post("/internal/v1/contacts", openapi_extra=described(Contacts))
    async def contacts(
        caller: VaultReader, given: Annotated[Contacts, body_of(Contacts)]
    ) -> list[dict[str, Any] | None]:
        """What notices to complainants need: the named fields (those that there are), and the sealed texts.

        One answer per question, in order; null for a case that is not known or whose identity has been erased.
        """
        ids = {one.case_id for one in given.asked}
        wanted = {name for one in given.asked for name in one.fields} | {store_vault.RECEIPT}
        async with engine.begin() as tx:
            cases = await store.find_cases(tx, ids)
            keys = await store_vault.keys_of(tx, vault, cases.keys())
            values, texts = await store_vault.opened(tx, keys, wanted)
            answers = [
                _contact(cases[one.case_id], one, values[one.case_id], texts[one.case_id])
                if one.case_id in keys
                else None
                for one in given.asked
            ]
            reads = [
                (one.case_id, _seen(answer), one.purpose)
                for one, answer in zip(given.asked, answers, strict=True)
                if answer is not None
            ]
            if reads:
                await store_vault.note_reads(tx, reads, caller.name, clock.now())
        return answers

    @routes.put("/v1/cases/{case_id}/documents/{name}", status_code=204, openapi_extra=described(Document))
    async def write_document(
        case_id: UUID,
        name: DocumentName,
        caller: Reporter,
        given: Annotated[Document, body_of(Document)],
    ) -> None:
        """Seal a text about a case, like the reply that the complainant gets; the same name again replaces it."""
        await casework.write_document(case_id, name, given.text, caller.name)

    @routes.get("/v1/cases/{case_id}/documents/{name}")
    async def read_document(case_id: UUID, name: DocumentName, purpose: Purpose, caller: VaultReader) -> dict[str, str]:
        """A sealed text."""
        async with engine.begin() as tx:
            await _case(tx, case_id)
            documents = await store_vault.documents_of(tx, await store_vault.key_of(tx, vault, case_id))
            if name not in documents:
                raise NotFound("no such document")
            await store_vault.note_read(tx, case_id, caller.name, [f"documents.{name}"], purpose, clock.now())
        return {"name": name, "text": documents[name]}

    @routes.get("/v1/cases/{case_id}/vault-reads", dependencies=[needs("vault:read")])
    async def who_read(case_id: UUID) -> dict[str, Any]:
        """Who read which fields of this case's identity, when and why."""
        async with engine.connect() as connection:
            await _case(connection, case_id)
            found = await store_vault.reads_of(connection, case_id)
        return {"case_id": str(case_id), "reads": [{**row, "read_at": row["read_at"].isoformat()} for row in found]}

    async def _identity(tx: AsyncConnection, case: Case, reader: str, purpose: str) -> dict[str, Any]:
        sealed = await store_vault.fields_of(tx, await store_vault.key_of(tx, vault, case.id))
        sealed.pop(store_vault.RECEIPT, None)  # it is the complainant's, not the office's
        specs = forms.pinned(case.pin).specs
        await store_vault.note_read(tx, case.id, reader, sorted(sealed), purpose, clock.now())
        return {name: opened_form(specs.get(name), value) for name, value in sealed.items()}

    return routes


def _contact(case: Case, asked: ContactAsked, values: dict[str, str], texts: dict[str, str]) -> dict[str, Any]:
    return {
        "case_id": str(case.id),
        "case_number": case.number,
        "language": case.language,
        "receipt_code": values.get(store_vault.RECEIPT),
        "progress_url": progress_url(case.number),
        "fields": {name: values[name] for name in asked.fields if name in values},
        "documents": texts,
    }


def _seen(answer: dict[str, Any]) -> list[str]:
    return [*answer["fields"], store_vault.RECEIPT, *(f"documents.{name}" for name in answer["documents"])]


async def _case(connection: AsyncConnection, case_id: UUID) -> Case:
    case = await store.find_case(connection, case_id)
    if case is None:
        raise NotFound("no such case")
    return case
