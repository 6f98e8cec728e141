"""A dead letter that is replayed takes effect, in order with the rest of its case, and is never lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from huiyin.dead_letters import replay
from huiyin.dead_letters.replay import DeadLetter
from shared.business_time.clock import VirtualClock
from shared.errors import NotFound, Unavailable
from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered, ComplaintWithdrawn
from shared.events.envelope import Event, encode, make
from shared.messaging.inbox.processor import Processor
from shared.messaging.kafka.records import Record
from shared.messaging.outbox import Outbox
from tests.integration.conftest import Open

AT = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)
CONSUMER = "huiyin-test"
pytestmark = pytest.mark.asyncio


class Handler:
    """Notes the events that take effect; fails for the cases named."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.failing: set[UUID] = set()

    async def unknown_cases(self, tx: AsyncConnection, cases: Collection[UUID]) -> set[UUID]:
        return set()

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        if self.failing & {event.subject for event in events}:
            raise ValueError("cannot")
        self.seen += events
        return ()

    def types(self, case: UUID) -> list[str]:
        return [event.type.split(".")[2] for event in self.seen if event.subject == case]


def life_of(case: UUID) -> list[Event]:
    """Three events of a case, a minute apart."""
    data = (
        ComplaintRegistered(case_number="S1", channel="online", received_at=AT),
        ComplaintAdmitted(),
        ComplaintWithdrawn(),
    )
    pin = ("sample", 1)
    return [
        make("intake", case, pin, one, cause="1", at=AT + timedelta(minutes=minute)).numbered(minute + 1)
        for minute, one in enumerate(data)
    ]


def record(event: Event, offset: int) -> Record:
    return Record(event.data.topic_.name, 3, offset, encode(event))


class Parked:
    """A consumer that has parked a case after its first event failed, and been mended since."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.handler = Handler()
        self.clock = VirtualClock(AT)
        self.processor = Processor(Outbox(engine), CONSUMER, self.clock, self.handler)
        self.case, self.other = uuid4(), uuid4()

    async def park(self) -> None:
        self.handler.failing = {self.case}
        for offset, (one, two) in enumerate(zip(life_of(self.case), life_of(self.other), strict=True)):
            await self.processor.process([record(one, 2 * offset), record(two, 2 * offset + 1)])
        self.handler.failing = set()

    async def dead_letters(self) -> list[int]:
        async with self.engine.begin() as tx:
            return [row.id for row in await replay.listed(tx)]

    async def settled(self) -> list[str]:
        async with self.engine.connect() as tx:
            rows = await tx.execute(text("SELECT settled_how FROM dead_letters ORDER BY id"))
            return [row.settled_how for row in rows]


@pytest_asyncio.fixture
async def parked(open_service: Open) -> Parked:
    found = Parked(await open_service("routing"))
    await found.park()
    return found


async def test_all_open_dead_letters_of_a_case_take_effect_in_the_order_of_emission(
    parked: Parked,
) -> None:
    first, second, third = await parked.dead_letters()
    sent: list[Record] = []

    async def send(dead_letters: Sequence[DeadLetter]) -> None:
        sent.extend(Record(one.topic, one.partition, 100 + one.offset, one.value) for one in dead_letters)

    async with parked.engine.begin() as tx:
        done = await replay.replay(tx, second, send, AT)
    assert [one.id for one in done] == [first, second, third]
    assert parked.handler.types(parked.case) == []
    await parked.processor.process(sent)
    assert parked.handler.types(parked.case) == ["registered", "admitted", "withdrawn"]
    assert await parked.dead_letters() == []
    assert await parked.settled() == ["replayed"] * 3


async def test_a_replay_that_cannot_send_leaves_everything_as_it_was(parked: Parked) -> None:
    before = await parked.dead_letters()

    async def send(dead_letters: Sequence[DeadLetter]) -> None:
        raise Unavailable("the broker does not take the events")

    async def attempt() -> None:
        async with parked.engine.begin() as tx:
            await replay.replay(tx, before[0], send, AT)

    with pytest.raises(Unavailable):
        await attempt()
    assert await parked.dead_letters() == before
    await parked.processor.process([record(one, 50) for one in life_of(parked.case)])
    assert parked.handler.types(parked.case) == []  # still parked, and what came again was known


async def test_a_consumer_that_is_quicker_than_the_commit_waits_for_it(parked: Parked) -> None:
    first = (await parked.dead_letters())[0]
    consuming: list[asyncio.Task[None]] = []

    async def send(dead_letters: Sequence[DeadLetter]) -> None:
        records = [Record(one.topic, one.partition, 100 + one.offset, one.value) for one in dead_letters]
        consuming.append(asyncio.create_task(parked.processor.process(records)))
        await asyncio.wait(consuming, timeout=1.0)

    async with parked.engine.begin() as tx:
        await replay.replay(tx, first, send, AT)
        assert not consuming[0].done()
    await asyncio.wait_for(consuming[0], 20)
    assert parked.handler.types(parked.case) == ["registered", "admitted", "withdrawn"]
    assert await parked.dead_letters() == []


async def test_a_commit_that_fails_after_sending_loses_nothing(parked: Parked) -> None:
    before = await parked.dead_letters()
    sent: list[Record] = []

    async def send(dead_letters: Sequence[DeadLetter]) -> None:
        sent.extend(Record(one.topic, one.partition, 100 + one.offset, one.value) for one in dead_letters)

    async with parked.engine.connect() as connection:
        transaction = await connection.begin()
        await replay.replay(connection, before[0], send, AT)
        await transaction.rollback()
    await parked.processor.process(sent)
    assert parked.handler.types(parked.case) == []
    assert await parked.dead_letters() == before


async def test_a_dead_letter_that_is_settled_or_never_was_is_not_found(parked: Parked) -> None:
    async def send(dead_letters: Sequence[DeadLetter]) -> None:
        raise AssertionError("there is nothing to send")

    async with parked.engine.begin() as tx:
        for dead_letter in await parked.dead_letters():
            await replay.settle(tx, dead_letter, "dropped", AT)
        with pytest.raises(NotFound):
            await replay.replay(tx, 1, send, AT)
        with pytest.raises(NotFound):
            await replay.find(tx, 10_000)


async def test_a_record_that_could_not_be_read_is_replayed_alone(parked: Parked) -> None:
    await parked.processor.process([Record("huiyin.complaints.v1", 0, 7, b"not an event")])
    unread = (await parked.dead_letters())[-1]

    async def send(dead_letters: Sequence[DeadLetter]) -> None:
        assert [one.value for one in dead_letters] == [b"not an event"]

    async with parked.engine.begin() as tx:
        done = await replay.replay(tx, unread, send, AT)
    assert [one.id for one in done] == [unread]
    assert len(await parked.dead_letters()) == 3
