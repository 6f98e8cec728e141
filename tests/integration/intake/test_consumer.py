"""Events of the other services go into the timeline and the case, in any order, once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.consumer import Consumer
from services.intake.form_book import FormBook
from services.intake.store.tables import metadata
from shared.business_time.loader import load_calendars
from shared.events import assignments as a
from shared.events import complaints as c
from shared.events import deadlines as d
from shared.events import envelope
from shared.events import notices as n
from shared.events.envelope import Event
from shared.messaging.inbox.processor import Processor
from shared.messaging.kafka.records import Record
from shared.procedures.loader import Library
from tests.integration.intake.conftest import Intake
from tests.unit.intake.sample import FIELDS, MONDAY, PROCEDURE

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORMS = FormBook(Library((PROCEDURE,)), load_calendars())
CLOCK = {"clock": "handling", "cycle": 1, "due_at": MONDAY + timedelta(days=9)}


def events_of(case_id: UUID) -> list[Event]:
    """A whole case as routing, sla and notify emit it."""
    minute = timedelta(minutes=1)
    emitted = [
        ("routing", a.CaseClassified(class_="grave"), 1),
        ("routing", a.CaseAssigned(department="desk"), 1),
        ("sla", d.ClockStarted(**CLOCK, started_at=MONDAY), 1),
        ("routing", a.MilestoneReached(milestone="accepted-by-department", at=MONDAY + 2 * minute, by="desk"), 3),
        ("routing", a.CaseReassigned(department="centre", previous="desk"), 4),
        ("routing", a.MilestoneReached(milestone="resolved", at=MONDAY + 5 * minute, by="centre"), 6),
        ("sla", d.ClockMet(**CLOCK, stopped_at=MONDAY + 5 * minute), 6),
        ("notify", n.NoticeSent(notice="result", notice_id="1", addressee="complainant", cause="c", sink="file",
                                sent_at=MONDAY, attempts=1), 7),
    ]  # fmt: skip
    counts: dict[str, int] = {}
    events = []
    for place, (service, data, at) in enumerate(emitted):
        counts[service] = counts.get(service, 0) + 1
        event = envelope.make(service, case_id, ("test-desk", 1), data, cause=str(place), at=MONDAY + at * minute)
        events.append(event.numbered(counts[service]))
    return events


def records(events: Sequence[Event]) -> list[Record]:
    return [Record(event.data.topic_.name, 0, offset, envelope.encode(event)) for offset, event in enumerate(events)]


async def register(intake: Intake) -> UUID:
    document = {"procedure": "test-desk", "channel": "letter", "fields": {**FIELDS, "phone": str(uuid4().int)[:11]}}
    return UUID((await intake.http.post("/v1/complaints", json=document)).json()["case_id"])


async def test_a_case_follows_what_is_said_of_it_in_any_order_and_any_number_of_times(intake: Intake) -> None:
    processor = Processor(intake.outbox, "intake", intake.clock, Consumer(FORMS))
    shown = []
    for order in itertools.islice(itertools.permutations(range(8)), 0, 40_320, 5_040):
        case_id = await register(intake)
        events = events_of(case_id)
        await processor.process(records([events[place] for place in order]))
        await processor.process(records([*events, *reversed(events)]))
        case = (await intake.http.get(f"/v1/cases/{case_id}")).json()
        line = (await intake.http.get(f"/v1/cases/{case_id}/timeline")).json()["occurrences"]
        shown.append(
            (case["status"], case["class"], case["department"], case["resolved_at"], [o["occurrence"] for o in line])
        )
    assert all(one == shown[0] for one in shown)
    assert shown[0] == (
        "resolved", "grave", "centre", "2025-03-03T02:05:00+00:00",
        ["received", "registered", "admitted", "classified:grave", "assigned:desk", "started:handling",
         "accepted-by-department", "reassigned:centre", "resolved", "met:handling", "notified:result"],
    )  # fmt: skip


async def test_a_document_gets_its_number_when_another_service_reports_its_occurrence(intake: Intake) -> None:
    processor = Processor(intake.outbox, "intake", intake.clock, Consumer(FORMS))
    first, second, unsettled = [await register(intake) for _ in range(3)]

    def reached(case_id: UUID, milestone: str, place: int, **fields: bool) -> Event:
        data = a.MilestoneReached(milestone=milestone, at=MONDAY, by="desk", fields=fields)
        return envelope.make("routing", case_id, ("test-desk", 1), data, cause=f"r{place}", at=MONDAY).numbered(place)

    settled = [reached(one, "mediated", 1, settled=one != unsettled) for one in (second, unsettled, first)]
    await processor.process(records([settled[0], reached(second, "archived", 2)]))
    await processor.process(records([*settled, reached(first, "mediated", 2, settled=True)]))
    found = [
        (await intake.http.get(f"/v1/cases/{one}")).json()["document_numbers"] for one in (first, second, unsettled)
    ]
    assert found == [
        {"agreement": "A2025-002"},
        {"agreement": "A2025-001", "dossier-cover": "A2025-001"},
        {},
    ]
    emitted = [one.data for one in await intake.emitted(str(second)) if isinstance(one.data, c.DocumentNumbered)]
    assert [(one.document, one.number) for one in emitted] == [
        ("agreement", "A2025-001"),
        ("dossier-cover", "A2025-001"),
    ]
    line = (await intake.http.get(f"/v1/cases/{second}/timeline")).json()["occurrences"]
    assert [one["occurrence"] for one in line if one["occurrence"].startswith("numbered")] == [
        "numbered:agreement",
        "numbered:dossier-cover",
    ]


async def test_what_is_said_of_an_unknown_case_is_kept_in_its_timeline(intake: Intake) -> None:
    stranger = uuid4()
    processor = Processor(intake.outbox, "intake", intake.clock, Consumer(FORMS))
    await processor.process(records(events_of(stranger)))
    assert len(await intake.rows("SELECT 1 FROM timeline WHERE case_id = :id", id=stranger)) == 8
    assert await intake.rows("SELECT 1 FROM dead_letters") == []
    assert await intake.rows("SELECT 1 FROM outbox") == []


async def test_the_migrations_make_the_tables_that_the_queries_are_written_for(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
