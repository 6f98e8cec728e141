"""Where a case stands, for whoever has its number and receipt code."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.domain.case import Case
from services.intake.domain.progress import progress
from services.intake.form_book import FormBook
from services.intake.registration import receipt_codes
from services.intake.registration.drafts import receipt_salt
from services.intake.store import cases
from shared.errors import NotFound
from shared.security.vault import Vault

_NOBODY = bytes(32)


class ProgressHandlers:
    """The complainants' readings of one database."""

    def __init__(self, engine: AsyncEngine, vault: Vault, forms: FormBook) -> None:
        self._engine = engine
        self._vault = vault
        self._forms = forms

    async def read(self, number: str, receipt_code: str) -> dict[str, Any]:
        """The public page of a case; raises the same `NotFound` for an unknown number and a wrong code."""
        async with self._engine.connect() as connection:
            candidates = await cases.find_by_number(connection, number)
            case = await asyncio.to_thread(self._opened_by, receipt_code, candidates)
            if case is None:
                raise NotFound("there is no such case number with this receipt code")
            leading = await cases.find_case(connection, case.merged_into) if case.merged_into else None
        return progress(case, self._forms.pinned(case.pin), leading)

    def _opened_by(self, code: str, candidates: Sequence[Case]) -> Case | None:
        """The case that the code opens. Without candidates a hash is computed all the same, against timing attacks."""
        found = None
        for case in candidates:
            if receipt_codes.matches(code, receipt_salt(self._vault, case.id), case.receipt_hash):
                found = case
        if not candidates:
            receipt_codes.matches(code, self._vault.index("receipt", "nobody"), _NOBODY)
        return found
