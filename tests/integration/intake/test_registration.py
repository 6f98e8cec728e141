"""Registering over HTTP: one answer per request, one number per case, one first case per matter."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from services.intake.registration.registrar import Registrar
from services.intake.registration.request import RegistrationRequest
from services.intake.store import registration
from shared.business_time.clock import RealClock
from shared.events import complaints as c
from tests.integration.intake.conftest import LIMITED, Intake
from tests.unit.intake.sample import FIELDS, complaint

pytestmark = pytest.mark.asyncio(loop_scope="session")


def body(**fields: Any) -> dict[str, Any]:
    return {"procedure": "test-desk", "channel": "letter", "fields": {**FIELDS, **fields}}


async def register(intake: Intake, document: dict[str, Any], key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": f'"{key}"'} if key else {}
    return await intake.http.post("/v1/complaints", json=document, headers=headers)


async def test_a_complaint_gets_its_number_and_everything_stands_in_one_place(intake: Intake) -> None:
    answer = await register(intake, body(name=None))
    assert answer.status_code == 201
    given = answer.json()
    assert given["case_number"] == "T2025-0001"
    assert given["status"] == "admitted"
    assert given["missing"] == ["name"]
    emitted = await intake.emitted(given["case_id"])
    assert [type(event.data).__name__ for event in emitted] == [
        "ComplaintRegistered",
        "SupplementRequested",
        "ComplaintAdmitted",
    ]
    assert [event.sequence for event in emitted] == [1, 2, 3]
    case = (await intake.http.get(f"/v1/cases/{given['case_id']}")).json()
    assert case["attributes"] == {
        "kind": "goods", "receipt": True, "amount": 120, "urgent": False, "received.period": "business-hours",
        "received.at": "2025-03-03T10:00:00+08:00",
    }  # fmt: skip
    assert case["rule"] == "ours"
    assert intake.outbox.committed.is_set()


async def test_the_same_request_again_gets_the_same_answer(intake: Intake) -> None:
    first = await register(intake, body(), "k-1")
    reordered = dict(reversed(body().items())) | {"fields": dict(reversed(dict(FIELDS).items()))}
    again = await register(intake, reordered, "k-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(await intake.rows("SELECT 1 FROM cases")) == 1


async def test_a_key_with_another_body_is_refused(intake: Intake) -> None:
    await register(intake, body(), "k-1")
    other = await register(intake, body(amount=121), "k-1")
    assert other.status_code == 422
    assert other.json()["field"] == "Idempotency-Key"


async def test_twenty_equal_requests_at_once_make_one_case(intake: Intake) -> None:
    answers = await asyncio.gather(*(register(intake, body(), "k-1") for _ in range(20)))
    good = {answer.content for answer in answers if answer.status_code == 201}
    assert len(good) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(await intake.rows("SELECT 1 FROM cases")) == 1


async def test_a_key_in_other_hands_is_a_conflict(intake: Intake) -> None:
    key = intake.vault.index("idempotency", "tester", "k-1")
    async with intake.engine.begin() as tx:
        await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": key})
        assert (await register(intake, body(), "k-1")).status_code == 409
        row = json.dumps({**body(), "idempotency_key": "k-1"})
        result = json.loads((await intake.http.post("/v1/complaints:batch", content=row)).text)
        assert result["status"] == "refused"
        assert result["errors"][0]["again"] is True
        assert "send the row again" in result["errors"][0]["message"]  # what `huiyin import` looks for
    assert (await register(intake, body(), "k-1")).status_code == 201


async def test_a_refused_submission_names_every_field_and_repeats_no_value(intake: Intake) -> None:
    canary = "канарейка-13812345678"
    fields = dict.fromkeys(("kind", "receipt", "amount", "bought", "happened", "urgent", canary), canary)
    answer = await register(intake, {**body(**fields), "channel": canary, "received_at": canary})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    named = [error["field"] for error in answer.json()["errors"]]
    assert named == [
        "channel", "received_at", "fields.kind", "fields.receipt", "fields.amount", "fields.bought",
        "fields.happened", "fields.urgent", "fields",
    ] or set(named) >= {"channel", "received_at", "fields.kind", "fields"}  # fmt: skip
    assert canary not in answer.text
    assert await intake.rows("SELECT 1 FROM cases") == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"procedure":"\\ud800","channel":"letter","fields":{}}',
        b'{"procedure":"test-desk","channel":"letter","fields":{"content":"\\ud800"}}',
        b'{"procedure":' + b"9" * 50_000 + b"}",
        b'{"procedure":"test-desk","channel":"letter","fields":{"content":{"a":{"b":[[[[[[[[1]]]]]]]]}}}}',
        b'{"procedure":"test-desk","channel":"letter","fields":{"amount":1e400,"content":"x"}}',
        b'{"procedure":"test-desk","channel":"letter","fields":{"amount":NaN,"content":"x"}}',
        b'\xff\xfe{"procedure":"test-desk"}',
        b"null",
    ],
)
async def test_no_body_is_an_error_of_ours(intake: Intake, raw: bytes) -> None:
    answer = await intake.http.post("/v1/complaints", content=raw)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_over_the_limit_is_refused(intake: Intake) -> None:
    answer = await register(intake, body(content="x" * 300_000))
    assert answer.status_code == 413


async def test_equal_complaints_within_the_time_are_one_matter(intake: Intake) -> None:
    first = (await register(intake, body())).json()
    intake.clock.advance(timedelta(days=15))
    second = (await register(intake, body(phone="+86 138 0013 8000"))).json()
    assert (second["status"], second["duplicate_of"]) == ("merged", first["case_id"])
    emitted = await intake.emitted(second["case_id"])
    assert [type(event.data) for event in emitted] == [c.ComplaintRegistered, c.ComplaintMerged]
    links = (await intake.http.get(f"/v1/cases/{first['case_id']}")).json()["links"]
    assert links == {"duplicate_of": None, "duplicates": [second["case_id"]], "same_matter": []}
    intake.clock.advance(timedelta(seconds=1))
    third = (await register(intake, body())).json()  # 15 days and a second after the first: a matter of its own
    assert third["status"] == "admitted"


async def test_a_complaint_is_never_merged_into_a_case_that_has_ended(intake: Intake) -> None:
    first = (await register(intake, body())).json()
    await intake.http.post(f"/v1/cases/{first['case_id']}/withdrawal", json={})
    assert (await register(intake, body())).json()["status"] == "admitted"


async def test_equal_complaints_at_once_have_exactly_one_first(intake: Intake) -> None:

    registrars = [Registrar(intake.outbox, intake.vault, intake.clock, RealClock()) for _ in range(12)]
    results = await asyncio.gather(*(one.register([RegistrationRequest(complaint(), None, "")]) for one in registrars))
    kinds = [result.kind for (result,) in results]
    assert sorted(kinds) == ["duplicate"] * 11 + ["registered"]
    first = next(r.answer.case_id for (r,) in results if r.answer and r.kind == "registered")
    assert {r.answer.duplicate_of for (r,) in results if r.answer and r.kind == "duplicate"} == {first}


async def test_numbers_have_no_gaps_whatever_fails_beside_them(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """20 writers, 15 complaints each, a third of the transactions break down at the very end."""

    class Broken(Exception):
        """A fault of the test."""

    real = registration.put_keys
    calls = 0

    async def breaks(tx: Any, answered: Any, now: Any) -> None:
        nonlocal calls
        calls += 1
        await real(tx, answered, now)
        if calls % 3 == 0:
            raise Broken

    monkeypatch.setattr(registration, "put_keys", breaks)
    registrar = Registrar(intake.outbox, intake.vault, intake.clock, RealClock())

    async def write(writer: int) -> list[str]:
        numbers: list[str] = []
        for n in range(15):
            wanted = RegistrationRequest(complaint({**FIELDS, "phone": f"1380000{writer:02}{n:02}"}), str(uuid4()), "")
            try:
                (result,) = await registrar.register([wanted])
            except Broken:
                continue
            assert result.answer is not None
            assert result.answer.case_number is not None
            numbers.append(result.answer.case_number)
        return numbers

    given = [number for numbers in await asyncio.gather(*map(write, range(20))) for number in numbers]
    assert 0 < len(given) < 300
    assert sorted(given) == [f"T2025-{n:04}" for n in range(1, len(given) + 1)]
    assert len(await intake.rows("SELECT 1 FROM cases")) == len(given)
    assert len(await intake.rows("SELECT 1 FROM vault_keys")) == len(given)


async def test_a_series_begins_again_with_the_local_year(intake: Intake) -> None:
    intake.clock.set(datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC))
    assert (await register(intake, body(phone="1"))).json()["case_number"] == "T2025-0001"
    intake.clock.advance(timedelta(seconds=1))  # midnight in Shanghai
    assert (await register(intake, body(phone="2"))).json()["case_number"] == "T2026-0001"


async def test_every_route_but_the_public_one_needs_its_scope(intake: Intake) -> None:
    case_id = (await register(intake, body())).json()["case_id"]
    routes = [
        ("POST", "/v1/complaints"),
        ("POST", "/v1/complaints:batch"),
        ("POST", f"/v1/cases/{case_id}/admission"),
        ("POST", f"/v1/cases/{case_id}/supplements"),
        ("POST", f"/v1/cases/{case_id}/withdrawal"),
        ("PUT", f"/v1/cases/{case_id}/documents/reply"),
        ("GET", f"/v1/cases/{case_id}/documents/reply?purpose=x"),
        ("GET", f"/v1/cases/{case_id}/vault-reads"),
        ("GET", f"/v1/cases/{case_id}?identity=true&purpose=x"),
        ("POST", "/internal/v1/contacts"),
    ]
    for method, path in routes:
        nobody = await intake.http.request(method, path, headers={"Authorization": ""}, json={})
        reader = await intake.http.request(method, path, headers={"Authorization": f"Bearer {LIMITED}"}, json={})
        assert (nobody.status_code, reader.status_code) == (401, 403), path


async def test_events_carry_the_trace_of_their_request_even_if_registered_together(intake: Intake) -> None:
    traces = [f"00-0af7651916cd43dd8448eb211c80319c-{n:016x}-01" for n in range(1, 9)]

    async def send(trace: str | None, phone: int) -> str:
        headers = {"traceparent": trace} if trace else {}
        given = body() | {"fields": dict(FIELDS) | {"phone": f"138000000{phone:02}"}}
        answer = await intake.http.post("/v1/complaints", json=given, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_id"])

    sent = [one for trace in traces for one in (trace, None)]
    ids = await asyncio.gather(*(send(trace, n) for n, trace in enumerate(sent)))
    for case_id, trace in zip(ids, sent, strict=True):
        assert {event.traceparent for event in await intake.emitted(case_id)} == {trace}
