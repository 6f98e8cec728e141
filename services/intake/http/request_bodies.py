"""Reading request bodies, and answering with everything that is wrong in them.

The body is parsed by pydantic itself: it refuses halves of surrogate pairs and deep nesting, which `json.loads` lets
through or stumbles over. An answer names fields and never repeats what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from services.intake.domain.forms import FieldError
from shared.errors import InvalidInput

PROBLEM = "application/problem+json"
_SHOWABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


def body_of(model: type[BaseModel]) -> Any:
    """A dependency: the request's JSON body as `model`."""

    async def read(request: Request) -> BaseModel:
        try:
            return model.model_validate_json(await request.body())
        except ValidationError as error:
            raise RequestValidationError(safe_errors(error)) from None

    return Depends(read)


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The body for the OpenAPI description of a route that uses `body_of`."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def safe_errors(error: ValidationError) -> list[dict[str, Any]]:
    """pydantic's errors without input; a key that nobody declared is named only if it looks like a name."""
    found = []
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        place = tuple(part if isinstance(part, int) or _SHOWABLE.fullmatch(part) else "?" for part in item["loc"])
        found.append({**item, "loc": ("body", *place)})
    return found


def refusal(errors: Sequence[FieldError]) -> JSONResponse:
    """422 as RFC 9457 problem details, with every mistake."""
    document = {
        "type": "/errors/invalid-input",
        "title": errors[0].message,
        "status": 422,
        "field": errors[0].field,
        "errors": listed(errors),
    }
    return JSONResponse(document, 422, media_type=PROBLEM)


def listed(errors: Sequence[FieldError]) -> list[dict[str, Any]]:
    """The mistakes as JSON; `again` stands only where sending again may help."""
    return [
        {"field": error.field, "message": error.message} | ({"again": True} if error.again else {}) for error in errors
    ]


def idempotency_key(request: Request) -> str | None:
    """The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header-07): a quoted string, or bare."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    quoted = _QUOTED.fullmatch(given.strip())
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else given.strip()
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise InvalidInput("1 to 255 printable ASCII characters are expected", field="Idempotency-Key")
    return key
