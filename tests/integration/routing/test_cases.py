"""Cases over HTTP and by events: what is stored, answered and published."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.routing.consumer import Consumer
from services.routing.service import build
from shared.business_time.clock import VirtualClock
from shared.business_time.loader import load_calendars
from shared.events.base import EventData
from shared.events.complaints import ComplaintAdmitted, ComplaintMerged, ComplaintRegistered, Matter
from shared.events.envelope import Event, decode, make
from shared.hosting.host import Context
from shared.hosting.http import make_app
from shared.messaging.outbox import Outbox
from shared.procedures.loader import Library
from shared.security.keys import KeyRing, ensure_key
from shared.settings import ServiceSettings
from tests.integration.conftest import Open
from tests.unit.routing.sample import NOW, PROCEDURE

pytestmark = pytest.mark.asyncio

SECRET = "hyk_test"
INVESTIGATED = {"milestone": "investigated", "by": "desk", "at": NOW.isoformat(), "fields": {"investigators": "2"}}


@dataclass(frozen=True)
class Routing:
    """The service in this process: over HTTP, and its consumer."""

    http: httpx.AsyncClient
    engine: AsyncEngine
    consumer: Consumer

    async def apply(self, *given: tuple[UUID, EventData]) -> list[Event]:
        """Apply events in one batch; returns what is to be published."""
        events = [make("intake", case, PROCEDURE.key, data, cause="x", at=NOW) for case, data in given]
        async with self.engine.begin() as tx:
            return list(await self.consumer.handle(tx, events, NOW))

    async def admitted(self) -> UUID:
        """A case in handling."""
        case = uuid4()
        await self.apply((case, registered()), (case, ComplaintAdmitted()))
        return case

    async def published(self) -> list[Event]:
        """What the outbox holds."""
        async with self.engine.connect() as connection:
            return [decode(row.value) for row in await connection.execute(text("SELECT value FROM outbox ORDER BY id"))]


def registered(key: str | None = None, complainant: str | None = None) -> ComplaintRegistered:
    """A complaint; `key` is what the same complaints have in common."""
    matters = {"same": Matter(key=key, complainant=complainant)} if key else {}
    return ComplaintRegistered(case_number="S1", channel="online", received_at=NOW, matters=matters)


@pytest_asyncio.fixture
async def routing(open_service: Open, database_urls: dict[str, str]) -> AsyncIterator[Routing]:
    """Routing with the sample procedure and empty tables."""
    engine = await open_service("routing")
    await ensure_key(database_urls["routing"], "tester", ["*"], SECRET, acts_as=["*/*"])
    clock = VirtualClock(NOW + timedelta(minutes=10))
    context = Context(
        "routing", ServiceSettings(), engine, clock, Library((PROCEDURE,)), load_calendars(), Outbox(engine)
    )
    service = build(context)
    app = make_app("routing", KeyRing(engine), {}, service.limits)
    for router in service.routers:
        app.include_router(router)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {SECRET}"}
    assert isinstance(service.handler, Consumer)
    async with httpx.AsyncClient(transport=transport, base_url="http://routing", headers=headers) as http:
        yield Routing(http, engine, service.handler)


async def test_a_reported_milestone_is_read_stored_and_published_once(routing: Routing) -> None:
    case = await routing.admitted()
    first = await routing.http.post(f"/v1/cases/{case}/milestones", json=INVESTIGATED)
    again = await routing.http.post(f"/v1/cases/{case}/milestones", json=INVESTIGATED)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() == (await routing.http.get(f"/v1/cases/{case}")).json()
    assert first.json()["facts"]["investigated.investigators"] == 2
    assert [(one["name"], one["by"]) for one in first.json()["milestones"] if one["by"]] == [("investigated", "desk")]
    (event,) = await routing.published()
    assert event.data.model_dump()["fields"] == {"investigators": 2}


async def test_a_reassignment_by_hand_is_stored_and_published(routing: Routing) -> None:
    case = await routing.admitted()
    given = {"department": "centre", "by": "head"}
    answer = await routing.http.post(f"/v1/cases/{case}/reassignment", json=given)
    assert answer.json()["department"] == "centre"
    assert [event.type for event in await routing.published()] == ["huiyin.assignment.reassigned.v1"]
    assert (await routing.http.post(f"/v1/cases/{case}/reassignment", json=given)).json() == answer.json()
    assert len(await routing.published()) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("milestones", {**INVESTIGATED, "fields": {"investigators": "two"}}, 422, "fields.investigators"),
        ("milestones", {**INVESTIGATED, "by": "centre"}, 422, "by"),
        ("milestones", {**INVESTIGATED, "milestone": "resolved", "fields": {}}, 409, "milestone"),
        ("reassignment", {"department": "nowhere", "by": "head"}, 422, "department"),
        ("reassignment", {"department": "centre", "by": "clerk"}, 422, "by"),
    ],
)
async def test_what_is_not_allowed_is_refused_by_its_field_and_publishes_nothing(
    routing: Routing, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    case = await routing.admitted()
    answer = await routing.http.post(f"/v1/cases/{case}/{path}", json=body)
    assert (answer.status_code, field in answer.text, await routing.published()) == (status, True, [])


async def test_an_unknown_case_is_not_found(routing: Routing) -> None:
    answer = await routing.http.post(f"/v1/cases/{uuid4()}/milestones", json=INVESTIGATED)
    assert answer.status_code == 404


async def test_cases_are_listed_and_counted_by_status(routing: Routing) -> None:
    case = await routing.admitted()
    await routing.apply((uuid4(), registered()))
    listed = (await routing.http.get("/v1/cases", params={"department": "desk", "status": "assigned"})).json()
    assert listed == [
        {
            "case_id": str(case),
            "procedure": "sample",
            "status": "assigned",
            "class": "general",
            "department": "desk",
            "level": "clerk",
            "cycle": 1,
            "received_at": "2025-09-29T01:00:00Z",
            "resolved_at": None,
        }
    ]
    assert (await routing.http.get("/v1/tally")).json() == [
        {"procedure": "sample", "status": "assigned", "cases": 1},
        {"procedure": "sample", "status": "registered", "cases": 1},
    ]


async def test_the_third_complainant_with_the_same_key_raises_the_class_of_every_case(
    routing: Routing,
) -> None:
    cases = [uuid4() for _ in range(4)]
    complainants = ("a", "b", "b", "c")
    emitted: list[list[Event]] = []
    for case, complainant in zip(cases, complainants, strict=True):
        emitted.append(await routing.apply((case, registered("k", complainant)), (case, ComplaintAdmitted())))
    raised = {event.subject for event in emitted[3] if event.type == "huiyin.assignment.classified.v1"}
    assert raised == set(cases)
    answer = (await routing.http.get(f"/v1/cases/{cases[0]}")).json()
    assert (answer["class"], answer["counts"]) == ("hot", {"same": 3})


async def test_a_merged_complaint_ends_and_its_first_case_is_repeated(routing: Routing) -> None:
    first, later = await routing.admitted(), uuid4()
    emitted = await routing.apply((later, registered()), (later, ComplaintMerged(into=first)))
    assert [(event.subject, event.type) for event in emitted] == [(first, "huiyin.assignment.repeated.v1")]
    assert (await routing.http.get(f"/v1/cases/{later}")).json()["status"] == "ended"
