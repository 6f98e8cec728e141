"""Documents with contents, their list, and the dossier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.consumer import Consumer
from services.intake.handlers.retention import erase_expired
from shared.events import assignments as a
from shared.events import envelope
from shared.events.complaints import ComplaintErased, DocumentAdded, DocumentCopied
from shared.events.envelope import Event
from shared.messaging.inbox.processor import Processor
from tests.acting import is_refused_for_office
from tests.integration.intake.conftest import Intake
from tests.integration.intake.test_consumer import FORMS, records, register
from tests.integration.intake.test_recusal import key
from tests.unit.intake.sample import FIELDS, MONDAY

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECORD = {"fields": {"place": "三楼", "persons": 2}, "by": "chief", "signed_by": ["chief", "desk"]}


async def put(intake: Intake, case_id: object, name: str = "inspection-record", **changed: Any) -> Any:
    return await intake.http.put(f"/v1/cases/{case_id}/documents/{name}", json={**RECORD, **changed})


async def test_a_document_s_fields_are_sealed_and_read_back(intake: Intake) -> None:
    case_id = await register(intake)
    assert (await put(intake, case_id)).status_code == 204
    assert (await put(intake, case_id)).status_code == 204
    added = [one.data for one in await intake.emitted(str(case_id)) if isinstance(one.data, DocumentAdded)]
    assert [(one.document, one.by) for one in added] == [("inspection-record", "chief")]
    read = await intake.http.get(f"/v1/cases/{case_id}/documents/inspection-record?purpose=check")
    assert read.json() == {"name": "inspection-record", "text": "", **RECORD}
    (row,) = await intake.rows("SELECT * FROM vault_documents")
    assert "三楼" not in str(row)
    assert "三楼".encode() not in row["contents"]
    assert (await put(intake, case_id, fields={"place": "四楼", "persons": 3})).status_code == 204
    assert len([one for one in await intake.emitted(str(case_id)) if isinstance(one.data, DocumentAdded)]) == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"signed_by": []}, "signed_by"), ({"by": "desk"}, "by"), ({"fields": {}}, "fields.place")],
)
async def test_a_document_that_lacks_something_is_not_put_in(
    intake: Intake, changed: dict[str, Any], field: str
) -> None:
    case_id = await register(intake)
    answer = await put(intake, case_id, **changed)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert await intake.rows("SELECT 1 FROM vault_documents") == []


async def test_a_scan_comes_after_what_the_document_must_state(intake: Intake) -> None:
    case_id = await register(intake)
    path = f"/v1/cases/{case_id}/documents/inspection-record/files?by=chief"
    early = await intake.http.post(path, content=b"%PDF-1")
    assert (early.status_code, early.json()["field"]) == (409, "name")
    await put(intake, case_id)
    assert (await intake.http.post(path, content=b"%PDF-1")).status_code == 201
    other = await intake.http.post(path.replace("chief", "desk"), content=b"%PDF-2")
    assert (other.status_code, other.json()["field"]) == (422, "by")


def reached(case_id: UUID, number: int, milestone: str, **fields: Any) -> Event:
    data = a.MilestoneReached(milestone=milestone, at=MONDAY, by="desk", fields=fields)
    return envelope.make("routing", case_id, ("test-desk", 1), data, cause=milestone, at=MONDAY).numbered(number)


async def take(intake: Intake, *events: Event) -> None:
    await Processor(intake.outbox, "intake", intake.clock, Consumer(FORMS)).process(records(events))


async def test_the_contents_list_shows_what_there_is_and_what_the_dossier_lacks(intake: Intake) -> None:
    case_id = await register(intake)
    await put(intake, case_id)
    await intake.http.post(f"/v1/cases/{case_id}/documents/evidence/files", content=b"%PDF-1")
    await take(intake, reached(case_id, 1, "mediated", settled=True), reached(case_id, 2, "archived"))
    found = (await intake.http.get(f"/v1/cases/{case_id}/documents")).json()
    assert found["dossier"] == {"missing": ["agreement"], "kept_until": "2030-03-03T02:00:00+00:00"}
    shown = {one["document"]: one for one in found["documents"]}
    assert [name for name, one in shown.items() if one["held"]] == ["inspection-record", "evidence"]
    record = shown["inspection-record"]
    assert (record["by"], record["signed_by"], record["copies"]) == ("chief", ["chief", "desk"], ["complainant"])
    assert (shown["evidence"]["files"], shown["evidence"]["bytes"]) == (1, 6)
    unknown = "00000000-0000-0000-0000-000000000001"
    assert (await intake.http.get(f"/v1/cases/{unknown}/documents")).status_code == 404


async def test_a_case_that_was_kept_long_enough_is_erased_from_the_vault_once(intake: Intake) -> None:
    case_id, other = await register(intake), await register(intake)
    await put(intake, case_id)
    await put(intake, other)
    await intake.http.post(f"/v1/cases/{case_id}/documents/evidence/files", content=b"%PDF-1")
    await take(intake, reached(case_id, 1, "archived"))
    assert await erase_expired(intake.outbox, intake.clock) == 0
    intake.clock.set(datetime(2030, 3, 3, 1, 59, 59, tzinfo=UTC))
    assert await erase_expired(intake.outbox, intake.clock) == 0
    assert (await intake.http.get(f"/v1/cases/{case_id}?identity=true&purpose=check")).status_code == 200
    intake.clock.set(datetime(2030, 3, 3, 2, 0, tzinfo=UTC))  # five years after Monday, 3 March 2025, 02:00
    assert [await erase_expired(intake.outbox, intake.clock) for _ in range(2)] == [1, 0]
    for table in ("vault_keys", "vault_fields", "vault_documents", "vault_files", "vault_file_chunks"):
        owners = {str(row["case_id"]) for row in await intake.rows(f"SELECT case_id FROM {table}")}  # noqa: S608
        assert owners <= {str(other)}
    assert (await intake.http.get(f"/v1/cases/{other}?identity=true&purpose=check")).json()["identity"]["name"]
    erased = await intake.http.get(f"/v1/cases/{case_id}?identity=true&purpose=check")
    assert (erased.status_code, erased.json()["title"]) == (404, "this case's identity has been erased")
    case = (await intake.http.get(f"/v1/cases/{case_id}")).json()
    assert (case["status"], case["erased_at"]) == ("archived", "2030-03-03T02:00:00+00:00")
    assert [one.data.kept_until for one in await intake.emitted(str(case_id)) if isinstance(one.data, ComplaintErased)]
    assert (await put(intake, case_id)).status_code == 404


async def test_a_reopened_case_is_kept(intake: Intake) -> None:
    case_id = await register(intake)
    reopened = envelope.make(
        "routing", case_id, ("test-desk", 1), a.CaseReopened(cycle=2, cause="dissatisfied"), cause="o",
        at=MONDAY + timedelta(days=3),
    )  # fmt: skip
    await take(intake, reached(case_id, 1, "archived"), reopened.numbered(2))
    intake.clock.set(datetime(2040, 1, 1, tzinfo=UTC))
    assert await erase_expired(intake.outbox, intake.clock) == 0


async def test_a_document_is_copied_once_everybody_has_a_copy_and_anew_when_it_is_replaced(intake: Intake) -> None:
    document = {"procedure": "test-disclosure", "channel": "letter", "fields": dict(FIELDS)}
    case_id = (await intake.http.post("/v1/complaints", json=document)).json()["case_id"]
    path = f"/v1/cases/{case_id}/documents/settlement"

    async def copied(to: str) -> int:
        return (await intake.http.post(f"{path}/copies", json={"to": to})).status_code

    async def words() -> list[str]:
        entries = (await intake.http.get(f"/v1/cases/{case_id}/timeline")).json()["occurrences"]
        return [one["occurrence"] for one in entries if "copied" in one["occurrence"]]

    audit = await key(intake, "copier", "test-disclosure/other-body")
    refused = await intake.http.post(f"{path}/copies", json={"to": "complainant", "by": "chief"}, headers=audit)
    assert is_refused_for_office(refused)
    assert await copied("complainant") == 409  # it is not there yet
    assert (await intake.http.put(path, json={"text": "协议"})).status_code == 204
    assert [await copied(to) for to in ("complainant", "complainant", "chief")] == [204, 204, 422]
    assert await words() == ["document-copied"]
    assert await copied("respondent") == 204
    assert sorted(await words()) == ["copied:settlement", "document-copied"]
    found = (await intake.http.get(f"/v1/cases/{case_id}/documents")).json()["documents"]
    (shown,) = [one for one in found if one["document"] == "settlement"]
    assert sorted(shown["copied_to"]) == ["complainant", "respondent"]
    assert (await intake.http.put(path, json={"text": "另一份协议"})).status_code == 204
    assert [await copied(to) for to in ("complainant", "respondent")] == [204, 204]
    copies = [one.data.complete for one in await intake.emitted(case_id) if isinstance(one.data, DocumentCopied)]
    assert copies == [False, True, False, True]
