"""A batch of records becomes one transaction: taken once, in order, with nothing lost and nothing in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.business_time.clock import VirtualClock
from shared.events.assignments import CaseAssigned, MilestoneReached
from shared.events.base import EventData
from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered
from shared.events.envelope import Event, decode, encode, make
from shared.events.reports import ReportMade, ReportOpened, report_id
from shared.messaging import outbox
from shared.messaging.inbox.processor import Processor
from shared.messaging.kafka.records import Record
from shared.messaging.outbox import Outbox
from tests.integration.conftest import Open

AT = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)
pytestmark = pytest.mark.asyncio


class Recorder:
    """A handler that notes what it is given, answers each event with one, and fails where it is told to."""

    def __init__(self, unknown: Collection[UUID] = (), failing: Collection[UUID] = ()) -> None:
        self.seen: list[Event] = []
        self.unknown = set(unknown)
        self.failing = set(failing)

    async def unknown_cases(self, tx: AsyncConnection, cases: Collection[UUID]) -> set[UUID]:
        return self.unknown & set(cases)

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        emitted = []
        for event in events:
            if event.subject in self.failing:
                raise ValueError("cannot")
            answer = CaseAssigned(department=event.type)
            emitted.append(make("routing", event.subject, ("sample", 1), answer, cause=str(event.id), at=now))
        self.seen += events
        self.unknown -= {event.subject for event in events}
        return emitted


def event(case: UUID, data: EventData, cause: str = "1") -> Event:
    """An event of intake's."""
    return make("intake", case, ("sample", 1), data, cause=cause, at=AT)


def registered(case: UUID) -> Event:
    """A registration."""
    return event(case, ComplaintRegistered(case_number="S1", channel="online", received_at=AT))


def records(*events: Event | bytes) -> list[Record]:
    """Records as Kafka would bring them."""
    values = [encode(one) if isinstance(one, Event) else one for one in events]
    return [Record("huiyin.complaints.v1", 0, offset, value) for offset, value in enumerate(values)]


def processor(engine: AsyncEngine, handler: Recorder) -> Processor:
    """What is tested."""
    return Processor(Outbox(engine), "routing", VirtualClock(AT), handler)


async def emitted(engine: AsyncEngine) -> list[Event]:
    """The outbox, in order."""
    async with engine.connect() as connection:
        return [decode(row.value) for row in await connection.execute(text("SELECT value FROM outbox ORDER BY id"))]


async def letters(engine: AsyncEngine) -> list[tuple[str, str | None]]:
    """The dead letters: (reason, field)."""
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT reason, field FROM dead_letters ORDER BY id"))
        return [(row.reason, row.field) for row in rows]


async def test_a_record_that_comes_ten_times_has_one_effect(open_service: Open) -> None:
    engine, handler, one = await open_service("routing"), Recorder(), registered(uuid4())
    for _ in range(5):
        await processor(engine, handler).process(records(one, one))
    assert handler.seen == [one]
    assert len(await emitted(engine)) == 1


async def test_a_poisoned_record_stands_in_nobodys_way(open_service: Open) -> None:
    engine, handler, one = await open_service("routing"), Recorder(), registered(uuid4())
    await processor(engine, handler).process(records(b"\x00{", one, b"", encode(one).replace(b'"id"', b'"di"')))
    assert handler.seen == [one]
    assert await letters(engine) == [("invalid-input", "value"), ("invalid-input", "value"), ("invalid-input", "id")]
    types = [one.type for one in await emitted(engine)]
    assert types.count("huiyin.dead-letter.recorded.v1") == 3


async def test_a_case_that_cannot_be_handled_is_parked_with_all_that_follows(open_service: Open) -> None:
    engine, bad, good = await open_service("routing"), uuid4(), uuid4()
    handler = Recorder(failing=[bad])
    await processor(engine, handler).process(records(registered(bad), registered(good)))
    assert [one.subject for one in handler.seen] == [good]
    handler.failing.clear()
    await processor(engine, handler).process(records(event(bad, ComplaintAdmitted()), event(good, ComplaintAdmitted())))
    assert [one.subject for one in handler.seen] == [good, good]
    assert await letters(engine) == [("ValueError", None), ("behind-a-parked-event", None)]


async def test_what_comes_before_its_registration_waits_for_it_in_order(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()
    handler = Recorder(unknown=[case])
    early = [event(case, MilestoneReached(milestone=f"m{n}", at=AT, by="desk"), str(n)) for n in range(3)]
    await processor(engine, handler).process(records(*early[:2]))
    assert handler.seen == []
    await processor(engine, handler).process(records(early[2], registered(case)))
    assert handler.seen == [registered(case), *early]
    assert len(await emitted(engine)) == 4


async def test_what_comes_before_a_reports_opening_waits_for_it(open_service: Open) -> None:
    engine, report = await open_service("routing"), report_id("sample", "monthly", AT.date(), 1)
    handler = Recorder(unknown=[report])
    named = {"report": "monthly", "period": "2025-09"}
    early = event(report, ReportMade(**named, at=AT, by="desk", edition=1))
    await processor(engine, handler).process(records(early))
    assert handler.seen == []
    days = {"first_day": AT.date(), "last_day": AT.date()}
    opened = event(report, ReportOpened(**named, **days, at=AT, ready_at=AT, due_at=AT))
    await processor(engine, handler).process(records(opened))
    assert handler.seen == [opened, early]


async def test_numbers_have_no_gap_and_no_double_when_many_write_at_once(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()

    async def write(writer: int) -> None:
        for n in range(5):
            async with engine.begin() as tx:
                await outbox.append(tx, [event(case, ComplaintAdmitted(), f"{writer}|{n}|{k}") for k in range(3)])

    await asyncio.gather(*(write(writer) for writer in range(10)))
    assert sorted(one.sequence for one in await emitted(engine)) == list(range(1, 151))


async def test_a_transaction_that_fails_takes_its_number_back(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()
    with pytest.raises(RuntimeError):  # noqa: PT012  (the block is the transaction)
        async with engine.begin() as tx:
            await outbox.append(tx, [registered(case)])
            raise RuntimeError
    async with engine.begin() as tx:
        await outbox.append(tx, [registered(case)])
    assert [one.sequence for one in await emitted(engine)] == [1]


async def test_an_event_that_was_said_is_not_said_again(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()
    for _ in range(3):
        async with engine.begin() as tx:
            await outbox.append(tx, [registered(case), registered(case)])
    assert [one.sequence for one in await emitted(engine)] == [1]


async def test_what_was_published_can_be_published_again(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()
    async with engine.begin() as tx:
        await outbox.append(tx, [registered(case), event(case, ComplaintAdmitted())])
        await tx.execute(text("DELETE FROM unpublished"))
        assert await outbox.republish(tx, since=AT, case_id=uuid4()) == 0
        assert await outbox.republish(tx, since=AT, case_id=case) == 2
        assert await tx.scalar(text("SELECT coalesce(sum(cardinality(ids)), 0) FROM unpublished")) == 2


async def test_what_an_event_causes_carries_its_trace(open_service: Open) -> None:
    engine, traced, plain = await open_service("routing"), uuid4(), uuid4()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    first = make("intake", traced, ("sample", 1), ComplaintAdmitted(), cause="1", at=AT, traceparent=trace)
    await processor(engine, Recorder()).process(records(first, registered(plain)))
    assert {one.subject: one.traceparent for one in await emitted(engine)} == {traced: trace, plain: None}
