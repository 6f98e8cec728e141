"""Reading a complaint as an office that is bound: so much as is disclosed to it, and from then on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.intake.consumer import Consumer
from services.intake.form_book import FormBook
from shared.business_time.loader import load_calendars
from shared.events import assignments as a
from shared.events import envelope
from shared.messaging.inbox.processor import Processor
from tests.integration.intake.conftest import LIBRARY, Intake
from tests.integration.intake.test_consumer import records
from tests.integration.intake.test_recusal import key
from tests.unit.intake.sample import FIELDS, MONDAY

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOP = {"name": "某店"}


async def register(intake: Intake) -> str:
    document = {"procedure": "test-disclosure", "channel": "letter", "fields": {**FIELDS, "respondent": SHOP}}
    return str((await intake.http.post("/v1/complaints", json=document)).json()["case_id"])


async def reach(intake: Intake, case_id: str, milestone: str, number: int = 1) -> None:
    data = a.MilestoneReached(milestone=milestone, at=MONDAY, by="chief", fields={})
    event = envelope.make("routing", UUID(case_id), ("test-disclosure", 1), data, cause=milestone, at=MONDAY)
    forms = FormBook(LIBRARY, load_calendars())
    await Processor(intake.outbox, "intake", intake.clock, Consumer(forms)).process(records([event.numbered(number)]))


async def identity(intake: Intake, case_id: str, headers: dict[str, str]) -> Any:
    answer = await intake.http.get(f"/v1/cases/{case_id}?identity=true&purpose=check", headers=headers)
    return answer.json()["identity"] if answer.status_code == 200 else (answer.status_code, answer.json()["field"])


async def test_another_body_reads_some_fields_once_the_matter_was_mediated(intake: Intake) -> None:
    case_id = await register(intake)
    body = await key(intake, "body", "test-disclosure/other-body")
    desk = await key(intake, "desk-of-it", "test-disclosure/desk")
    assert await identity(intake, case_id, body) == (403, "identity")
    assert (await identity(intake, case_id, desk))["name"] == FIELDS["name"]
    await reach(intake, case_id, "mediated")
    assert await identity(intake, case_id, body) == {"content": FIELDS["content"], "respondent": [SHOP]}
    reads = (await intake.http.get(f"/v1/cases/{case_id}/vault-reads")).json()["reads"]
    assert [one["fields"] for one in reads if one["reader"] == "body"] == [["content", "respondent.1.name"]]
    case = await intake.http.get(f"/v1/cases/{case_id}", headers=body)  # what is coded is no secret
    assert case.status_code == 200


async def test_the_respondent_reads_an_abstract_and_what_it_wrote_itself_and_no_more(intake: Intake) -> None:
    case_id = await register(intake)
    respondent = await key(intake, "respondent", "test-disclosure/respondent")
    for name, by in {"abstract": "chief", "reply": "desk"}.items():
        await intake.http.put(f"/v1/cases/{case_id}/documents/{name}", json={"text": name, "by": by})
    own = {"text": "答辩", "by": "respondent"}
    assert (await intake.http.put(f"/v1/cases/{case_id}/documents/answer", json=own, headers=respondent)).is_success

    async def readable() -> dict[str, int]:
        path = f"/v1/cases/{case_id}/documents"
        names = ("abstract", "reply", "answer")
        answers = {name: await intake.http.get(f"{path}/{name}?purpose=x", headers=respondent) for name in names}
        return {name: answer.status_code for name, answer in answers.items()}

    assert await readable() == {"abstract": 403, "reply": 403, "answer": 200}
    await reach(intake, case_id, "disclosure-approved")
    assert await readable() == {"abstract": 200, "reply": 403, "answer": 200}
    assert await identity(intake, case_id, respondent) == {"respondent": [SHOP]}


async def test_a_file_is_disclosed_with_its_document(intake: Intake) -> None:
    case_id = await register(intake)
    put = await intake.http.post(f"/v1/cases/{case_id}/documents/evidence/files", content=b"%PDF-1")
    respondent = await key(intake, "respondent", "test-disclosure/respondent")
    path = f"/v1/cases/{case_id}/documents/evidence/files/{put.json()['file_id']}?purpose=x"
    refused = await intake.http.get(path, headers=respondent)
    assert (refused.status_code, refused.json()["field"]) == (403, "name")
    assert (await intake.http.get(path)).status_code == 200


async def test_a_notice_to_the_respondent_brings_the_abstract_once_it_may(intake: Intake) -> None:
    case_id = await register(intake)
    for name, by in {"abstract": "chief", "reply": "desk"}.items():
        await intake.http.put(f"/v1/cases/{case_id}/documents/{name}", json={"text": name, "by": by})
    asked = {"asked": [{"case_id": case_id, "fields": ["name"], "purpose": "notice:n", "party": "respondent"}]}
    told = [(await intake.http.post("/internal/v1/contacts", json=asked)).json()[0]["documents"]]
    await reach(intake, case_id, "disclosure-approved")
    told.append((await intake.http.post("/internal/v1/contacts", json=asked)).json()[0]["documents"])
    assert told == [{}, {"abstract": "abstract"}]
