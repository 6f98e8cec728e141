"""The events of the relay's tests, and how they wait for them to be published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.business_time.clock import VirtualClock
from shared.events.complaints import ComplaintAdmitted
from shared.events.envelope import NAMESPACE, Event, make
from shared.messaging import outbox
from shared.messaging.outbox import Outbox
from shared.messaging.outbox.relay import Relay

AT = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)
Sequences = dict[UUID, list[int]]


def event(case: UUID, number: int) -> Event:
    """The event with this number of a case."""
    return make("intake", case, ("sample", 1), ComplaintAdmitted(), cause=str(number), at=AT)


def cases(count: int, seed: str) -> list[UUID]:
    """Case ids, the same for the same seed."""
    return [uuid5(NAMESPACE, f"{seed}|{number}") for number in range(count)]


def begin(on: AsyncEngine | Outbox) -> AbstractAsyncContextManager[AsyncConnection]:
    """A transaction of the process whose outbox is given; of an engine alone, one of another process."""
    return on.transaction() if isinstance(on, Outbox) else on.begin()


async def emit(on: AsyncEngine | Outbox, events: Sequence[Event]) -> list[Event]:
    """Append events in one transaction."""
    async with begin(on) as tx:
        return await outbox.append(tx, events)


async def waiting(engine: AsyncEngine) -> int:
    """How many events are not published."""
    async with engine.connect() as connection:
        return await unpublished(connection)


async def unpublished(tx: AsyncConnection) -> int:
    """The same, within a transaction."""
    return int(await tx.scalar(text("SELECT coalesce(sum(cardinality(ids)), 0) FROM unpublished")) or 0)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Await a condition."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def all_sent(engine: AsyncEngine, seconds: float = 60.0) -> None:
    """Await that nothing waits to be published."""

    async def none_waits() -> bool:
        return not await waiting(engine)

    await until(none_waits, seconds)


@asynccontextmanager
async def relaying(engine: AsyncEngine, kafka: str) -> AsyncIterator[Outbox]:
    """A relay at work, and the outbox whose commits wake it."""
    woken_by = Outbox(engine)
    relay = Relay(engine, kafka, VirtualClock(AT), service="intake", outbox=woken_by)
    task = asyncio.create_task(relay.run())
    try:
        yield woken_by
        relay.stop()
        async with asyncio.timeout(30):
            await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def first_times(records: Iterable[tuple[UUID, int]]) -> Sequences:
    """By case: the numbers in the order in which each came for the first time."""
    found: Sequences = {}
    for case, number in records:
        numbers = found.setdefault(case, [])
        if number not in numbers:
            numbers.append(number)
    return found
