"""Documents with contents, their list, and the dossier."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.consumer import Consumer
from shared.events import assignments as a
from shared.events import envelope
from shared.events.complaints import DocumentAdded
from shared.messaging.inbox.processor import Processor
from tests.integration.intake.conftest import Intake
from tests.integration.intake.test_consumer import FORMS, records, register
from tests.unit.intake.sample import MONDAY

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


async def test_the_contents_list_shows_what_there_is_and_what_the_dossier_lacks(intake: Intake) -> None:
    case_id = await register(intake)
    await put(intake, case_id)
    await intake.http.post(f"/v1/cases/{case_id}/documents/evidence/files", content=b"%PDF-1")
    archived = a.MilestoneReached(milestone="archived", at=MONDAY, by="desk")
    event = envelope.make("routing", case_id, ("test-desk", 1), archived, cause="r", at=MONDAY).numbered(1)
    await Processor(intake.outbox, "intake", intake.clock, Consumer(FORMS)).process(records([event]))
    found = (await intake.http.get(f"/v1/cases/{case_id}/documents")).json()
    assert found["dossier"] == {"missing": ["agreement"], "kept_until": "2030-03-03T02:00:00+00:00"}
    shown = {one["document"]: one for one in found["documents"]}
    assert [name for name, one in shown.items() if one["held"]] == ["inspection-record", "evidence"]
    record = shown["inspection-record"]
    assert (record["by"], record["signed_by"], record["copies"]) == ("chief", ["chief", "desk"], ["complainant"])
    assert (shown["evidence"]["files"], shown["evidence"]["bytes"]) == (1, 6)
    unknown = "00000000-0000-0000-0000-000000000001"
    assert (await intake.http.get(f"/v1/cases/{unknown}/documents")).status_code == 404
