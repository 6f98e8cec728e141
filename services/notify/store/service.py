"""The queries on the service of notices: receipts, and answers that officers gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.rows import DeliveryRow, NoticeRow, ReceiptRow
from services.notify.domain.service import Delivery, Receipt

_AWAIT = text(
    """
    INSERT INTO receipts (notice_id, case_id, procedure, version, notice, addressee, state, sent_at, due_at)
    VALUES (:notice_id, :case_id, :procedure, :version, :notice, :addressee, 'awaited', :sent_at, :due_at)
    ON CONFLICT (notice_id) DO NOTHING
    """
)
_ONE = text("SELECT * FROM receipts WHERE notice_id = :id FOR UPDATE")
_RECEIVE = text(
    """
    UPDATE receipts SET state = 'received', served_at = :served_at, served_on = :served_on, signer = :signer, by = :by,
        person = :person
    WHERE notice_id = :id RETURNING *
    """
)
_EXPIRING = text("SELECT case_id FROM receipts WHERE state = 'awaited' AND due_at <= :now ORDER BY due_at LIMIT :limit")
_EXPIRE = text(
    """
    UPDATE receipts SET state = 'overdue' WHERE case_id = ANY(:cases) AND state = 'awaited' AND due_at <= :now
    RETURNING *
    """
)
_LIST = text(
    """
    SELECT * FROM receipts
    WHERE (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:case AS uuid) IS NULL OR case_id = :case)
        AND position > :after
    ORDER BY position LIMIT :limit
    """
)
_DELIVERY = text("SELECT * FROM deliveries WHERE notice_id = :id")
_DELIVER = text(
    """
    INSERT INTO deliveries (notice_id, case_id, form, at, by, person)
    VALUES (:notice_id, :case_id, :form, :at, :by, :person)
    """
)


async def await_receipt(
    tx: AsyncConnection, row: NoticeRow, addressee: str, sent_at: datetime, due_at: datetime | None
) -> None:
    """Await the receipt of a notice that was sent; one that is awaited already stays as it is."""
    await tx.execute(
        _AWAIT,
        {
            "notice_id": row.id,
            "case_id": row.case_id,
            "procedure": row.procedure,
            "version": row.version,
            "notice": row.notice,
            "addressee": addressee,
            "sent_at": sent_at,
            "due_at": due_at,
        },
    )


async def receipt(tx: AsyncConnection, notice_id: UUID) -> ReceiptRow | None:
    """A notice's receipt, locked; None where none is awaited."""
    return next(iter(_rows(await tx.execute(_ONE, {"id": notice_id}))), None)


async def receive(tx: AsyncConnection, notice_id: UUID, given: Receipt, served_at: datetime) -> ReceiptRow:
    """Write what was reported of a receipt that is awaited."""
    found = await tx.execute(
        _RECEIVE,
        {
            "id": notice_id,
            "served_at": served_at,
            "served_on": given.date,
            "signer": given.signer,
            "by": given.by,
            "person": given.person,
        },
    )
    return _rows(found)[0]


async def expiring(tx: AsyncConnection, now: datetime, limit: int) -> set[UUID]:
    """Cases with a receipt that has not come in time; not locked."""
    return {row.case_id for row in await tx.execute(_EXPIRING, {"now": now, "limit": limit})}


async def expire(tx: AsyncConnection, cases: Collection[UUID], now: datetime) -> list[ReceiptRow]:
    """Mark the receipts of these cases that have not come in time; the caller holds the cases' locks."""
    return _rows(await tx.execute(_EXPIRE, {"cases": list(cases), "now": now}))


async def page(
    tx: AsyncConnection, *, state: str | None, case: UUID | None, after: int, limit: int
) -> Sequence[ReceiptRow]:
    """Receipts in the order in which their notices were sent."""
    return _rows(await tx.execute(_LIST, {"state": state, "case": case, "after": after, "limit": limit}))


async def delivery(tx: AsyncConnection, notice_id: UUID) -> DeliveryRow | None:
    """The answer that was given with a notice, or None."""
    row = (await tx.execute(_DELIVERY, {"id": notice_id})).first()
    return DeliveryRow(**row._mapping) if row is not None else None


async def deliver(tx: AsyncConnection, row: NoticeRow, given: Delivery) -> None:
    """Write an answer that was given."""
    await tx.execute(
        _DELIVER,
        {
            "notice_id": row.id,
            "case_id": row.case_id,
            "form": given.form,
            "at": given.at,
            "by": given.by,
            "person": given.person,
        },
    )


def _rows(rows: Iterable[Row[Any]]) -> list[ReceiptRow]:
    return [ReceiptRow(**row._mapping) for row in rows]
