"""Files of documents over HTTP: the body is the file itself, streamed both ways."""

from __future__ import annotations

from email.message import Message
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse

from services.intake.domain.file_types import MEDIA_TYPES
from services.intake.handlers.files import FileHandlers
from services.intake.store.files import StoredFile
from shared.errors import InvalidInput
from shared.hosting.http import needs
from shared.procedures.fields import clean_text
from shared.security.acting import Principal

FILES_PATH = "/v1/cases/{case_id}/documents/{name}/files"

VaultReader = Annotated[Principal, needs("vault:read")]
Reporter = Annotated[Principal, needs("reports:write")]
DocumentName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]
Purpose = Annotated[str, Query(pattern=r"^[A-Za-z0-9:._-]{1,120}$")]
Office = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{1,60}$")]
"""The office that puts a file in; absent: the department that has the case."""
_LONGEST_NAME = 200
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


def file_routes(handlers: FileHandlers) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post(FILES_PATH, status_code=201, openapi_extra={"requestBody": {"required": True, **_BINARY}})
    async def receive(
        case_id: UUID, name: DocumentName, request: Request, caller: Reporter, by: Office = None
    ) -> JSONResponse:
        """Put a file into a document. Its content decides what kind it is; the same content again changes nothing.

        A `Content-Disposition` header may carry the file's own name; it is sealed with the file.
        """
        file_name = file_name_in(request.headers.get("content-disposition"))
        received = await handlers.receive(case_id, name, request.stream(), file_name, by, caller)
        return JSONResponse(file_view(received.file), 201 if received.fresh else 200)

    @routes.get(FILES_PATH, dependencies=[needs("cases:read")])
    async def list_files(case_id: UUID, name: DocumentName) -> dict[str, Any]:
        """The files of a document, in the order in which they came, without their content and their own names."""
        return {"files": [file_view(one) for one in await handlers.list(case_id, name)]}

    @routes.get(FILES_PATH + "/{file_id}")
    async def read_file(
        case_id: UUID, name: DocumentName, file_id: UUID, purpose: Purpose, caller: VaultReader
    ) -> StreamingResponse:
        """A file's content; the reading is recorded."""
        found = await handlers.open(case_id, name, file_id, caller, purpose)
        shown = found.file_name or f"{name}.{found.file.kind}"
        headers = {
            "Content-Length": str(found.file.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(shown, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        media_type = MEDIA_TYPES[found.file.kind]  # type: ignore[index]  # what was accepted is one of them
        return StreamingResponse(found.content, headers=headers, media_type=media_type)

    return routes


def file_view(file: StoredFile) -> dict[str, Any]:
    """A file without anything that a person typed."""
    return {
        "file_id": str(file.id),
        "document": file.document,
        "kind": file.kind,
        "size": file.size,
        "added_at": file.written_at.isoformat(),
        "added_by": file.written_by,
    }


def file_name_in(header: str | None) -> str | None:
    """The name in a `Content-Disposition` header (RFC 6266), without folders; None if there is none."""
    if header is None:
        return None
    message = Message()
    message["content-disposition"] = header
    name = (message.get_filename() or "").replace("\\", "/").rsplit("/", 1)[-1]
    if len(name) > _LONGEST_NAME:
        raise InvalidInput(f"a file's name has at most {_LONGEST_NAME} characters", field="Content-Disposition")
    try:
        return clean_text(name, one_line=True) or None
    except ValueError as error:
        raise InvalidInput(str(error), field="Content-Disposition") from None
