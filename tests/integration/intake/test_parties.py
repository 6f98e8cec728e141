"""Parties in the vault: sealed, replaced as a whole, read with the identity, and told only what is theirs."""

from __future__ import annotations

from typing import Any

import pytest

from shared.events.complaints import ComplaintRegistered, ComplaintSupplemented
from tests.integration.intake.conftest import Intake
from tests.unit.intake.sample import FIELDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOP = {"name": "某店有限公司", "phone": "0571-88880000"}


async def register(intake: Intake, **fields: Any) -> dict[str, Any]:
    document = {"procedure": "test-parties", "channel": "letter", "fields": {**FIELDS, **fields}}
    answer = await intake.http.post("/v1/complaints", json=document)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_party_is_sealed_and_no_event_names_it(intake: Intake) -> None:
    given = await register(intake, respondent=SHOP, people=6, representative=[{"name": "代表甲"}, {"name": "代表乙"}])
    assert given.get("missing") == []
    (registered,) = [one.data for one in await intake.emitted() if isinstance(one.data, ComplaintRegistered)]
    facts = {name: value for name, value in registered.attributes.items() if name.startswith("party.")}
    assert facts == {"party.respondent": 1, "party.representative": 2}
    stored = str([event.data.model_dump() for event in await intake.emitted()])
    stored += str(await intake.rows("SELECT attributes, missing FROM cases"))
    stored += str(await intake.rows("SELECT field, ciphertext FROM vault_fields"))
    assert not any(name in stored for name in (SHOP["name"], SHOP["phone"], "代表甲"))
    identity = (await intake.http.get(f"/v1/cases/{given['case_id']}?identity=true&purpose=check")).json()["identity"]
    assert identity["respondent"] == [SHOP]
    assert identity["representative"] == [{"name": "代表甲"}, {"name": "代表乙"}]
    assert not any("." in name for name in identity)


async def test_a_supplement_names_a_party_anew_as_a_whole(intake: Intake) -> None:
    case_id = (await register(intake, people=5, representative=[{"name": "甲"}, {"name": "乙"}]))["case_id"]
    case = (await intake.http.get(f"/v1/cases/{case_id}")).json()
    assert case["missing"] == ["respondent"]
    given = {"fields": {"respondent": {"name": "某厂"}, "representative": {"name": "丙"}}}
    assert (await intake.http.post(f"/v1/cases/{case_id}/supplements", json=given)).json()["missing"] == []
    read = await intake.http.get(f"/v1/cases/{case_id}?identity=true&purpose=check")
    identity = read.json()["identity"]
    assert (identity["respondent"], identity["representative"]) == ([{"name": "某厂"}], [{"name": "丙"}])
    (event,) = [one.data for one in await intake.emitted(case_id) if isinstance(one.data, ComplaintSupplemented)]
    assert event.given == ("representative", "respondent")
    assert (event.attributes["party.respondent"], event.attributes["party.representative"]) == (1, 1)


async def test_a_notice_to_a_party_gets_the_partys_own_and_nothing_of_the_complainants(intake: Intake) -> None:
    case_id = (await register(intake, respondent=SHOP))["case_id"]
    await intake.http.put(f"/v1/cases/{case_id}/documents/reply", json={"text": "内部意见"})
    asked = {"case_id": case_id, "fields": ["name", "phone", "email"], "purpose": "notice:n", "party": "respondent"}
    nobody = {**asked, "party": "representative"}
    found = (await intake.http.post("/internal/v1/contacts", json={"asked": [asked, nobody]})).json()
    assert [one["fields"] for one in found] == [SHOP, {}]
    for one in found:
        assert (one["receipt_code"], one["progress_url"], one["documents"], one["language"]) == (None, None, {}, None)
    reads = (await intake.http.get(f"/v1/cases/{case_id}/vault-reads")).json()["reads"]
    assert [one["fields"] for one in reads] == [["respondent.name", "respondent.phone"], []]


async def test_five_persons_without_representatives_are_not_registered(intake: Intake) -> None:
    document = {"procedure": "test-parties", "channel": "letter", "fields": {**FIELDS, "people": 5}}
    answer = await intake.http.post("/v1/complaints", json=document)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["fields.representative"]
