"""Receipts of notices, and answers that officers gave, over HTTP."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.notify.domain.service import Delivery, Receipt
from services.notify.handlers.service import NoticeService
from services.notify.http.paging import After, Limit
from services.notify.store import service as store
from shared.hosting.host import Context
from shared.hosting.http import needs
from shared.procedures.model import Id
from shared.security.acting import Principal

Writer = Annotated[Principal, needs("notices:write")]
Person = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
"""An opaque id of somebody in the office; never a name."""


class ReceiptGiven(BaseModel):
    """A receipt, reported by an office. `signer`: the document of the vault that holds the name of who signed."""

    model_config = ConfigDict(extra="forbid")

    by: Id
    person: Person | None = None
    signer: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] | None = None
    date: dt.date | None = None


class DeliveryGiven(BaseModel):
    """An answer that an office gave, in which form; absent `at`: now."""

    model_config = ConfigDict(extra="forbid")

    form: Literal["written", "oral"]
    by: Id
    person: Person | None = None
    at: AwareDatetime | None = None


def service_routes(context: Context, handlers: NoticeService) -> APIRouter:
    """The routes."""
    api = APIRouter()

    @api.get("/v1/receipts", dependencies=[needs("notices:read")])
    async def receipts(
        state: Literal["awaited", "overdue", "received"] | None = None,
        case: UUID | None = None,
        limit: Limit = 100,
        after: After = 0,
    ) -> dict[str, Any]:
        """The service of notices, in the order in which they were sent."""
        async with context.engine.connect() as tx:
            rows = await store.page(tx, state=state, case=case, after=after, limit=limit)
        return {
            "receipts": [asdict(row) for row in rows],
            "next": rows[-1].position if len(rows) == limit else None,
        }

    @api.post("/v1/notices/{id}/receipt")
    async def receipt(id: UUID, caller: Writer, body: ReceiptGiven) -> dict[str, Any]:
        """Report the receipt of a notice: it is served. The same again is fine, another one is a conflict."""
        given = Receipt(body.by, body.person, body.signer, body.date)
        async with context.outbox.transaction() as tx:
            return asdict(await handlers.record_receipt(tx, id, given, caller, context.clock.now()))

    @api.post("/v1/notices/{id}/delivery")
    async def delivery(id: UUID, caller: Writer, body: DeliveryGiven) -> dict[str, Any]:
        """Report that the answer was given, in which form. The same again is fine, another form is a conflict."""
        now = context.clock.now()
        given = Delivery(body.form, body.at or now, body.by, body.person)
        async with context.outbox.transaction() as tx:
            return asdict(await handlers.record_delivery(tx, id, given, caller, now))

    return api
