"""The firing loop as it runs: what it does about shards that somebody holds, and about more than it reads ahead."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from huiyin.bench.timers.fixtures import plant
from services.sla.store import firing
from services.sla.store import timers as store_timers
from services.sla.store.firing import Fired
from services.sla.timers.scheduler import Timers
from shared.business_time.clock import RealClock
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, Bench, registered
from tests.unit.sla.scenes import procedure

pytestmark = pytest.mark.asyncio

HELD, FREE = UUID(int=0x5), UUID(int=0x6)  # of different shards


@contextlib.asynccontextmanager
async def running(timers: Timers) -> AsyncIterator[None]:
    """Both loops run while the body does; what ends one of them ends the test."""
    both = asyncio.gather(timers.fire(), timers.fire_aside())
    try:
        yield
        assert not both.done(), both.exception()
    finally:
        both.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await both


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_shard_that_stays_held_is_waited_for_and_the_others_fire_meanwhile(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[set[int]] = []
    fire_free = firing.fire_free

    async def counted(lane: AsyncConnection, shards: set[int], now: datetime, *, each: int) -> Fired:
        pages.append(shards)
        return await fire_free(lane, shards, now, each=each)

    monkeypatch.setattr(firing, "fire_free", counted)
    bench = Bench(await open_service("sla"))
    await bench.hear(registered(HELD), registered(FREE))
    bench.clock.set(AT + timedelta(minutes=25))

    async def said(case: UUID, step: str) -> bool:
        return (await bench.steps())[(case, step)] == 1

    async def waited_for() -> bool:
        return bool(await bench.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))

    async with bench.engine.connect() as holder:
        async with holder.begin():
            await store_timers.lock_shards(holder, {store_timers.shard_of(HELD)})
            async with running(bench.timers()):
                await until(waited_for)
                await until(lambda: said(FREE, "ten-left"))
                asked = len(pages)
                for minutes, step in ((40, "due"), (90, "hour-over")):  # what comes due while it is waited for
                    bench.clock.set(AT + timedelta(minutes=minutes))
                    await until(lambda step=step: said(FREE, step))  # type: ignore[misc]
                assert await waited_for()
                assert not await said(HELD, "ten-left")
                shards = set().union(*pages[asked:])
                assert store_timers.shard_of(FREE) in shards
                assert store_timers.shard_of(HELD) not in shards  # it is not asked for again and again
                await holder.rollback()
                await until(lambda: said(HELD, "hour-over"))
    assert set((await bench.steps()).values()) == {1}


async def test_a_step_to_be_decided_on_holds_up_no_other_and_is_published_at_once(open_service: Open) -> None:
    """Its shard is put aside for as long; what is decided wakes the relay, as what is fired does."""
    clock = {"from": ["received"], "until": ["resolved"], "duration": "PT30M"}
    rules = procedure({**clock, "repeats": True, "repeat_every": "PT1H"})
    bench = Bench(await open_service("sla"), rules)
    await bench.hear(registered(HELD))
    timers, decided = bench.timers(), 0
    for minutes in (30, 90, 150):
        bench.clock.set(AT + timedelta(minutes=minutes))
        await timers.fire_page()
        if timers.waiting():
            bench.context.outbox.committed.clear()
            assert await timers.fire_page() == 1
            assert bench.context.outbox.committed.is_set()
            decided += 1
        assert not timers.waiting()
        assert await timers.fire_page() == 0
    assert decided >= 2
    assert set((await bench.steps()).values()) == {1}
    assert len(await bench.emitted("warned")) == 2


async def test_far_more_than_is_read_ahead_is_fired_whole_and_once(open_service: Open) -> None:
    bench, count = Bench(await open_service("sla")), 3_000
    timers = Timers(dataclasses.replace(bench.context, clock=RealClock()), bench.handlers)
    first = datetime.now(UTC) + timedelta(milliseconds=100)  # sixteen instants of a shard are ten milliseconds of these
    await plant(bench.engine, "handling", "handling", first=first, apart=timedelta(microseconds=50), count=count)

    async def all_said() -> bool:
        (row,) = await bench.rows("SELECT count(*) AS n FROM emitted_events")
        return int(row["n"]) >= count

    async with running(timers):
        await until(all_said)
    while timers.waiting():
        await timers.fire_page()
    assert await timers.fire_page() == 0
    (row,) = await bench.rows("SELECT count(*) AS n, count(DISTINCT event_id) AS events FROM emitted_events")
    assert (row["n"], row["events"]) == (count, count)
