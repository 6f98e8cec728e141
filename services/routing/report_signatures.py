"""Checks the signatures of a batch's reports against the keys that routing knows."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.signed_reports import Objection, object_to
from shared.events.envelope import Event
from shared.security.acting import Signer
from shared.security.keys import find_signer
from shared.security.signing import signing_key


class ReportSignatures:
    """One batch's; each key is looked up once, as it was when the broker took its first report of the batch."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx
        self._signers: dict[str, Signer | None] = {}

    async def objection(self, event: Event, procedure: str) -> Objection | None:
        """Why a report of a case of this procedure does not count as its office's; None if it does."""
        return object_to(event, procedure, await self._signer(event))

    async def _signer(self, event: Event) -> Signer | None:
        transport = event.transport
        if transport is None or transport.appended_at is None:
            return None
        name = signing_key(transport.headers)
        if name is None:
            return None
        if name not in self._signers:
            self._signers[name] = await find_signer(self._tx, name, transport.appended_at)
        return self._signers[name]
