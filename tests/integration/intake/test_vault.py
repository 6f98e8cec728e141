"""Identities: read with a scope and a purpose, every reading on record, gone for good with their key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.background.housekeeping import KEYS_KEPT, clean_up
from shared.business_time.clock import VirtualClock
from shared.events.complaints import DocumentAdded
from shared.events.envelope import decode
from shared.security.vault import Vault
from tests.integration.intake.conftest import MASTER, Intake
from tests.unit.intake.sample import FIELDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = {"procedure": "test-desk", "channel": "letter", "language": "en", "fields": {**FIELDS, "adult": True}}


async def register(intake: Intake, key: str | None = None) -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    found: dict[str, Any] = (await intake.http.post("/v1/complaints", json=DOCUMENT, headers=headers)).json()
    return found


async def test_a_notice_gets_what_it_asks_for_and_the_reading_is_on_record(intake: Intake) -> None:
    given = await register(intake)
    case_id = given["case_id"]
    written = await intake.http.put(f"/v1/cases/{case_id}/documents/reply", json={"text": "您的投诉已办结"})
    assert written.status_code == 204
    asked = {"case_id": case_id, "fields": ["name", "phone", "email"], "purpose": "notice:n-1"}
    unknown = {**asked, "case_id": "00000000-0000-0000-0000-000000000001"}
    contact = await intake.http.post("/internal/v1/contacts", json={"asked": [unknown, asked]})
    assert contact.json() == [
        None,
        {
            "case_id": case_id,
            "case_number": given["case_number"],
            "language": "en",
            "receipt_code": given["receipt_code"],
            "progress_url": given["progress_url"],
            "fields": {"name": "张三", "phone": "13800138000"},
            "documents": {"reply": "您的投诉已办结"},
        },
    ]
    identity = await intake.http.get(f"/v1/cases/{case_id}?identity=true&purpose=hearing")
    assert identity.json()["identity"] == {
        "accused": "某店", "adult": True, "content": "质量问题", "name": "张三", "phone": "13800138000",
    }  # fmt: skip
    assert (await intake.http.get(f"/v1/cases/{case_id}/documents/reply?purpose=check")).json()[
        "text"
    ] == "您的投诉已办结"
    reads = (await intake.http.get(f"/v1/cases/{case_id}/vault-reads")).json()["reads"]
    assert [(read["reader"], read["purpose"], read["fields"]) for read in reads] == [
        ("tester", "notice:n-1", ["name", "phone", "receipt_code", "documents.reply"]),
        ("tester", "hearing", ["accused", "adult", "content", "name", "phone"]),
        ("tester", "check", ["documents.reply"]),
    ]


async def documents_added(intake: Intake, case_id: str) -> list[str]:
    """The documents of a case that were emitted, in order."""
    async with intake.engine.connect() as connection:
        rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
        events = [decode(row.value) for row in rows]
    return [
        event.data.document
        for event in events
        if str(event.subject) == case_id and isinstance(event.data, DocumentAdded)
    ]


async def test_each_new_text_of_a_document_is_emitted_by_its_name_only(intake: Intake) -> None:
    case_id = (await register(intake))["case_id"]
    for name, content in (("reply", "第一稿"), ("reply", "第一稿"), ("report", "第一稿"), ("reply", "第二稿")):
        await intake.http.put(f"/v1/cases/{case_id}/documents/{name}", json={"text": content})
    assert await documents_added(intake, case_id) == ["reply", "report", "reply"]
    timeline = (await intake.http.get(f"/v1/cases/{case_id}/timeline")).text
    assert "documented" in timeline
    assert "稿" not in timeline


async def test_a_reading_without_a_coded_purpose_is_refused(intake: Intake) -> None:
    case_id = (await register(intake))["case_id"]
    for path in (
        f"/v1/cases/{case_id}?identity=true",
        f"/v1/cases/{case_id}?identity=true&purpose=for Zhang San",
        f"/v1/cases/{case_id}/documents/reply",
    ):
        answer = await intake.http.get(path)
        assert (answer.status_code, answer.json()["field"]) == (422, "purpose"), path
    asked = {"case_id": case_id, "fields": ["name"], "purpose": "for Zhang San"}
    answer = await intake.http.post("/internal/v1/contacts", json={"asked": [asked]})
    assert (answer.status_code, answer.json()["field"]) == (422, "asked.0.purpose")
    assert (await intake.http.get(f"/v1/cases/{case_id}/vault-reads")).json()["reads"] == []


async def test_a_document_s_new_text_replaces_the_old_one(intake: Intake) -> None:
    case_id = (await register(intake))["case_id"]
    path = f"/v1/cases/{case_id}/documents/reply"
    for words in ("old", "new"):
        await intake.http.put(path, json={"text": words})
    assert (await intake.http.get(f"{path}?purpose=x")).json()["text"] == "new"
    for bad in ({"text": "a\x00b"}, {"text": ""}, {"text": "x" * 100_001}, {"text": 5}, {}):
        answer = await intake.http.put(path, json=bad)
        assert (answer.status_code, answer.json()["field"]) == (422, "text")
    assert (await intake.http.put(f"/v1/cases/{case_id}/documents/No%20Name", json={"text": "x"})).status_code == 422
    assert (await intake.http.get(f"/v1/cases/{case_id}/documents/none?purpose=x")).status_code == 404


async def test_exchanged_cells_do_not_open(intake: Intake) -> None:
    one, other = (await register(intake))["case_id"], (await register(intake))["case_id"]
    async with intake.engine.begin() as tx:
        await tx.execute(
            text(
                """
                UPDATE vault_fields AS here SET ciphertext = there.ciphertext FROM vault_fields AS there
                WHERE here.case_id = CAST(:one AS uuid) AND there.case_id = CAST(:other AS uuid)
                    AND here.field = there.field AND here.field = 'name'
                """
            ),
            {"one": one, "other": other},
        )
    assert (await intake.http.get(f"/v1/cases/{one}?identity=true&purpose=x")).status_code == 500
    assert (await intake.http.get(f"/v1/cases/{other}?identity=true&purpose=x")).status_code == 200


async def test_without_its_wrapped_key_nothing_of_a_case_can_be_read(intake: Intake) -> None:
    given = await register(intake, "k-1")
    case_id = given["case_id"]
    await intake.http.put(f"/v1/cases/{case_id}/documents/reply", json={"text": "x"})
    async with intake.engine.begin() as tx:
        await tx.execute(text("DELETE FROM vault_keys WHERE case_id = CAST(:id AS uuid)"), {"id": case_id})
    for path in (
        f"/v1/cases/{case_id}?identity=true&purpose=x",
        f"/v1/cases/{case_id}/documents/reply?purpose=x",
    ):
        assert (await intake.http.get(path)).status_code == 404, path
    asked = {"case_id": case_id, "fields": ["name"], "purpose": "x"}
    assert (await intake.http.post("/internal/v1/contacts", json={"asked": [asked]})).json() == [None]
    again = await register(intake, "k-1")
    assert again == {"case_id": case_id}  # the number of the request is still known, its answer is not
    assert (await intake.http.get(f"/v1/cases/{case_id}")).json()["status"] == "admitted"  # statistics stay whole


async def test_old_idempotency_keys_go_and_data_keys_follow_a_new_master_key(intake: Intake) -> None:
    given = await register(intake, "k-1")
    (kept,) = await intake.rows("SELECT kept_since FROM idempotency")
    both = Vault((MASTER, b"n" * 32))
    just = VirtualClock(kept["kept_since"] + KEYS_KEPT)
    assert await clean_up(intake.engine, both, just) == (0, 1)
    assert await clean_up(intake.engine, both, just) == (0, 0)
    just.advance(timedelta(seconds=1))
    assert await clean_up(intake.engine, both, just) == (1, 0)
    (row,) = await intake.rows("SELECT case_id, wrapped, key_version FROM vault_keys")
    assert row["key_version"] == 2
    (sealed,) = await intake.rows("SELECT ciphertext FROM vault_fields WHERE field = 'name'")
    key = both.key(row["case_id"], row["key_version"], row["wrapped"])
    assert key.open("vault_fields", "name", sealed["ciphertext"]) == "张三"
    assert (await register(intake, "k-1"))["case_id"] != given["case_id"]


async def test_idempotency_keys_are_kept_in_real_time_whatever_the_cases_run_on(intake: Intake) -> None:
    await register(intake, "k-1")
    (kept,) = await intake.rows("SELECT kept_since FROM idempotency")
    assert abs(datetime.now(UTC) - kept["kept_since"]) < timedelta(minutes=5)
    assert kept["kept_since"] - intake.clock.now() > timedelta(days=30)
