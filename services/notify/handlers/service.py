"""Recording receipts and deliveries: state and events in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.case import Case
from services.notify.domain.rows import DeliveryRow, NoticeRow, ReceiptRow
from services.notify.domain.service import (
    Delivery,
    Receipt,
    awaited_until,
    check_delivery,
    is_delivered,
    is_repeated,
    served_at,
)
from services.notify.handlers.reactions import Reactions
from services.notify.store import cases, notices
from services.notify.store import service as store
from shared.business_time.calendars import Calendar
from shared.errors import NotFound
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.notices import NoticeDelivered, NoticeServed, NoticeUnserved
from shared.messaging import outbox
from shared.procedures.loader import Library
from shared.procedures.model import Notice, Procedure
from shared.security.acting import Principal


class NoticeService:
    """The use cases of service: what is awaited of a notice that was sent, and what officers report."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar], reactions: Reactions) -> None:
        self._library = library
        self._calendars = calendars
        self._reactions = reactions

    async def await_receipt(self, tx: AsyncConnection, row: NoticeRow, addressee: str, sent_at: datetime) -> None:
        """Await the receipt of a notice that was sent, where the procedure has it served."""
        procedure = self._library.get(row.procedure, row.version)
        element = _element(procedure, row)
        if element is not None and element.service is not None:
            until = awaited_until(element, sent_at, self._calendars[procedure.calendar])
            await store.await_receipt(tx, row, addressee, sent_at, until)

    async def record_receipt(
        self, tx: AsyncConnection, notice_id: UUID, given: Receipt, caller: Principal, now: datetime
    ) -> ReceiptRow:
        """Record a receipt: the notice is served. The same again is fine.

        Raises `NotFound`, `Forbidden` for an office that the caller may not act as, `InvalidInput` or `Conflict`.
        """
        row, case = await _notice(tx, notice_id)
        caller.require_office(case.procedure, given.by)
        procedure = self._library.get(row.procedure, row.version)
        element = _element(procedure, row)
        if element is None:
            raise NotFound("the procedure has no such notice")
        at = served_at(given, row, element, case, procedure, now)
        await store.await_receipt(tx, row, row.addressee or row.to, row.settled_at or now, None)
        known = await store.receipt(tx, notice_id)
        assert known is not None  # noqa: S101  (just written)
        if is_repeated(known, given):
            return known
        found = await store.receive(tx, notice_id, given, at)
        served = NoticeServed(
            notice=row.notice,
            notice_id=str(row.id),
            addressee=found.addressee,
            at=at,
            date=given.date,
            signer=given.signer,
            by=given.by,
            person=given.person,
        )
        await self._emit(tx, case, served, f"{row.id}|served", now)
        return found

    async def record_delivery(
        self, tx: AsyncConnection, notice_id: UUID, given: Delivery, caller: Principal, now: datetime
    ) -> DeliveryRow:
        """Record that the answer was given, in the form that the procedure demands. The same again is fine.

        Raises `NotFound`, `Forbidden` for an office that the caller may not act as, `InvalidInput` or `Conflict`.
        """
        row, case = await _notice(tx, notice_id)
        caller.require_office(case.procedure, given.by)
        check_delivery(given, row, self._library.get(row.procedure, row.version), now)
        known = await store.delivery(tx, notice_id)
        if known is not None and is_delivered(known, given):
            return known
        await store.deliver(tx, row, given)
        delivered = NoticeDelivered(
            notice=row.notice,
            notice_id=str(row.id),
            addressee=row.addressee or row.to,
            at=given.at,
            form=given.form,
            by=given.by,
            person=given.person,
        )
        await self._emit(tx, case, delivered, f"{row.id}|delivered", now)
        return DeliveryRow(row.id, row.case_id, given.form, given.at, given.by, given.person)

    async def expire(self, tx: AsyncConnection, ids: set[UUID], now: datetime) -> None:
        """Emit of these cases which notices have no receipt in time."""
        known = await cases.load(tx, ids)  # their locks first, as everybody takes them
        for row in await store.expire(tx, known, now):
            unserved = NoticeUnserved(
                notice=row.notice, notice_id=str(row.notice_id), addressee=row.addressee, at=row.due_at or now
            )
            await self._emit(tx, known[row.case_id], unserved, f"{row.notice_id}|unserved", now)

    async def _emit(self, tx: AsyncConnection, case: Case, data: EventData, cause: str, now: datetime) -> None:
        made: list[Event] = [make("notify", case.id, (case.procedure, case.version), data, cause=cause, at=now)]
        await outbox.append(tx, [*made, *await self._reactions.apply_own(tx, made, now)])


def _element(procedure: Procedure, row: NoticeRow) -> Notice | None:
    return next((one for one in procedure.notices if one.id == row.notice), None)


async def _notice(tx: AsyncConnection, id: UUID) -> tuple[NoticeRow, Case]:
    """A notice with its case, which is locked."""
    row = await notices.one(tx, id)
    if row is None:
        raise NotFound("there is no such notice")
    case = (await cases.load(tx, [row.case_id]))[row.case_id]
    row = await notices.one(tx, id)  # as it is now that nobody changes it
    assert row is not None  # noqa: S101  (a notice that was sent is never deleted)
    return row, case
