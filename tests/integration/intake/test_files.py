"""Files of documents: streamed in, sealed, listed, read and recorded as read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.background.housekeeping import clean_up
from services.intake.handlers.files import CHUNK_BYTES
from shared.business_time.clock import VirtualClock
from shared.events.complaints import DocumentAdded
from shared.security.vault import Vault
from tests.integration.intake.conftest import Intake
from tests.unit.intake.sample import FIELDS, MONDAY

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = b"%PDF-1.7\n" + bytes(range(256)) * 2_200  # 563,209 bytes: three chunks


async def register(intake: Intake) -> str:
    document = {"procedure": "test-desk", "channel": "letter", "fields": FIELDS}
    found: str = (await intake.http.post("/v1/complaints", json=document)).json()["case_id"]
    return found


async def put(intake: Intake, case_id: str, content: Any, name: str = "evidence", **headers: str) -> Any:
    return await intake.http.post(f"/v1/cases/{case_id}/documents/{name}/files", content=content, headers=headers)


async def added(intake: Intake, case_id: str) -> int:
    return len([one for one in await intake.emitted(case_id) if isinstance(one.data, DocumentAdded)])


@pytest.mark.parametrize("content", [LONG, LONG[: 2 * CHUNK_BYTES], b"%PDF-"], ids=["three", "two whole", "short"])
async def test_a_file_comes_back_as_it_went_in_and_the_reading_is_recorded(intake: Intake, content: bytes) -> None:
    case_id = await register(intake)
    answer = await put(
        intake, case_id, content, **{"Content-Disposition": "attachment; filename*=UTF-8''..%2F%E7%97%85%E5%8E%86.pdf"}
    )
    assert answer.status_code == 201, answer.text
    path = f"/v1/cases/{case_id}/documents/evidence/files"
    (listed,) = (await intake.http.get(path)).json()["files"]
    assert listed == answer.json()
    assert (listed["kind"], listed["size"], listed["document"]) == ("pdf", len(content), "evidence")
    read = await intake.http.get(f"{path}/{listed['file_id']}?purpose=check")
    assert read.content == content
    assert read.headers["content-type"] == "application/pdf"
    assert read.headers["content-disposition"] == "attachment; filename*=UTF-8''%E7%97%85%E5%8E%86.pdf"
    reads = (await intake.http.get(f"/v1/cases/{case_id}/vault-reads")).json()["reads"]
    assert reads[-1]["fields"] == [f"documents.evidence/{listed['file_id']}"]
    stored = await intake.rows("SELECT ciphertext FROM vault_file_chunks")
    assert not [row for row in stored if content[:64] in row["ciphertext"]]
    assert not [one for one in await intake.emitted(case_id) if "病历" in one.data.model_dump_json()]


async def test_the_same_content_again_changes_nothing(intake: Intake) -> None:
    case_id = await register(intake)
    first = await put(intake, case_id, b"%PDF-1")
    again = await put(intake, case_id, b"%PDF-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert await added(intake, case_id) == 1
    assert len(await intake.rows("SELECT 1 FROM vault_file_chunks")) == 1


async def test_of_equal_files_at_once_one_is_kept(intake: Intake) -> None:
    case_id = await register(intake)
    answers = await asyncio.gather(*(put(intake, case_id, b"%PDF-1") for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    assert len({one.json()["file_id"] for one in answers}) == 1
    assert len(await intake.rows("SELECT 1 FROM vault_file_chunks")) == 1


@pytest.mark.parametrize(
    ("name", "content", "status", "field"),
    [
        ("evidence", b"MZ\x90\x00", 422, "body"),
        ("evidence", b"\xff\xd8\xff", 422, "body"),  # a picture, but none of the kinds that it takes
        ("evidence", b"", 422, "body"),
        ("evidence", b"%PDF-" + bytes(600 * 1024), 413, "body"),
        ("agreement", b"%PDF-1", 422, "name"),
        ("made-up", b"%PDF-1", 422, "name"),
    ],
)
async def test_what_a_document_does_not_take_leaves_nothing_behind(
    intake: Intake, name: str, content: bytes, status: int, field: str
) -> None:
    case_id = await register(intake)
    answer = await put(intake, case_id, content, name)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert await intake.rows("SELECT 1 FROM vault_files") == []
    assert await intake.rows("SELECT 1 FROM vault_file_chunks") == []
    assert await added(intake, case_id) == 0


async def test_a_document_takes_so_many_files(intake: Intake) -> None:
    case_id = await register(intake)
    answers = [await put(intake, case_id, b"%PDF-" + bytes([n])) for n in range(4)]
    assert [one.status_code for one in answers] == [201, 201, 201, 409]


async def test_an_upload_that_breaks_off_is_no_file(intake: Intake) -> None:
    case_id = await register(intake)

    async def broken() -> AsyncIterator[bytes]:
        yield LONG[: CHUNK_BYTES + 1]
        raise ConnectionError

    assert (await put(intake, case_id, broken())).status_code >= 500
    assert await intake.rows("SELECT 1 FROM vault_file_chunks") == []
    assert (await intake.http.get(f"/v1/cases/{case_id}/documents/evidence/files")).json() == {"files": []}


async def test_chunks_that_no_file_took_are_cleaned_away_after_a_day(intake: Intake) -> None:
    case_id = await register(intake)
    await put(intake, case_id, LONG)
    async with intake.engine.begin() as tx:
        await tx.execute(text("UPDATE vault_file_chunks SET kept_since = :then"), {"then": MONDAY})
        await tx.execute(
            text(
                "INSERT INTO vault_file_chunks SELECT gen_random_uuid(), place, case_id, ciphertext, kept_since "
                "FROM vault_file_chunks LIMIT 1"
            )
        )
    await clean_up(intake.engine, Vault((bytes(32),)), VirtualClock(MONDAY + timedelta(hours=23)))
    assert len(await intake.rows("SELECT 1 FROM vault_file_chunks")) == 4
    await clean_up(intake.engine, Vault((bytes(32),)), VirtualClock(MONDAY + timedelta(hours=25)))
    assert len(await intake.rows("SELECT 1 FROM vault_file_chunks")) == 3


async def test_a_chunk_that_was_moved_or_cut_off_is_not_read(intake: Intake) -> None:
    case_id = await register(intake)
    file_id = (await put(intake, case_id, LONG)).json()["file_id"]
    async with intake.engine.begin() as tx:
        await tx.execute(text("UPDATE vault_files SET chunks = 2"))
    read = await intake.http.get(f"/v1/cases/{case_id}/documents/evidence/files/{file_id}?purpose=check")
    assert len(read.content) == CHUNK_BYTES < int(read.headers["content-length"])  # the connection breaks off there
