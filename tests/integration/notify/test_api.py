"""HTTP: lists, resending, follow-ups, satisfaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.handlers.follow_ups import FollowUps
from services.notify.http.follow_ups import follow_up_routes
from services.notify.http.notices import notice_routes
from services.notify.http.receivers import receiver_routes
from services.notify.http.service import service_routes
from services.notify.timers import Timers
from shared.business_time.loader import load_calendars
from shared.events.assignments import CaseReopened
from shared.events.notices import CalledBack, Unreached
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
            service_routes(context, it.service),
            follow_up_routes(context, FollowUps(context.library, context.calendars, it.reactions)),
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
    found: dict[str, Any] = (await client.get("/v1/follow-ups", params={"state": "open"})).json()
    return str(found["follow_ups"][0]["id"])


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
        f"/v1/follow-ups/{uuid4()}", json={"reached": True}, headers={"authorization": "Bearer hyk_reader"}
    )

    assert answer.status_code == 403


async def test_a_follow_up_is_answered_once_and_says_what_the_complainant_thinks(api: Pair) -> None:
    client, it = api
    task = await _task(api)
    happy = {"reached": True, "satisfied": True, "score": 5}

    missed = await client.post(f"/v1/follow-ups/{task}", json={"reached": False})
    first, again = [await client.post(f"/v1/follow-ups/{task}", json=happy) for _ in range(2)]
    other = await client.post(f"/v1/follow-ups/{task}", json={**happy, "satisfied": False})

    assert (missed.status_code, missed.json()["state"]) == (200, "open")
    assert (first.status_code, first.json()["state"]) == (200, "done")
    assert (again.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409
    assert (await _said(it)) == ["call-back-due", "called-back", "called-back", "satisfied"]
    assert (await client.get("/v1/follow-ups", params={"state": "open"})).json()["follow_ups"] == []


async def test_dissatisfaction_sends_the_department_a_notice(api: Pair) -> None:
    client, it = api
    story = Story()
    await it.apply([story.registered(), story.assigned(), story.started()])

    answer = await client.post(f"/v1/cases/{story.case}/satisfaction", json={"satisfied": False, "score": 2})

    assert answer.status_code == 200
    assert (await it.row("unhappy")).state == "waiting"
    assert "dissatisfied" in await _said(it)


async def test_satisfaction_is_recorded_once_in_each_cycle_of_a_case(api: Pair) -> None:
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

    answer = await client.post(f"/v1/follow-ups/{task}", json=body)

    assert answer.status_code == 422
    assert "张三丰" not in answer.text


async def test_an_unknown_case_or_task_is_not_found(api: Pair) -> None:
    client, _ = api

    assert (await client.post(f"/v1/cases/{uuid4()}/satisfaction", json={"satisfied": True})).status_code == 404
    assert (await client.post(f"/v1/follow-ups/{uuid4()}", json={"reached": True})).status_code == 404


async def _closed(api: Pair, number: int = 1) -> tuple[str, Story]:
    """A case that is closed, whose survey waits; the id of its first round."""
    client, it = api
    story = Story(number)
    await it.apply([story.registered(), story.assigned(), story.later(hours=1).closed()])
    it.clock.set(story.now)
    found = (await client.get("/v1/follow-ups", params={"case": str(story.case)})).json()["follow_ups"]
    return str(found[0]["id"]), story


async def _listed(client: httpx.AsyncClient, **query: str) -> list[tuple[int, str]]:
    found = (await client.get("/v1/follow-ups", params=query)).json()["follow_ups"]
    return [(one["round"], one["state"]) for one in found]


async def test_a_follow_up_is_not_offered_before_its_wait_is_over(api: Pair) -> None:
    client, it = api
    id, story = await _closed(api)
    timers = Timers(it.outbox, it.clock, it.service)
    early = await client.post(f"/v1/follow-ups/{id}", json={"reached": False, "by": "water"})

    await timers.open_follow_ups()
    before = await _listed(client)
    it.clock.set(story.now + timedelta(minutes=40))
    await timers.open_follow_ups()
    await timers.open_follow_ups()

    assert early.status_code == 409
    assert before == [(1, "waiting")]
    assert await _listed(client) == [(1, "open")]
    assert (await _said(it)) == ["call-back-due"]


async def test_a_dissatisfied_answer_begins_the_next_round_and_the_last_attempt_in_vain_ends_it(api: Pair) -> None:
    client, it = api
    id, story = await _closed(api)
    timers = Timers(it.outbox, it.clock, it.service)
    it.clock.set(story.now + timedelta(minutes=40))
    await timers.open_follow_ups()

    poor = {"reached": True, "by": "water", "grade": "poor", "fields": {"minutes": 9}, "person": "p-17"}
    answered = await client.post(f"/v1/follow-ups/{id}", json=poor)
    again = await client.post(f"/v1/follow-ups/{id}", json=poor)
    rounds = (await client.get("/v1/follow-ups", params={"state": "waiting"})).json()["follow_ups"]
    it.clock.set(story.now + timedelta(minutes=80))
    await timers.open_follow_ups()
    second = f"/v1/follow-ups/{rounds[0]['id']}"
    for minute in (81, 82):
        it.clock.set(story.now + timedelta(minutes=minute))
        await client.post(second, json={"reached": False, "by": "chief", "at": it.clock.now().isoformat()})
    too_late = await client.post(second, json=poor)

    assert (answered.status_code, answered.json()["satisfied"], again.json()) == (200, False, answered.json())
    assert await _listed(client) == [(1, "done"), (2, "unreached")]
    assert too_late.status_code == 409
    assert (await _said(it)) == [
        "call-back-due", "called-back", "dissatisfied", "call-back-due", "called-back", "called-back", "unreached"
    ]  # fmt: skip
    called, lost = (await it.events())[1].data, (await it.events())[-1].data
    assert isinstance(called, CalledBack)
    assert (called.follow_up, called.round, called.grade, called.fields, called.by, called.person) == (
        "survey", 1, "poor", {"minutes": 9}, "water", "p-17"
    )  # fmt: skip
    assert isinstance(lost, Unreached)
    assert (lost.follow_up, lost.round, lost.attempts) == ("survey", 2, 2)


async def test_only_open_follow_ups_past_their_due_instant_are_overdue(api: Pair) -> None:
    client, it = api
    id, story = await _closed(api)
    it.clock.set(story.now + timedelta(days=3))
    waiting = await _listed(client, overdue="true")
    await Timers(it.outbox, it.clock, it.service).open_follow_ups()

    overdue = await _listed(client, overdue="true")
    await client.post(
        f"/v1/follow-ups/{id}", json={"reached": True, "by": "chief", "grade": "good", "fields": {"minutes": 1}}
    )

    assert (waiting, overdue, await _listed(client, overdue="true")) == ([], [(1, "open")], [])


async def test_a_reopened_case_is_not_asked_about_its_former_end(api: Pair) -> None:
    client, it = api
    _, story = await _closed(api)
    await it.apply([story.later(minutes=5).emit(CaseReopened(cycle=2, cause="dissatisfied"))])
    await it.apply([story.later(minutes=5).closed()])
    it.clock.set(story.now + timedelta(hours=1))

    await Timers(it.outbox, it.clock, it.service).open_follow_ups()

    assert await _listed(client) == [(1, "superseded"), (1, "open")]


async def test_an_answer_that_the_procedure_does_not_take_is_refused_and_nothing_is_written(api: Pair) -> None:
    client, it = api
    id, story = await _closed(api)
    it.clock.set(story.now + timedelta(minutes=40))
    await Timers(it.outbox, it.clock, it.service).open_follow_ups()
    good = {"reached": True, "by": "water", "grade": "good", "fields": {"minutes": 1}}

    wrong = [{**good, "by": "roads"}, {**good, "grade": "splendid"}, {**good, "fields": {}}]
    refused = [await client.post(f"/v1/follow-ups/{id}", json=one) for one in wrong]
    undocumented = await client.post(f"/v1/follow-ups/{id}", json={**good, "fields": {"minutes": 1, "wish": "wish-1"}})

    assert [(one.status_code, one.json()["field"]) for one in refused] == [
        (422, "by"), (422, "grade"), (422, "fields.minutes")
    ]  # fmt: skip
    assert (undocumented.status_code, undocumented.json()["field"]) == (409, "fields.wish")
    assert await _listed(client) == [(1, "open")]
    assert (await _said(it)) == ["call-back-due"]
