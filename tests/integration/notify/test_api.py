"""HTTP: lists, resending, call-backs, satisfaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.http.call_backs import call_back_routes
from services.notify.http.notices import notice_routes
from services.notify.http.receivers import receiver_routes
from shared.business_time.loader import load_calendars
from shared.hosting.host import Context
from shared.hosting.http import make_app
from shared.messaging.outbox import Outbox
from shared.security.keys import KeyRing, ensure_key
from shared.settings import ServiceSettings
from tests.integration.notify.bench import Bench, bench
from tests.unit.notify.samples import Story, case_id, library

pytestmark = pytest.mark.asyncio

Pair = tuple[httpx.AsyncClient, Bench]


@pytest_asyncio.fixture
async def api(engine: AsyncEngine, database_url: str, tmp_path: Path) -> AsyncIterator[Pair]:
    """A client with a key that may read and write notices, and the bench behind it."""
    await ensure_key(database_url, "officer", ["notices:read", "notices:write"], "hyk_officer", acts_as=["*/*"])
    await ensure_key(database_url, "reader", ["notices:read"], "hyk_reader")
    async with bench(engine, tmp_path) as (it, _):
        context = Context("notify", ServiceSettings(), engine, it.clock, library(), load_calendars(), Outbox(engine))
        app = make_app("notify", KeyRing(engine), {}, {})
        for router in (
            notice_routes(context, it.real),
            receiver_routes(context),
            call_back_routes(context, it.reactions),
        ):
            app.include_router(router)
        transport = httpx.ASGITransport(app)
        headers = {"authorization": "Bearer hyk_officer"}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client:
            yield client, it


async def _task(api: Pair) -> str:
    client, it = api
    story = Story()
    await it.apply([story.registered(), story.resolved(upheld=True)])
    found: dict[str, Any] = (await client.get("/v1/call-backs", params={"state": "open"})).json()
    return str(found["call_backs"][0]["id"])


async def _said(it: Bench) -> list[str]:
    return [event.type.split(".")[2] for event in await it.events()]


async def test_notices_are_listed_by_case_and_state_page_by_page(api: Pair) -> None:
    client, it = api
    await it.apply([Story(number).registered() for number in range(1, 6)])

    first = (await client.get("/v1/notices", params={"limit": 2, "state": "waiting"})).json()
    then = (await client.get("/v1/notices", params={"limit": 10, "after": first["next"]})).json()
    of_case = (await client.get("/v1/notices", params={"case": str(case_id(3))})).json()

    assert len(first["notices"]) == 2
    assert len(then["notices"]) == 3
    assert then["next"] is None
    assert [one["case_id"] for one in of_case["notices"]] == [str(case_id(3))]


async def test_a_notice_shows_its_attempts_and_no_text(api: Pair) -> None:
    client, it = api
    await it.apply([Story().registered()])
    async with it.sending():
        row = await it.until_state("receipt", "sent")

    answer = await client.get(f"/v1/notices/{row.id}")

    assert [one["outcome"] for one in answer.json()["tries"]] == ["sent"]
    assert "张三丰" not in answer.text
    assert "body" not in answer.json()
    assert (await client.get(f"/v1/notices/{uuid4()}")).status_code == 404


async def test_only_a_failed_notice_is_sent_again(api: Pair) -> None:
    client, it = api
    await it.apply([Story().registered()])
    row = await it.row("receipt")
    refused = await client.post(f"/v1/notices/{row.id}/resend")
    async with it.engine.begin() as tx:
        await tx.execute(text("UPDATE notices SET state = 'failed', reason = 'smtp-550'"))

    accepted = await client.post(f"/v1/notices/{row.id}/resend")
    async with it.sending():
        await it.until_state("receipt", "sent")

    assert (refused.status_code, accepted.status_code) == (409, 202)
    assert accepted.json()["state"] == "waiting"


async def test_a_reader_may_not_write(api: Pair) -> None:
    client, _ = api

    answer = await client.post(
        f"/v1/call-backs/{uuid4()}", json={"reached": True}, headers={"authorization": "Bearer hyk_reader"}
    )

    assert answer.status_code == 403


async def test_a_call_back_is_answered_once_and_says_what_the_complainant_thinks(api: Pair) -> None:
    client, it = api
    task = await _task(api)
    happy = {"reached": True, "satisfied": True, "score": 5}

    missed = await client.post(f"/v1/call-backs/{task}", json={"reached": False})
    first, again = [await client.post(f"/v1/call-backs/{task}", json=happy) for _ in range(2)]
    other = await client.post(f"/v1/call-backs/{task}", json={**happy, "satisfied": False})

    assert (missed.status_code, missed.json()["state"]) == (200, "open")
    assert (first.status_code, first.json()["state"]) == (200, "done")
    assert (again.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409
    assert (await _said(it)) == ["call-back-due", "called-back", "called-back", "satisfied"]
    assert (await client.get("/v1/call-backs", params={"state": "open"})).json()["call_backs"] == []


async def test_dissatisfaction_sends_the_department_a_notice(api: Pair) -> None:
    client, it = api
    story = Story()
    await it.apply([story.registered(), story.assigned(), story.started()])

    answer = await client.post(f"/v1/cases/{story.case}/satisfaction", json={"satisfied": False, "score": 2})

    assert answer.status_code == 200
    assert (await it.row("unhappy")).state == "waiting"
    assert "dissatisfied" in await _said(it)


async def test_satisfaction_is_recorded_once_in_each_cycle_of_a_case(api: Pair) -> None:
    from shared.events.assignments import CaseReopened

    client, it = api
    story = Story()
    await it.apply([story.registered()])
    place = f"/v1/cases/{story.case}/satisfaction"

    first, again = [await client.post(place, json={"satisfied": False}) for _ in range(2)]
    other = await client.post(place, json={"satisfied": True})
    await it.apply([story.later(days=1).emit(CaseReopened(cycle=2, cause="dissatisfied"))])
    anew = await client.post(place, json={"satisfied": True})

    assert [one.status_code for one in (first, again, other, anew)] == [200, 200, 409, 200]
    assert (await _said(it)) == ["dissatisfied", "satisfied"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reached": False, "satisfied": True},
        {"reached": True, "score": 6},
        {"reached": True, "score": 0},
        {"reached": True, "at": "2026-11-02T09:00:00"},
        {"reached": True, "at": "2099-01-01T00:00:00Z"},
        {"reached": True, "remark": "张三丰 was rude"},
    ],
)
async def test_an_answer_out_of_form_is_refused_without_an_echo(body: dict[str, Any], api: Pair) -> None:
    client, _ = api
    task = await _task(api)

    answer = await client.post(f"/v1/call-backs/{task}", json=body)

    assert answer.status_code == 422
    assert "张三丰" not in answer.text


async def test_an_unknown_case_or_task_is_not_found(api: Pair) -> None:
    client, _ = api

    assert (await client.post(f"/v1/cases/{uuid4()}/satisfaction", json={"satisfied": True})).status_code == 404
    assert (await client.post(f"/v1/call-backs/{uuid4()}", json={"reached": True})).status_code == 404
