"""What officers ask of complainants: until when, what fulfils it, and the refusal when it does not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.consumer import Consumer
from shared.events import deadlines as d
from shared.events import envelope
from shared.events.complaints import ComplaintRefused, ComplaintSupplemented, SupplementRequested
from shared.messaging.inbox.processor import Processor
from tests.integration.intake.conftest import Intake
from tests.integration.intake.test_cases import register
from tests.integration.intake.test_consumer import FORMS, records
from tests.unit.intake.sample import MONDAY

pytestmark = pytest.mark.asyncio(loop_scope="session")

DUE = MONDAY + timedelta(days=7)


async def ask(intake: Intake, case_id: str, **changed: Any) -> Any:
    body = {"supplement": "particulars", "by": "chief", "fields": ["amount"], **changed}
    return await intake.http.post(f"/v1/cases/{case_id}/supplement-requests", json=body)


async def emitted(intake: Intake, case_id: str, kind: type[Any]) -> list[Any]:
    return [one.data for one in await intake.emitted(case_id) if isinstance(one.data, kind)]


async def breach(intake: Intake, case_id: str, clock: str = "supplement-particulars") -> None:
    data = d.ClockBreached(clock=clock, cycle=1, due_at=DUE, step="due", step_due_at=DUE, fired_at=DUE, late_by=0.0)
    event = envelope.make("sla", UUID(case_id), ("test-desk", 1), data, cause=clock, at=DUE).numbered(1)
    await Processor(intake.outbox, "intake", intake.clock, Consumer(FORMS)).process(records([event]))


async def test_a_request_is_open_until_everything_has_come(intake: Intake) -> None:
    case_id = (await register(intake))["case_id"]
    asked = await ask(intake, case_id, fields=["amount", "name"])
    assert (asked.status_code, asked.json()["missing"]) == (200, ["name", "amount"])
    assert (await ask(intake, case_id, fields=["amount", "name"])).json() == asked.json()
    (request,) = await emitted(intake, case_id, SupplementRequested)
    assert (request.supplement, request.by, request.missing) == ("particulars", "chief", ("amount", "name"))
    path = f"/v1/cases/{case_id}/supplements"
    first = (await intake.http.post(path, json={"fields": {"amount": 5}})).json()
    assert (first["status"], first["missing"]) == ("held", ["name"])  # the name that was given is not the one asked for
    last = (await intake.http.post(path, json={"fields": {"name": "张三丰"}})).json()
    assert last["missing"] == []
    supplemented = await emitted(intake, case_id, ComplaintSupplemented)
    assert [(one.given, one.fulfilled) for one in supplemented] == [(("amount",), ()), (("name",), ("particulars",))]
    line = (await intake.http.get(f"/v1/cases/{case_id}/timeline")).json()["occurrences"]
    assert [one["occurrence"] for one in line][2:] == [
        "supplement-requested:particulars",
        "supplemented",
        "supplemented:particulars",
    ]
    await breach(intake, case_id)  # it came late to us: the request was fulfilled before
    assert (await intake.http.get(f"/v1/cases/{case_id}")).json()["status"] == "held"
    assert len(await emitted(intake, case_id, SupplementRequested)) == 1
    await ask(intake, case_id, fields=["amount", "name"])
    assert len(await emitted(intake, case_id, SupplementRequested)) == 2


async def test_a_document_that_was_asked_for_fulfils_the_request(intake: Intake) -> None:
    case_id = (await register(intake))["case_id"]
    await ask(intake, case_id, fields=["amount"], documents=["evidence"])
    await intake.http.post(f"/v1/cases/{case_id}/supplements", json={"fields": {"amount": 5}})
    assert [one.fulfilled for one in await emitted(intake, case_id, ComplaintSupplemented)] == [()]
    await intake.http.post(f"/v1/cases/{case_id}/documents/evidence/files", content=b"%PDF-1")
    found = await emitted(intake, case_id, ComplaintSupplemented)
    assert [one.fulfilled for one in found] == [(), ("particulars",)]


async def test_when_the_time_is_over_the_complaint_is_refused_for_the_stated_reason(intake: Intake) -> None:
    given = await register(intake)
    case_id = given["case_id"]
    await ask(intake, case_id)
    await breach(intake, case_id, "handling")
    assert await emitted(intake, case_id, ComplaintRefused) == []
    await breach(intake, case_id)
    (refused,) = await emitted(intake, case_id, ComplaintRefused)
    assert (refused.rule, refused.decided_by) == ("not-supplemented", None)
    assert refused.document_numbers == {"refusal-notice": "不予受理[2025]1号"}
    case = (await intake.http.get(f"/v1/cases/{case_id}")).json()
    assert (case["status"], case["rule"]) == ("refused", "not-supplemented")
    late = await intake.http.post(f"/v1/cases/{case_id}/supplements", json={"fields": {"amount": 5}})
    assert late.status_code == 409
    assert (await ask(intake, case_id)).status_code == 409


async def test_an_admitted_case_is_refused_too_but_none_that_has_ended(intake: Intake) -> None:
    admitted, withdrawn = (await register(intake, kind="service"))["case_id"], (await register(intake))["case_id"]
    for case_id in (admitted, withdrawn):
        await ask(intake, case_id)
    await intake.http.post(f"/v1/cases/{withdrawn}/withdrawal", json={})
    for case_id in (admitted, withdrawn):
        await breach(intake, case_id)
    states = [(await intake.http.get(f"/v1/cases/{one}")).json()["status"] for one in (admitted, withdrawn)]
    assert states == ["refused", "withdrawn"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"supplement": "made-up"}, "supplement"),
        ({"by": "desk"}, "by"),
        ({"fields": ["content"]}, "fields"),
        ({"documents": ["agreement"]}, "documents"),
    ],
)
async def test_only_what_the_procedure_lists_is_asked_for(intake: Intake, changed: dict[str, Any], field: str) -> None:
    case_id = (await register(intake))["case_id"]
    answer = await ask(intake, case_id, **changed)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert await emitted(intake, case_id, SupplementRequested) == []
