"""The firing loop as it runs: what it does about shards that somebody holds, and about more than it reads ahead."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.sla import store_timers
from services.sla.bench.planting import plant
from services.sla.timers import Timers
from shared.business_time.clock import RealClock
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, Bench, registered

pytestmark = pytest.mark.asyncio

HELD, FREE = UUID(int=0x5), UUID(int=0x6)  # of different shards


@contextlib.asynccontextmanager
async def running(timers: Timers) -> AsyncIterator[None]:
    """The loop runs while the body does; what ends it ends the test."""
    task = asyncio.create_task(timers.fire())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_shard_that_stays_held_is_waited_for_and_the_others_fire_before(open_service: Open) -> None:
    bench = Bench(await open_service("sla"))
    await bench.hear(registered(HELD), registered(FREE))
    bench.clock.set(AT + timedelta(minutes=40))

    async def said(case: UUID) -> bool:
        return (await bench.steps())[(case, "due")] == 1

    async def waited_for() -> bool:
        return bool(await bench.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))

    async with bench.engine.connect() as holder:
        async with holder.begin():
            await store_timers.lock_shards(holder, {store_timers.shard_of(HELD)})
            async with running(bench.timers()):
                await until(lambda: said(FREE))
                await until(waited_for)
                assert not await said(HELD)
                await holder.rollback()
                await until(lambda: said(HELD))
    assert set((await bench.steps()).values()) == {1}


async def test_far_more_than_is_read_ahead_is_fired_whole_and_once(open_service: Open) -> None:
    bench, count = Bench(await open_service("sla")), 3_000
    timers = Timers(dataclasses.replace(bench.context, clock=RealClock()), bench.worker)
    first = datetime.now(UTC) + timedelta(milliseconds=100)  # sixteen instants of a shard are ten milliseconds of these
    await plant(bench.engine, "handling", "handling", first=first, apart=timedelta(microseconds=50), count=count)

    async def all_said() -> bool:
        (row,) = await bench.rows("SELECT count(*) AS n FROM said")
        return int(row["n"]) >= count

    async with running(timers):
        await until(all_said)
        await asyncio.sleep(0.05)
    (row,) = await bench.rows("SELECT count(*) AS n, count(DISTINCT event_id) AS events FROM said")
    assert (row["n"], row["events"]) == (count, count)
