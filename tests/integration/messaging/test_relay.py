"""The relay on a real broker: everything is sent, in order per case, whatever dies in between."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka.partitioner import DefaultPartitioner
from sqlalchemy import text

from shared.events.envelope import decode, encode
from shared.messaging import outbox
from shared.messaging.database import open_database
from shared.messaging.outbox import Outbox, relay, unpublished
from shared.messaging.outbox.cache import OutboxCache
from shared.messaging.outbox.unpublished import Round
from tests.integration.conftest import Open
from tests.integration.messaging.conftest import Broker
from tests.integration.messaging.emitting import (
    all_sent,
    cases,
    emit,
    event,
    first_times,
    relaying,
    until,
    waiting,
)

pytestmark = [pytest.mark.asyncio]


class Died(Exception):
    """The process of the relay has ended here."""


def numbers(records: Sequence[Any]) -> list[tuple[UUID, int]]:
    """Case and sequence number of each record."""
    return [(one.subject, one.sequence) for one in (decode(record.value) for record in records)]


async def emit_many(here: Outbox, subjects: list[UUID], rounds: int) -> int:
    """Many transactions at a time, each of several cases; returns how many events that makes."""

    async def write(writer: int) -> None:
        for step in range(rounds):
            some = [case for place, case in enumerate(subjects) if (place + step + writer) % 3]
            await emit(here, [event(case, 1_000 * writer + 10 * step + n) for case in some for n in range(2)])

    await asyncio.gather(*(write(writer) for writer in range(4)))
    async with here.engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM outbox")) or 0)


async def test_every_event_is_sent_once_and_in_the_order_of_its_case(open_service: Open, broker: Broker) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(12, "once")
    async with relaying(engine, broker.address) as here:
        count = await emit_many(here, subjects, 15)
        await all_sent(engine)
    found = broker.records(before)
    sent = numbers(found)
    assert len(sent) == count
    assert all(line == list(range(1, len(line) + 1)) for line in first_times(sent).values())
    assert set(first_times(sent)) == set(subjects)


async def test_a_record_is_keyed_placed_and_marked_for_any_consumer(open_service: Open, broker: Broker) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(8, "headers")
    async with relaying(engine, broker.address):
        emitted = await emit(engine, [event(case, 1) for case in subjects])
        await all_sent(engine)
    choose, places = DefaultPartitioner(), list(range(6))
    found = {decode(record.value).id: record for record in broker.records(before)}
    for one in emitted:
        record = found[one.id]
        key = str(one.subject).encode()
        assert (record.topic, record.key, record.value) == ("huiyin.complaints.v1", key, encode(one))
        assert record.partition == choose(key, places, places)
        assert dict(record.headers)["ce_id"] == str(one.id).encode()
        assert dict(record.headers)["ce_type"] == one.type.encode()


async def test_a_killed_broker_costs_neither_an_event_nor_the_order(open_service: Open, broker: Broker) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(12, "killed")
    async with relaying(engine, broker.address) as here:
        writing = asyncio.create_task(emit_many(here, subjects, 40))

        async def some_are_sent() -> bool:
            return await asyncio.to_thread(lambda: sum(broker.ends().values()) > sum(before.values()) + 100)

        await until(some_are_sent)
        broker.end(signal.SIGKILL)
        await writing
        assert await waiting(engine) > 0
        await asyncio.to_thread(broker.start)
        await all_sent(engine, 90)
        count = await writing
    sent = first_times(numbers(broker.records(before)))
    assert sum(map(len, sent.values())) == count
    assert all(line == list(range(1, len(line) + 1)) for line in sent.values())


async def test_a_relay_that_dies_before_it_marks_sends_the_same_events_again(
    open_service: Open, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(5, "dies")
    emitted = await emit(engine, [event(case, number) for case in subjects for number in range(4)])
    acknowledged, read = asyncio.Event(), unpublished.read

    async def stand_still_once_it_is_acknowledged(*given: Any, done: Any, **more: Any) -> Round:
        if done:
            acknowledged.set()
            await asyncio.Event().wait()
        return await read(*given, done=done, **more)

    with monkeypatch.context() as patch:
        patch.setattr(unpublished, "read", stand_still_once_it_is_acknowledged)
        with pytest.raises(Died):  # noqa: PT012  (the block is the relay's life)
            async with relaying(engine, broker.address):
                await acknowledged.wait()
                raise Died
    assert await waiting(engine) == len(emitted)
    async with relaying(engine, broker.address):
        await all_sent(engine)
    found = broker.records(before)
    assert Counter(decode(record.value).id for record in found) == dict.fromkeys((one.id for one in emitted), 2)
    assert all(line == [1, 2, 3, 4] for line in first_times(numbers(found)).values())


async def test_of_two_relays_one_sends_and_the_other_takes_over(
    open_service: Open, broker: Broker, database_urls: dict[str, str]
) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(6, "two")
    other = open_database(database_urls["intake"], size=3)
    try:
        async with relaying(engine, broker.address) as here:
            await emit(here, [event(case, 1) for case in subjects])
            await all_sent(engine)
            async with relaying(other, broker.address) as there:
                for number in range(2, 20):
                    await emit(here, [event(case, number) for case in subjects])
                await all_sent(engine)
                assert sends(here)
                assert not sends(there)
        async with relaying(other, broker.address):
            await emit(engine, [event(case, 20) for case in subjects])
            await all_sent(engine)
            assert not sends(here)
    finally:
        await other.dispose()
    sent = numbers(broker.records(before))
    assert len(sent) == 20 * len(subjects)
    assert all(line == list(range(1, 21)) for line in first_times(sent).values())


def sends(on: Outbox) -> bool:
    """Whether the relay of this outbox is the one that sends."""
    return on.cache is not None


@pytest.mark.parametrize("events", [0, 7])
async def test_what_does_not_fit_in_memory_is_read_from_the_outbox(
    events: int, open_service: Open, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(5, f"small {events}")
    monkeypatch.setattr(relay, "OutboxCache", lambda: OutboxCache(events=events))
    async with relaying(engine, broker.address) as here:
        count = await emit_many(here, subjects, 10)
        await all_sent(engine)
    sent = numbers(broker.records(before))
    assert len(sent) == count
    assert all(line == list(range(1, len(line) + 1)) for line in first_times(sent).values())


async def test_what_was_rolled_back_is_never_sent(open_service: Open, broker: Broker) -> None:
    engine, before, (case, other) = await open_service("intake"), broker.ends(), cases(2, "rolled back")
    async with relaying(engine, broker.address) as here:
        await emit(here, [event(other, 1)])
        await all_sent(engine)
        for number in range(3):
            with pytest.raises(RuntimeError):  # noqa: PT012  (the block is the transaction)
                async with here.transaction() as tx:
                    await outbox.append(tx, [event(case, 100 + number)])
                    raise RuntimeError
            await emit(here, [event(case, number)])
        await all_sent(engine)
    kept = [decode(record.value) for record in broker.records(before)]
    assert [(one.sequence, one.id) for one in kept if one.subject == case] == [
        (number + 1, event(case, number).id) for number in range(3)
    ]


async def test_a_row_that_is_larger_than_a_batch_is_sent_too(open_service: Open, broker: Broker) -> None:
    engine, before = await open_service("intake"), broker.ends()
    value = b" " * 1_000_000
    await emit(engine, [event(uuid4(), 1)])
    async with engine.begin() as tx:
        await tx.execute(text("UPDATE outbox SET value = :value"), {"value": value})
    async with relaying(engine, broker.address):
        await all_sent(engine)
    assert [record.value for record in broker.records(before)] == [value]


async def test_more_than_a_round_of_a_backlog_is_sent_in_order(open_service: Open, broker: Broker) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(3, "backlog")
    for start in range(0, 4_000, 500):
        await emit(engine, [event(case, start + number) for number in range(500) for case in subjects])
    async with relaying(engine, broker.address):
        await all_sent(engine)
    sent = numbers(broker.records(before))
    assert len(sent) == 12_000
    assert all(line == list(range(1, 4_001)) for line in first_times(sent).values())
