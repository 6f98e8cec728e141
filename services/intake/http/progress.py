"""HTTP for the complainant: how far is my case? No key, no identity; case number and receipt code together open it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.domain.case import Case
from services.intake.domain.progress import progress
from services.intake.form_book import FormBook
from services.intake.http.rate_limit import RateLimit
from services.intake.registration import receipt_codes
from services.intake.registration.drafts import receipt_salt
from services.intake.store import cases
from shared.errors import NotFound
from shared.security.vault import Vault

_NOBODY = bytes(32)


def progress_routes(engine: AsyncEngine, vault: Vault, forms: FormBook) -> APIRouter:
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
        async with engine.connect() as connection:
            candidates = await cases.find_by_number(connection, number)
            case = await asyncio.to_thread(_opened_by, vault, candidates, receipt_code)
            if case is None:
                raise NotFound("there is no such case number with this receipt code")
            leading = await cases.find_case(connection, case.merged_into) if case.merged_into else None
        return progress(case, forms.pinned(case.pin), leading)

    return routes


def _opened_by(vault: Vault, candidates: list[Case], code: str) -> Case | None:
    """The case that the code opens. Without a candidate it is hashed all the same, so that the time shows nothing."""
    found = None
    for case in candidates:
        if receipt_codes.matches(code, receipt_salt(vault, case.id), case.receipt_hash):
            found = case
    if not candidates:
        receipt_codes.matches(code, vault.index("receipt", "nobody"), _NOBODY)
    return found
