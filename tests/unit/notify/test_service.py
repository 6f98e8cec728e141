"""Receipts of notices that are served, and answers that must be given in a form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.notify.domain.case import Case, fold, opened
from services.notify.domain.notices import plan_notices
from services.notify.domain.rows import DeliveryRow, Form, NoticeRow, ReceiptRow
from services.notify.domain.service import (
    Delivery,
    Receipt,
    awaited_until,
    check_delivery,
    is_delivered,
    is_repeated,
    served_at,
)
from shared.business_time.loader import load_calendars
from shared.errors import Conflict, HuiyinError, InvalidInput
from shared.procedures.model import Notice, Service
from tests.unit.notify.samples import START, Story, case_id, notice_row, procedure

CALENDARS = load_calendars()
NOW = START + timedelta(days=3, hours=2)  # Thursday 5 November 2026, 11:00 in Shanghai
RECEIPT = Receipt("chief", "p-1", "signer-1", date(2026, 11, 4))
DELIVERY = Delivery("written", START + timedelta(days=1), "water")


def element(id: str = "decision") -> Notice:
    """A notice of the sample procedure."""
    return next(one for one in procedure().notices if one.id == id)


def a_case(channel: str = "online", *documents: str) -> Case:
    """A case that was closed, with these documents in the vault."""
    story = Story()
    registered = story.registered(channel)
    case = opened(registered)
    for event in (registered, story.closed()):
        fold(case, event)
    case.reached.update({f"documented:{name}": "" for name in documents})
    return case


def served(receipt: Receipt, id: str = "decision", **row: Any) -> datetime:
    """When a notice was served by this receipt."""
    state = {"state": "sent", "made_at": START + timedelta(days=1), **row}
    return served_at(receipt, notice_row(**state), element(id), a_case("online", "signer-1"), procedure(), NOW)


def test_a_receipt_is_awaited_within_the_time_that_the_procedure_gives() -> None:
    until = awaited_until(element(), START, CALENDARS["cn"])

    assert until == datetime.fromisoformat("2026-11-13T00:00+08:00")  # ten days after the 2nd: the end of the 12th
    assert awaited_until(element("receipt"), START, CALENDARS["cn"]) is None


# the date of the receipt -> when it counts as served
DATES = [
    (date(2026, 11, 4), "2026-11-04T00:00+08:00"),
    (date(2026, 11, 3), "2026-11-03T09:00+08:00"),  # no earlier than the notice was made
    (date(2026, 11, 5), "2026-11-05T00:00+08:00"),
]


@pytest.mark.parametrize(("on", "at"), DATES)
def test_a_notice_is_served_on_the_date_of_its_receipt(on: date, at: str) -> None:
    assert served(replace(RECEIPT, date=on)) == datetime.fromisoformat(at)


# what is wrong -> the error, and the field that it names
WRONG: list[tuple[dict[str, Any], dict[str, Any], type[HuiyinError], str]] = [
    ({"signer": None}, {}, InvalidInput, "signer"),
    ({"date": None}, {}, InvalidInput, "date"),
    ({"date": date(2026, 11, 6)}, {}, InvalidInput, "date"),
    ({"date": date(2026, 11, 2)}, {}, InvalidInput, "date"),
    ({"by": "nobody"}, {}, InvalidInput, "by"),
    ({"signer": "signer-2"}, {}, Conflict, "signer"),
    ({}, {"state": "waiting"}, Conflict, "notice"),
    ({}, {"state": "superseded"}, Conflict, "notice"),
]


@pytest.mark.parametrize(("change", "row", "kind", "field"), WRONG)
def test_a_receipt_that_the_procedure_does_not_take_names_its_field(
    change: dict[str, Any], row: dict[str, Any], kind: type[HuiyinError], field: str
) -> None:
    with pytest.raises(kind) as error:
        served(replace(RECEIPT, **change), **row)

    assert error.value.field == field


def test_a_receipt_states_who_delivered_the_notice_where_the_procedure_asks_for_it() -> None:
    slip = element().model_copy(update={"service": Service(receipt=("deliverer", "signer", "date"))})
    row, case = notice_row(state="sent", made_at=START + timedelta(days=1)), a_case("online", "signer-1")

    assert served_at(RECEIPT, row, slip, case, procedure(), NOW)
    with pytest.raises(InvalidInput) as error:
        served_at(replace(RECEIPT, person=None), row, slip, case, procedure(), NOW)
    assert error.value.field == "person"


def test_only_a_notice_that_is_served_has_a_receipt() -> None:
    with pytest.raises(Conflict):
        served(RECEIPT, "receipt")


def test_the_same_receipt_again_is_fine_and_another_is_a_conflict() -> None:
    known = ReceiptRow(
        case_id(1), 1, case_id(), "sample", 1, "decision", "complainant", "received", START, None, NOW, RECEIPT.date,
        "signer-1", "chief", None,
    )  # fmt: skip

    assert is_repeated(known, RECEIPT)
    assert not is_repeated(replace(known, state="overdue"), RECEIPT)
    with pytest.raises(Conflict):
        is_repeated(known, replace(RECEIPT, date=date(2026, 11, 5)))


@pytest.mark.parametrize(("channel", "form"), [("online", "written"), ("telephone", "oral")])
def test_an_answer_is_given_in_the_form_in_which_the_complaint_came(channel: str, form: Form) -> None:
    story = Story()
    registered, closed = story.registered(channel), story.closed()
    case = opened(registered)
    for event in (registered, closed):
        fold(case, event)

    (decision,) = [one for one in plan_notices(case, closed, procedure()) if one.notice == "decision"]

    assert decision.form == form


def test_what_came_in_writing_is_not_answered_by_word_of_mouth() -> None:
    row = notice_row(state="sent", form="written")

    check_delivery(DELIVERY, row, procedure(), NOW)
    check_delivery(DELIVERY, replace(row, form="oral"), procedure(), NOW)
    check_delivery(replace(DELIVERY, form="oral"), replace(row, form="oral"), procedure(), NOW)
    with pytest.raises(InvalidInput) as error:
        check_delivery(replace(DELIVERY, form="oral"), row, procedure(), NOW)
    assert error.value.field == "form"


# what is wrong with a delivery -> the field that the error names
WRONG_DELIVERIES: list[tuple[dict[str, Any], NoticeRow, str]] = [
    ({"at": NOW + timedelta(seconds=1)}, notice_row(form="written"), "at"),
    ({"at": START - timedelta(seconds=1)}, notice_row(form="written"), "at"),
    ({"by": "nobody"}, notice_row(form="written"), "by"),
    ({}, notice_row(form=None), "form"),
    ({}, notice_row(form="written", state="superseded"), "notice"),
]


@pytest.mark.parametrize(("change", "row", "field"), WRONG_DELIVERIES)
def test_a_delivery_that_the_procedure_does_not_take_names_its_field(
    change: dict[str, Any], row: NoticeRow, field: str
) -> None:
    with pytest.raises(HuiyinError) as error:
        check_delivery(replace(DELIVERY, **change), row, procedure(), NOW)

    assert error.value.field == field


def test_the_same_delivery_again_is_fine_and_another_form_is_a_conflict() -> None:
    known = DeliveryRow(case_id(1), case_id(), "written", DELIVERY.at, "water", None)

    assert is_delivered(known, DELIVERY)
    assert not is_delivered(None, DELIVERY)
    with pytest.raises(Conflict):
        is_delivered(known, replace(DELIVERY, form="oral"))
