"""Registering complaints over HTTP, one by one and in batches."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from services.intake.http.request_bodies import body_of, described, idempotency_key, refusal
from services.intake.registration.batch import Batch, rows_of
from services.intake.registration.batcher import RegistrationBatcher
from services.intake.registration.request import Reader, Submission
from shared.business_time.clock import Clock
from shared.errors import Conflict, InvalidInput
from shared.hosting.http import needs
from shared.security.acting import Principal

BATCH_PATH = "/v1/complaints:batch"

Writer = Annotated[Principal, needs("complaints:write")]


def registration_routes(batcher: RegistrationBatcher, batch: Batch, reader: Reader, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/v1/complaints", status_code=201, openapi_extra=described(Submission))
    async def register(
        request: Request, caller: Writer, submission: Annotated[Submission, body_of(Submission)]
    ) -> Response:
        """Register a complaint. With an `Idempotency-Key` the same request again gets the same answer, for 7 days."""
        read = reader.read(submission, caller.name, idempotency_key(request), clock.now())
        if not isinstance(read, list):
            result = await batcher.register(read)
            if result.kind == "changed":
                raise InvalidInput("this key was used for another complaint", field="Idempotency-Key")
            if result.answer is None:
                raise Conflict("a request with this key is under way", hint="send it again in a second")
            return JSONResponse(result.answer.document(), 201, media_type="application/json")
        return refusal(read)

    @routes.post(BATCH_PATH)
    async def register_batch(request: Request, caller: Writer) -> StreamingResponse:
        """Register up to 10,000 complaints, one JSON object a line; the answer has one line for each, in order."""
        rows = rows_of(await request.body())
        return StreamingResponse(batch.register(rows, caller.name), media_type="application/x-ndjson")

    return routes
