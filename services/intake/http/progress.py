"""Progress over HTTP, for complainants: no API key and no identity; case number and receipt code together open it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from services.intake.handlers.progress import ProgressHandlers
from services.intake.http.rate_limit import RateLimit


def progress_routes(handlers: ProgressHandlers) -> APIRouter:
    """The complainant's page."""
    routes = APIRouter()
    limit = RateLimit()

    @routes.get("/v1/progress")
    async def read_progress(
        case_number: Annotated[str, Query(min_length=1, max_length=100)],
        receipt_code: Annotated[str, Query(min_length=1, max_length=40)],
    ) -> dict[str, Any]:
        """Where the case stands, in plain words. A wrong code and an unknown number are answered alike."""
        number = case_number.strip()
        if seconds := limit.wait(number):
            raise HTTPException(429, "too many tries for this case number", {"Retry-After": str(seconds)})
        return await handlers.read(number, receipt_code)

    return routes
