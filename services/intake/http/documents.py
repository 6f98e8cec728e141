"""Documents of a case over HTTP: written, read, and listed with what the dossier lacks."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.intake.domain.documents import ContentsList, Entry
from services.intake.handlers.documents import DocumentHandlers, Written
from services.intake.http.request_bodies import body_of, described
from shared.hosting.http import needs
from shared.procedures.fields import clean_text
from shared.procedures.model import Id
from shared.security.acting import Principal

VaultReader = Annotated[Principal, needs("vault:read")]
Reporter = Annotated[Principal, needs("reports:write")]
DocumentName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]
Purpose = Annotated[str, Query(pattern=r"^[A-Za-z0-9:._-]{1,120}$")]
"""A coded purpose, like `call-back` or `notice:<id>`: free words could name people."""


class Document(BaseModel):
    """A document: its text, the fields that it states, and the offices that signed it.

    `by`: the office that puts it there; absent: the department that has the case.
    """

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, AfterValidator(lambda text: clean_text(text, one_line=False))] = Field(
        default="", max_length=100_000
    )
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)
    by: Id | None = None
    signed_by: list[Id] = Field(default_factory=list, max_length=20)


class Copy(BaseModel):
    """Who was handed a copy: an office, a party, or `complainant`. `by`: the office that says so, as of a document."""

    model_config = ConfigDict(extra="forbid")

    to: Id
    by: Id | None = None


def document_routes(handlers: DocumentHandlers) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.put("/v1/cases/{case_id}/documents/{name}", status_code=204, openapi_extra=described(Document))
    async def write_document(
        case_id: UUID, name: DocumentName, caller: Reporter, given: Annotated[Document, body_of(Document)]
    ) -> None:
        """Put a document into a case, like the reply that the complainant gets; the same name again replaces it."""
        written = Written(given.text, given.fields, given.by, given.signed_by)
        await handlers.write(case_id, name, written, caller)

    @routes.post("/v1/cases/{case_id}/documents/{name}/copies", status_code=204, openapi_extra=described(Copy))
    async def hand_copy(
        case_id: UUID, name: DocumentName, caller: Reporter, given: Annotated[Copy, body_of(Copy)]
    ) -> None:
        """Report that somebody was handed a copy of a document; the same again changes nothing."""
        await handlers.hand_copy(case_id, name, given.to, given.by, caller)

    @routes.get("/v1/cases/{case_id}/documents/{name}")
    async def read_document(case_id: UUID, name: DocumentName, purpose: Purpose, caller: VaultReader) -> dict[str, Any]:
        """A document; the reading is recorded."""
        found = await handlers.read(case_id, name, caller, purpose)
        return {
            "name": name,
            "text": found.text,
            "fields": dict(found.fields),
            "by": found.by,
            "signed_by": list(found.signed_by),
        }

    @routes.get("/v1/cases/{case_id}/documents", dependencies=[needs("cases:read")])
    async def list_documents(case_id: UUID) -> dict[str, Any]:
        """The contents list: which documents a case holds, and which its dossier lacks."""
        return contents_view(await handlers.contents(case_id))

    return routes


def contents_view(found: ContentsList) -> dict[str, Any]:
    """A contents list without anything that a person typed."""
    return {
        "documents": [_entry_view(entry) for entry in found.entries],
        "dossier": {
            "missing": list(found.missing),
            "kept_until": found.kept_until.isoformat() if found.kept_until else None,
        },
    }


def _entry_view(entry: Entry) -> dict[str, Any]:
    held = entry.held
    return {
        "place": entry.place,
        "document": entry.document,
        "name": {"zh": entry.name.zh, "en": entry.name.en} if entry.name else None,
        "number": entry.number,
        "held": held is not None,
        "added_at": held.at.isoformat() if held else None,
        "by": held.by if held else None,
        "signed_by": list(held.signed_by) if held else [],
        "files": held.files if held else 0,
        "bytes": held.bytes if held else 0,
        "copies": list(entry.copies),
        "copied_to": list(entry.copied_to),
        "due": entry.due,
        "in_dossier": entry.in_dossier,
    }
