"""The firing loop as it runs: what it does about shards that somebody holds, and about more than it reads ahead."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from huiyin.bench.timers.fixtures import plant
from services.sla.domain.shards import shard_of
from services.sla.store import firing
from services.sla.store import timers as store_timers
from services.sla.store.firing import Fired
from services.sla.timers.scheduler import Timers
from shared.business_time.clock import RealClock
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, Bench, registered, running, until
from tests.unit.sla.scenes import procedure

pytestmark = pytest.mark.asyncio

HELD, FREE = UUID(int=0x5), UUID(int=0x6)  # of different shards


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
    await bench.apply(registered(HELD), registered(FREE))
    bench.clock.set(AT + timedelta(minutes=25))

    async def emitted(case: UUID, step: str) -> bool:
        return (await bench.steps())[(case, step)] == 1

    async with bench.engine.connect() as holder:
        async with holder.begin():
            await store_timers.lock_shards(holder, {shard_of(HELD)})
            async with running(bench.timers()):
                await until(bench.waits_for_a_shard)
                await until(lambda: emitted(FREE, "ten-left"))
                asked = len(pages)
                for minutes, step in ((40, "due"), (90, "hour-over")):  # what comes due while it is waited for
                    bench.clock.set(AT + timedelta(minutes=minutes))
                    await until(lambda step=step: emitted(FREE, step))  # type: ignore[misc]
                assert await bench.waits_for_a_shard()
                assert not await emitted(HELD, "ten-left")
                shards = set().union(*pages[asked:])
                assert shard_of(FREE) in shards
                assert shard_of(HELD) not in shards  # it is not asked for again and again
                await holder.rollback()
                await until(lambda: emitted(HELD, "hour-over"))
    assert set((await bench.steps()).values()) == {1}


async def test_a_step_to_be_decided_on_holds_up_no_other_and_is_published_at_once(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its shard is put aside for as long; what is decided wakes the relay, as what is fired does."""
    clock = {"from": ["received"], "until": ["resolved"], "duration": "PT30M"}
    rules = procedure({**clock, "steps": [{"every": "PT1H"}]})
    bench = Bench(await open_service("sla"), rules)
    await bench.apply(registered(HELD))
    decided: list[set[int]] = []
    fire_held = firing.fire_held

    async def counted(tx: AsyncConnection, shards: set[int], *given: Any, **more: Any) -> Fired:
        decided.append(shards)
        return await fire_held(tx, shards, *given, **more)

    monkeypatch.setattr(firing, "fire_held", counted)
    for minutes in (30, 90, 150):
        bench.clock.set(AT + timedelta(minutes=minutes))
        bench.context.outbox.committed.clear()
        assert await bench.fire() == 1
        assert bench.context.outbox.committed.is_set()
        assert await bench.fire() == 0
    assert decided == [{shard_of(HELD)}] * 2  # the repetitions; the breach is plain
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
    (row,) = await bench.rows("SELECT count(*) AS n, count(DISTINCT event_id) AS events FROM emitted_events")
    assert (row["n"], row["events"]) == (count, count)
