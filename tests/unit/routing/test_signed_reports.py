"""Which reports on Kafka count as their office's, and what is said of those that do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.routing.domain.signed_reports import UNKNOWN, object_to, rejection
from shared.events.assignments import MilestoneReport
from shared.events.envelope import Event, Transport, decode, encode, make
from shared.events.headers import signature_headers
from shared.security.acting import Principal, Signer
from shared.security.signing import RecordSigner, new_private_key, public_key_of
from tests.unit.routing.sample import CASE, NOW, PROCEDURE

SIGNED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # real time; cases may live on another clock
PRIVATE = new_private_key()
REPORT = MilestoneReport(milestone="investigated", at=NOW, by="desk", fields={"investigators": 2})


def signer(*acts_as: str, scopes: str = "reports:write", key: bytes = public_key_of(PRIVATE)) -> Signer:
    return Signer(Principal("desk-system", frozenset((scopes,)), frozenset(acts_as)), (key,))


def received(report: MilestoneReport = REPORT, *, after: timedelta = timedelta(), private: str = PRIVATE) -> Event:
    """The report as it came, signed."""
    event = make("departments/desk", CASE, PROCEDURE.key, report, cause="1", at=NOW)
    value = encode(event)
    headers = RecordSigner("desk-system", private).headers(str(event.id), value, SIGNED)
    return replace(decode(value), transport=Transport(signature_headers(headers), value, SIGNED + after))


def without_time(event: Event) -> Event:
    assert event.transport is not None
    return replace(event, transport=replace(event.transport, appended_at=None))


# the report as it came, who the record names, why it does not count
OBJECTIONS = [
    (received(), signer("sample/desk"), None),
    (received(), signer("sample/*"), None),
    (received(), signer("*/*", scopes="*"), None),
    (replace(received(), transport=None), signer("sample/desk"), ("unsigned", "signature")),
    (without_time(received()), signer("sample/desk"), ("no-append-time", "signature")),
    (received(after=timedelta(minutes=6)), signer("sample/desk"), ("stale", "signature")),
    (received(after=-timedelta(minutes=6)), signer("sample/desk"), ("stale", "signature")),
    (received(private=new_private_key()), signer("sample/desk"), ("wrong-signature", "signature")),
    (received(), None, ("unknown-key", "signature")),
    (received(), replace(signer("sample/desk"), public_keys=()), ("unknown-key", "signature")),
    (received(), signer("sample/desk", scopes="cases:read"), ("lacks-scope", "signature")),
    (received(), signer("sample/centre"), ("not-its-office", "by")),
    (received(), signer("other/desk", "other/*"), ("not-its-office", "by")),
    (received(), signer(), ("not-its-office", "by")),
]


@pytest.mark.parametrize(("event", "by", "expected"), OBJECTIONS)
def test_a_report_counts_when_its_signer_may_act_as_the_office(
    event: Event, by: Signer | None, expected: tuple[str, str] | None
) -> None:
    objection = object_to(event, "sample", by)
    assert (objection and (objection.code, objection.field)) == expected
    assert objection is None or objection.message


def test_the_office_is_one_of_the_cases_own_procedure_whatever_the_report_says() -> None:
    claiming = replace(received(), procedure="other")
    assert object_to(claiming, "sample", signer("other/*")) is not None
    assert object_to(claiming, "sample", signer("sample/desk")) is None


def test_an_id_of_another_systems_own_form_is_signed_as_it_stands() -> None:
    event = make("departments/desk", CASE, PROCEDURE.key, REPORT, cause="1", at=NOW)
    value = encode(event).replace(str(event.id).encode(), b"REPORT-17")
    headers = signature_headers(RecordSigner("desk-system", PRIVATE).headers("REPORT-17", value, SIGNED))
    read = replace(decode(value), transport=Transport(headers, value, SIGNED))
    assert (read.wire_id, str(read.id) == "REPORT-17") == ("REPORT-17", False)
    assert object_to(read, "sample", signer("sample/desk")) is None


def test_a_rejection_repeats_only_names_of_the_procedure() -> None:
    known = rejection(REPORT, PROCEDURE, "no", "by", "not-its-office")
    assert (known.milestone, known.by, known.code) == ("investigated", "desk", "not-its-office")
    any_text = rejection(
        MilestoneReport(milestone="张三", at=NOW, by="139 0000 0000"), PROCEDURE, "no", "signature", "unsigned"
    )
    assert (any_text.milestone, any_text.by) == (UNKNOWN, UNKNOWN)
    assert rejection(replace_milestone("resolved"), PROCEDURE, "no", None, "conflict").milestone == "resolved"


def replace_milestone(milestone: str) -> MilestoneReport:
    return REPORT.model_copy(update={"milestone": milestone})
