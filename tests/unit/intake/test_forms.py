"""Which fields are needed, where values may live, and what a whole submission's mistakes look like."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.intake.domain.admission import Complaint, check
from services.intake.domain.forms import PERIOD, make_form
from shared.business_time.loader import load_calendars
from shared.errors import ProcedureError
from tests.unit.intake.sample import FIELDS, FORM, MONDAY, PROCEDURE, complaint


def mistakes(fields: dict[str, Any], channel: str = "letter", received_at: str | None = None) -> list[str]:
    checked = check(FORM, channel, received_at, "zh", fields, MONDAY)
    assert isinstance(checked, list), "nothing was wrong with it"
    return [error.field for error in checked]


def test_identity_and_evidence_go_to_the_vault_and_only_coded_values_stand_in_attributes() -> None:
    found = complaint({**FIELDS, "born": "1980-01-02", "adult": True})
    assert found.vault == {
        "name": "张三",
        "phone": "13800138000",
        "content": "质量问题",
        "accused": "某店",
        "born": "1980-01-02",
        "adult": "true",
    }
    assert found.attributes == {
        "kind": "goods",
        "receipt": True,
        "amount": 120,
        "urgent": False,  # its default
        PERIOD: "business-hours",
        "received.at": "2025-03-03T10:00:00+08:00",
    }


@pytest.mark.parametrize(
    ("received_at", "period"),
    [
        ("2025-03-03T10:00:00+08:00", "business-hours"),  # a Monday
        ("2025-02-28T23:00:00+08:00", "off-hours"),  # a Friday night
        ("2025-03-02T10:00:00+08:00", "holiday"),  # a Sunday
        ("2025-01-29T10:00:00+08:00", "holiday"),  # Spring Festival
        ("2025-01-26T10:00:00+08:00", "business-hours"),  # a Sunday worked instead
    ],
)
def test_the_period_of_receipt_is_the_calendars(received_at: str, period: str) -> None:
    assert complaint(received_at=received_at).attributes[PERIOD] == period


def test_what_is_needed_for_registration_depends_on_what_was_said() -> None:
    assert mistakes({}) == ["fields.content"]
    assert mistakes({"content": "x", "kind": "goods"}) == ["fields.receipt"]
    assert complaint({"content": "x", "kind": "service"}).missing == ("name",)
    assert complaint({"content": "x"}).missing == ("name",)  # the kind is unknown: no receipt is demanded


def test_what_is_asked_for_depends_on_what_was_said() -> None:
    assert complaint(FIELDS).missing == ()
    assert complaint({**FIELDS, "amount": None, "name": " "}).missing == ("name", "amount")
    assert complaint({**FIELDS, "amount": None, "receipt": False}).missing == ()


def test_all_mistakes_are_named_at_once_and_each_field_once() -> None:
    found = mistakes({"content": 5, "kind": "cars", "nothing": 1}, channel="fax", received_at="2025-03-01T00:00:00")
    assert found == ["channel", "received_at", "fields.content", "fields.kind", "fields.nothing"]


def test_a_caller_s_clock_may_be_five_minutes_ahead_and_no_more() -> None:
    ahead = (MONDAY + timedelta(minutes=5)).isoformat()
    too_far = (MONDAY + timedelta(minutes=5, seconds=1)).isoformat()
    assert complaint(received_at=ahead).received_at == MONDAY + timedelta(minutes=5)
    assert mistakes(dict(FIELDS), received_at=too_far) == ["received_at"]


@pytest.mark.parametrize("received_at", ["0001-01-01T00:00:00Z", "0003-06-01T00:00:00Z", "1899-12-31T00:00:00Z"])
def test_what_was_received_ages_ago_is_a_mistake_and_no_failure(received_at: str) -> None:
    assert mistakes(dict(FIELDS), received_at=received_at) == ["received_at"]


def test_a_channel_goes_by_its_id_or_either_name() -> None:
    for word in ("telephone", "电话", "Telephone"):
        checked = check(FORM, word, None, "zh", FIELDS, MONDAY)
        assert isinstance(checked, Complaint)
        assert checked.channel == "telephone"


def test_a_procedure_without_its_calendar_is_refused() -> None:
    with pytest.raises(ProcedureError, match="does not exist"):
        make_form(PROCEDURE.model_copy(update={"calendar": "nowhere"}), load_calendars())


def test_a_channel_whose_hours_no_calendar_knows_is_an_error() -> None:
    channel = PROCEDURE.channels[0].model_copy(update={"hours": "no-such"})
    with pytest.raises(ProcedureError) as caught:
        make_form(PROCEDURE.model_copy(update={"channels": (channel,)}), load_calendars())
    assert caught.value.field == f"channels[{channel.id}].hours"
