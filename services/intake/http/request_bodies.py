"""Reading request bodies, and answering with everything that is wrong in them.

The body is parsed by pydantic itself: it refuses lone surrogates and deep nesting, which `json.loads` accepts
or fails on. An answer names fields and never repeats what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from services.intake.domain.field_errors import FieldError
from services.intake.registration.field_errors import listed, safe_errors
from shared.errors import InvalidInput

PROBLEM = "application/problem+json"
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
