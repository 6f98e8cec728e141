"""Notices that are served, and answers that must be given in a form: over HTTP, on a real database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.notify.timers import Timers
from shared.events.notices import NoticeDelivered, NoticeSent, NoticeServed, NoticeUnserved
from tests.integration.notify.bench import Bench
from tests.integration.notify.test_api import Pair, api  # noqa: F401  (a fixture)
from tests.unit.notify.samples import START, Story

pytestmark = pytest.mark.asyncio

RECEIPT = {"by": "chief", "person": "p-4", "signer": "signer-1", "date": "2026-11-03"}


async def sent_decision(it: Bench, channel: str = "online") -> tuple[str, Story]:
    """The id of a decision that was sent on Monday 2 November, with the name of a signer in the vault."""
    story = Story()
    await it.apply([story.registered(channel), story.documented("signer-1"), story.closed()])
    async with it.sending():
        row = await it.until_state("decision", "sent")
    return str(row.id), story


async def emitted(it: Bench, *kinds: type) -> list[Any]:
    """What notify has emitted of these types."""
    return [event.data for event in await it.events() if isinstance(event.data, kinds)]


async def test_a_receipt_is_reported_once_and_the_event_names_a_document_and_no_person(api: Pair) -> None:  # noqa: F811
    client, it = api
    id, _ = await sent_decision(it)
    it.clock.set(START + timedelta(days=2))
    awaited = (await client.get("/v1/receipts", params={"state": "awaited"})).json()["receipts"]

    first, again = [await client.post(f"/v1/notices/{id}/receipt", json=RECEIPT) for _ in range(2)]
    other = await client.post(f"/v1/notices/{id}/receipt", json={**RECEIPT, "date": "2026-11-04"})

    assert [(one["notice_id"], one["due_at"]) for one in awaited] == [(id, "2026-11-12T16:00:00Z")]
    assert (first.status_code, again.json(), other.status_code) == (200, first.json(), 409)
    (served,) = await emitted(it, NoticeServed)
    assert served.model_dump(mode="json") == {
        "notice": "decision",
        "notice_id": id,
        "addressee": "complainant",
        "at": "2026-11-02T16:00:00Z",  # the 3rd begins in Shanghai
        "date": "2026-11-03",
        "signer": "signer-1",
        "by": "chief",
        "person": "p-4",
    }
    assert (await client.get("/v1/receipts", params={"state": "awaited"})).json()["receipts"] == []


async def test_without_a_receipt_in_time_the_notice_is_unserved_and_may_be_served_still(api: Pair) -> None:  # noqa: F811
    client, it = api
    id, _ = await sent_decision(it)
    timers = Timers(it.outbox, it.clock, it.service)
    it.clock.set(START + timedelta(days=10))
    early = await timers.expire_receipts()
    it.clock.set(START + timedelta(days=11))

    expired = [await timers.expire_receipts() for _ in range(2)]
    overdue = (await client.get("/v1/receipts", params={"state": "overdue"})).json()["receipts"]
    late = await client.post(f"/v1/notices/{id}/receipt", json={**RECEIPT, "date": "2026-11-13"})

    assert (early, expired, [one["notice_id"] for one in overdue]) == (0, [1, 0], [id])
    assert [type(one) for one in await emitted(it, NoticeUnserved, NoticeServed)] == [NoticeUnserved, NoticeServed]
    assert late.json()["state"] == "received"
    assert (await it.row("second-service")).state == "waiting"  # the chief is told


async def test_a_receipt_that_comes_in_time_leaves_nothing_to_expire(api: Pair) -> None:  # noqa: F811
    client, it = api
    id, _ = await sent_decision(it)
    it.clock.set(START + timedelta(days=2))
    await client.post(f"/v1/notices/{id}/receipt", json=RECEIPT)
    it.clock.set(START + timedelta(days=30))

    assert await Timers(it.outbox, it.clock, it.service).expire_receipts() == 0
    assert await emitted(it, NoticeUnserved) == []


async def test_a_name_in_place_of_a_document_is_refused_without_an_echo(api: Pair) -> None:  # noqa: F811
    client, it = api
    id, _ = await sent_decision(it)

    named = await client.post(f"/v1/notices/{id}/receipt", json={**RECEIPT, "signer": "张三丰"})
    unknown = await client.post(f"/v1/notices/{id}/receipt", json={**RECEIPT, "date": "2026-11-02", "signer": "other"})

    assert named.status_code == 422
    assert "张三丰" not in named.text
    assert (unknown.status_code, unknown.json()["field"]) == (409, "signer")
    assert await emitted(it, NoticeServed) == []


async def test_what_came_in_writing_is_answered_in_writing(api: Pair) -> None:  # noqa: F811
    client, it = api
    id, _ = await sent_decision(it)
    place = f"/v1/notices/{id}/delivery"

    oral = await client.post(place, json={"by": "water", "form": "oral"})
    first, again = [await client.post(place, json={"by": "water", "form": "written"}) for _ in range(2)]

    assert (oral.status_code, oral.json()["field"]) == (422, "form")
    assert (first.status_code, again.json()) == (200, first.json())
    (delivered,) = await emitted(it, NoticeDelivered)
    assert (delivered.notice, delivered.form, delivered.by) == ("decision", "written", "water")
    assert (await client.get(f"/v1/notices/{id}")).json()["form"] == "written"
    assert [one.form for one in await emitted(it, NoticeSent) if one.notice == "decision"] == ["written"]


async def test_what_came_by_telephone_may_be_answered_by_telephone(api: Pair) -> None:  # noqa: F811
    client, it = api
    id, _ = await sent_decision(it, "telephone")

    answer = await client.post(f"/v1/notices/{id}/delivery", json={"by": "water", "form": "oral"})
    other = await client.post(f"/v1/notices/{id}/delivery", json={"by": "water", "form": "written"})

    assert (answer.status_code, other.status_code) == (200, 409)
