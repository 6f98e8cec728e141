"""Deciding, supplementing, withdrawing, and what the complainant sees of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.integration.intake.conftest import Intake

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELD = {"procedure": "test-desk", "channel": "letter", "fields": {"content": "内容", "name": "张三"}}


async def register(intake: Intake, **fields: Any) -> dict[str, Any]:
    document = {**HELD, "fields": {**HELD["fields"], **fields}}  # type: ignore[dict-item]
    answer = await intake.http.post("/v1/complaints", json=document)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def names(intake: Intake, case_id: str) -> list[str]:
    answer = await intake.http.get(f"/v1/cases/{case_id}/timeline")
    return [entry["occurrence"] for entry in answer.json()["occurrences"]]


async def test_a_refusal_gets_its_document_number_and_the_complainant_the_reason(intake: Intake) -> None:
    given = await register(intake)
    assert given["status"] == "held"
    decided = await intake.http.post(
        f"/v1/cases/{given['case_id']}/admission", json={"decision": "refuse", "by": "chief", "rule": "no-name"}
    )
    assert decided.json()["status"] == "refused"
    assert decided.json()["document_numbers"] == {"refusal-notice": "不予受理[2025]1号"}
    refused, numbered = [event.data for event in await intake.emitted(given["case_id"])][1:]
    assert numbered.model_dump() == {"document": "refusal-notice", "number": "不予受理[2025]1号"}
    assert refused.model_dump()["document_numbers"] == {"refusal-notice": "不予受理[2025]1号"}
    asked = {"case_number": given["case_number"], "receipt_code": given["receipt_code"]}
    page = await intake.http.get("/v1/progress", params=asked, headers={"Authorization": ""})
    assert page.json()["reason"] == {"zh": "匿名", "en": "Anonymous"}
    again = await intake.http.post(f"/v1/cases/{given['case_id']}/admission", json={"decision": "admit", "by": "chief"})
    assert again.status_code == 409


async def test_a_rule_that_refuses_at_registration_takes_the_next_document_number(intake: Intake) -> None:
    held = await register(intake)
    decision = {"decision": "refuse", "by": "chief", "rule": "no-name"}
    await intake.http.post(f"/v1/cases/{held['case_id']}/admission", json=decision)
    refused = await register(intake, anonymous=True)
    case = (await intake.http.get(f"/v1/cases/{refused['case_id']}")).json()
    assert (case["status"], case["document_numbers"]) == ("refused", {"refusal-notice": "不予受理[2025]2号"})


async def test_of_many_decisions_at_once_one_counts(intake: Intake) -> None:
    given = await register(intake)
    path = f"/v1/cases/{given['case_id']}/admission"
    decisions = [{"decision": "admit", "by": "chief"}, {"decision": "transfer-out", "by": "chief", "to": "other-body"}]
    answers = await asyncio.gather(*(intake.http.post(path, json=decisions[n % 2]) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert len(await intake.emitted(given["case_id"])) == 2


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        ({"decision": "admit", "by": "desk"}, "by"),
        ({"decision": "refuse", "by": "chief"}, "rule"),
        ({"decision": "transfer-out", "by": "chief", "to": "zhang-san"}, "to"),
        ({"decision": "hold", "by": "chief"}, "decision"),
        ({"decision": "admit", "by": "Chief Zhang"}, "by"),
        ({"decision": "admit", "by": "chief", "note": "x"}, "note"),
    ],
)
async def test_a_decision_that_breaks_a_rule_changes_nothing(
    intake: Intake, decision: dict[str, str], field: str
) -> None:
    given = await register(intake)
    answer = await intake.http.post(f"/v1/cases/{given['case_id']}/admission", json=decision)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await intake.http.get(f"/v1/cases/{given['case_id']}")).json()["status"] == "held"


async def test_a_supplement_that_answers_the_rules_admits_the_case(intake: Intake) -> None:
    given = await register(intake, name=None)
    assert given["missing"] == ["name"]
    path = f"/v1/cases/{given['case_id']}/supplements"
    still = (await intake.http.post(path, json={"fields": {"name": "李四"}})).json()
    assert (still["status"], still["missing"]) == ("held", [])
    admitted = (await intake.http.post(path, json={"fields": {"kind": "goods", "receipt": True}})).json()
    assert (admitted["status"], admitted["missing"], admitted["rule"]) == ("admitted", ["amount"], "ours")
    assert await names(intake, given["case_id"]) == [
        "received", "registered", "supplement-requested", "supplemented", "supplemented", "admitted",
    ]  # fmt: skip
    last = [event.data for event in await intake.emitted(given["case_id"])][-2].model_dump()
    assert last["attributes"] == {
        "kind": "goods",
        "receipt": True,
        "urgent": False,
        "received.period": "business-hours",
    }
    identity = await intake.http.get(f"/v1/cases/{given['case_id']}?identity=true&purpose=check")
    assert identity.json()["identity"]["name"] == "李四"


async def test_the_same_supplement_again_says_nothing_new(intake: Intake) -> None:
    given = await register(intake)
    path, headers = f"/v1/cases/{given['case_id']}/supplements", {"Idempotency-Key": "s-1"}
    for _ in range(2):
        answer = await intake.http.post(path, json={"fields": {"kind": "service"}}, headers=headers)
        assert answer.json()["status"] == "admitted"
    assert (await names(intake, given["case_id"])).count("supplemented") == 1


async def test_a_supplement_with_a_mistake_changes_nothing(intake: Intake) -> None:
    given = await register(intake)
    path = f"/v1/cases/{given['case_id']}/supplements"
    answer = await intake.http.post(path, json={"fields": {"name": "王五", "amount": "viel"}})
    assert (answer.status_code, answer.json()["field"]) == (422, "fields.amount")
    identity = await intake.http.get(f"/v1/cases/{given['case_id']}?identity=true&purpose=check")
    assert identity.json()["identity"]["name"] == "张三"


async def test_a_withdrawn_case_takes_nothing_more(intake: Intake) -> None:
    given = await register(intake)
    path = f"/v1/cases/{given['case_id']}"
    assert (await intake.http.post(f"{path}/withdrawal", json={"by": "nobody"})).status_code == 422
    assert (await intake.http.post(f"{path}/withdrawal", json={})).json()["status"] == "withdrawn"
    assert (await intake.http.post(f"{path}/withdrawal", json={})).status_code == 409
    assert (await intake.http.post(f"{path}/supplements", json={"fields": {"name": "x"}})).status_code == 409
    assert (await intake.http.post(f"{path}/admission", json={"decision": "admit", "by": "chief"})).status_code == 409


async def test_cases_are_listed_page_by_page(intake: Intake) -> None:
    made = [(await register(intake))["case_id"] for _ in range(5)]
    found: list[str] = []
    after = ""
    while True:
        page = (await intake.http.get(f"/v1/cases?state=held&procedure=test-desk&limit=2{after}")).json()
        found += [case["case_id"] for case in page["cases"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(found) == sorted(made)
    assert len(found) == len(set(found))
    one = (await intake.http.get("/v1/cases?number=T2025-0003")).json()["cases"]
    assert [case["case_id"] for case in one] == [made[2]]
    assert (await intake.http.get("/v1/cases?state=closed")).json() == {"cases": [], "next": None}


async def test_a_wrong_code_and_an_unknown_number_are_answered_alike_and_seldom(intake: Intake) -> None:
    given = await register(intake)
    wrong = {"case_number": given["case_number"], "receipt_code": "0000-0000-0000"}
    unknown = {"case_number": "T2025-9999", "receipt_code": given["receipt_code"]}
    one = await intake.http.get("/v1/progress", params=wrong)
    other = await intake.http.get("/v1/progress", params=unknown)
    assert one.status_code == other.status_code == 404
    assert one.content == other.content
    answers = [await intake.http.get("/v1/progress", params=wrong) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [404] * 9 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("path", ["", "/timeline", "/vault-reads", "/documents/reply?purpose=x"])
async def test_an_unknown_case_is_not_found(intake: Intake, path: str) -> None:
    nobody = "00000000-0000-0000-0000-000000000001"
    assert (await intake.http.get(f"/v1/cases/{nobody}{path}")).status_code == 404
