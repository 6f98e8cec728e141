"""Batches: one result per row in order, and no row registered twice or lost for another one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from services.intake.domain.admission import Complaint
from services.intake.registration import drafts
from services.intake.store import registration
from shared.security.vault import Vault
from tests.integration.intake.conftest import Intake
from tests.integration.intake.test_registration import body, register

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_equal_complaints_in_one_batch_have_exactly_one_first(intake: Intake) -> None:
    rows = "\n".join(json.dumps(body()) for _ in range(5))
    answer = await intake.http.post("/v1/complaints:batch", content=rows)
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["status"] for result in results] == ["registered"] + ["duplicate"] * 4
    assert {result["duplicate_of"] for result in results[1:]} == {results[0]["case_id"]}


async def test_a_bad_row_refuses_that_row_only(intake: Intake) -> None:
    good = [json.dumps({**body(phone=str(n)), "idempotency_key": f"r{n}"}) for n in range(3)]
    rows = [good[0], "{bad", good[1], json.dumps({**body(), "fields": {}}), good[0], json.dumps({**body(), "x": 1}),
            json.dumps({**body(amount=5), "idempotency_key": "r1"}), good[2]]  # fmt: skip
    answer = await intake.http.post("/v1/complaints:batch", content="\r\n".join(rows) + "\n\n")
    assert answer.headers["content-type"] == "application/x-ndjson"
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["row"] for result in results] == list(range(1, 9))
    assert [result["status"] for result in results] == [
        "registered", "refused", "registered", "refused", "existing", "refused", "refused", "registered",
    ]  # fmt: skip
    assert [error["field"] for n in (1, 3, 5, 6) for error in results[n]["errors"]] == [
        "row", "fields.content", "x", "idempotency_key",
    ]  # fmt: skip
    assert results[4]["receipt_code"] == results[0]["receipt_code"]


async def test_a_batch_sent_again_registers_nothing_again(intake: Intake) -> None:
    rows = "\n".join(json.dumps({**body(phone=str(n)), "idempotency_key": f"r{n}"}) for n in range(450))
    first = await intake.http.post("/v1/complaints:batch", content=rows)
    again = await intake.http.post("/v1/complaints:batch", content=rows)
    before = [json.loads(line) for line in first.text.splitlines()]
    after = [json.loads(line) for line in again.text.splitlines()]
    assert {row["status"] for row in before} == {"registered"}
    assert after == [{**row, "status": "existing"} for row in before]
    single = await register(intake, body(phone="0"), "r0")  # the key is the caller's, whatever the route
    assert single.json()["case_id"] == before[0]["case_id"]


async def test_a_row_that_breaks_the_database_does_not_take_others_with_it(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:

    real = drafts.make_draft

    def breaks(given: Complaint, cause: str, vault: Vault, traceparent: str | None) -> Any:
        if given.vault["phone"] == "3":
            raise RuntimeError("a fault of the test")
        return real(given, cause, vault, traceparent)

    monkeypatch.setattr(drafts, "make_draft", breaks)
    rows = "\n".join(json.dumps(body(phone=str(n))) for n in range(6))
    with capture_logs():
        batch = await intake.http.post("/v1/complaints:batch", content=rows)
        singles = await asyncio.gather(*(register(intake, body(phone=str(n), accused="x")) for n in range(6)))
    kinds = [json.loads(line)["status"] for line in batch.text.splitlines()]
    assert kinds == ["registered"] * 3 + ["refused"] + ["registered"] * 2
    assert [answer.status_code for answer in singles] == [201] * 3 + [500] + [201] * 2


@pytest.mark.parametrize(("keyed", "code", "kind"), [
    (True, "57P01", "registered"),  # the connection broke, perhaps in the commit: with keys it is safe to try again
    (False, "57P01", "refused"),
    (False, "55P03", "registered"),  # a lock was waited for in vain: surely nothing took effect
])  # fmt: skip
async def test_a_chunk_is_tried_again_where_that_cannot_register_twice(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, keyed: bool, code: str, kind: str
) -> None:
    real, calls = registration.take_keys, 0

    async def away(tx: Any, keys: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            await tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))
        return await real(tx, keys)

    monkeypatch.setattr(registration, "take_keys", away)
    row = body() | ({"idempotency_key": "k-1"} if keyed else {})
    with capture_logs():
        answer = await intake.http.post("/v1/complaints:batch", content=json.dumps(row))
    assert json.loads(answer.text)["status"] == kind


async def test_too_many_rows_are_refused_before_any_is_registered(intake: Intake) -> None:
    answer = await intake.http.post("/v1/complaints:batch", content="{}\n" * 10_001)
    assert answer.status_code == 413
    assert await intake.rows("SELECT 1 FROM cases") == []
