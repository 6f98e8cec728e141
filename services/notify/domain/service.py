"""How a notice reaches its addressee: the receipt of one that is served, and the form in which an answer was given.
Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.notify.domain.case import Case
from services.notify.domain.rows import DeliveryRow, Form, NoticeRow, ReceiptRow
from shared.business_time.calendars import Calendar
from shared.business_time.due import due
from shared.business_time.durations import Duration
from shared.errors import Conflict, InvalidInput, NotYet
from shared.procedures.model import Notice, Procedure
from shared.procedures.offices import offices

_OVER = ("sent", "failed")
"""Of a notice that failed, a clerk may have brought the paper."""


@dataclass(frozen=True)
class Receipt:
    """What an officer reports of the receipt: the document with the signer's name, the date of service, and as `person`
    who delivered it."""

    by: str
    person: str | None = None
    signer: str | None = None
    date: dt.date | None = None


@dataclass(frozen=True)
class Delivery:
    """What an officer reports of an answer: in which form it was given, and when (on the cases' clock)."""

    form: Form
    at: datetime
    by: str
    person: str | None = None


def awaited_until(element: Notice, sent_at: datetime, calendar: Calendar) -> datetime | None:
    """Until when the receipt of a notice that was sent then is awaited; None: without end."""
    if element.service is None or element.service.within is None:
        return None
    return due(sent_at, Duration.parse(element.service.within), calendar, time_basis="elapsed").at


def served_at(
    receipt: Receipt, row: NoticeRow, element: Notice, case: Case, procedure: Procedure, now: datetime
) -> datetime:
    """When the notice was served, by a receipt that the procedure takes: within its date, after it was made.

    Raises `InvalidInput` or `Conflict` naming the field that is wrong.
    """
    if element.service is None:
        raise Conflict("the procedure does not have this notice served", field="notice")
    _check_over(row)
    _check_office(receipt.by, procedure)
    for name in ("signer", "date"):
        given = getattr(receipt, name) is not None
        if name in element.service.receipt and not given:
            raise InvalidInput("the receipt states it", field=name)
        if given and name not in element.service.receipt:
            raise InvalidInput("the procedure does not ask for it", field=name)
    if "deliverer" in element.service.receipt and receipt.person is None:
        raise InvalidInput("the receipt states who delivered it", field="person")
    if receipt.signer is not None and f"documented:{receipt.signer}" not in case.reached:
        raise NotYet(
            "no such document has come yet",
            field="signer",
            hint="PUT the signer's name to intake's /v1/cases/{id}/documents/{name}, then try again",
        )
    if receipt.date is None:
        return now
    zone = ZoneInfo(procedure.time_zone)
    if receipt.date > now.astimezone(zone).date():
        raise InvalidInput("this lies in the future", field="date")
    if receipt.date < row.made_at.astimezone(zone).date():
        raise InvalidInput("this lies before the notice was made", field="date")
    return min(now, max(row.made_at, datetime.combine(receipt.date, dt.time(), zone).astimezone(UTC)))


def is_repeated(known: ReceiptRow, receipt: Receipt) -> bool:
    """Whether the same receipt was reported before. Raises `Conflict` if another one was."""
    if known.state != "received":
        return False
    if (known.signer, known.served_on) != (receipt.signer, receipt.date):
        raise Conflict("another receipt has been reported", field="date")
    return True


def check_delivery(delivery: Delivery, row: NoticeRow, procedure: Procedure, now: datetime) -> None:
    """Raise `InvalidInput` or `Conflict` for an answer that was not given as the procedure demands.

    Where it may be given by word of mouth it may be given in writing.
    """
    if row.form is None:
        raise Conflict("the procedure does not say in which form this is given", field="form")
    if row.state in ("undecided", "superseded"):
        raise Conflict("this notice is not to be given", field="notice")
    _check_office(delivery.by, procedure)
    if row.form == "written" and delivery.form == "oral":
        raise InvalidInput("this must be answered in writing", field="form", hint="written")
    if delivery.at > now:
        raise InvalidInput("this lies in the future", field="at")
    if delivery.at < row.occurred_at:
        raise InvalidInput("this lies before what is to be answered", field="at")


def is_delivered(known: DeliveryRow | None, delivery: Delivery) -> bool:
    """Whether the same was reported before. Raises `Conflict` if an answer in another form was."""
    if known is None:
        return False
    if known.form != delivery.form:
        raise Conflict("it has been given in another form", field="form")
    return True


def _check_over(row: NoticeRow) -> None:
    if row.state not in _OVER:
        raise Conflict("this notice has not been sent", field="notice", hint=f"it is {row.state}")


def _check_office(by: str, procedure: Procedure) -> None:
    if by not in offices(procedure):
        raise InvalidInput("this procedure has no such role, department or level", field="by")
