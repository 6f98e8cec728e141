"""Timers are rows: they fire once whoever looks, and survive any stop."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from huiyin.bench.timers.fixtures import plant
from services.sla.store import firing
from services.sla.store import timers as store_timers
from shared.messaging import outbox
from shared.observability import metrics
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, Bench, registered, resolved, running, until

pytestmark = pytest.mark.asyncio


async def test_each_step_fires_at_its_time_and_once(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    seen = []
    for minutes in (0, 19, 20, 29, 30, 31, 89, 90, 200):
        bench.clock.set(AT + timedelta(minutes=minutes))
        seen.append(await bench.fire())
    assert seen == [0, 0, 1, 0, 1, 0, 0, 1, 0]
    assert await bench.steps() == {(case, ""): 1, (case, "ten-left"): 1, (case, "due"): 1, (case, "hour-over"): 1}


async def test_many_workers_share_what_is_due_after_two_hours_of_downtime(open_service: Open) -> None:
    bench, cases = Bench(await open_service("sla")), [uuid4() for _ in range(300)]
    for start in range(0, 300, 50):
        await bench.apply(*(registered(case) for case in cases[start : start + 50]))
    bench.clock.set(AT + timedelta(hours=2))
    await asyncio.gather(*(bench.fire() for _ in range(4)))
    steps = await bench.steps()
    assert set(steps.values()) == {1}
    assert len(steps) == 4 * 300
    order = [str(getattr(one.data, "step", "")) for one in await bench.emitted() if one.subject == cases[7]]
    assert order == ["", "ten-left", "due", "hour-over"]


async def test_a_fired_event_says_how_late_it_is(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    bench.clock.set(AT + timedelta(minutes=33))
    await bench.fire()
    breach = next(one for one in await bench.emitted() if getattr(one.data, "step", "") == "due")
    assert breach.data.model_dump()["late_by"] == 180.0


async def test_a_stopped_clock_has_no_timer(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(resolved(case, AT + timedelta(minutes=5)), registered(case))
    bench.clock.set(AT + timedelta(days=1))
    assert await bench.fire() == 0
    assert [one.type.split(".")[2] for one in await bench.emitted()] == ["clock-started", "met"]


async def test_a_clock_set_back_un_fires_nothing_and_fires_nothing_early(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    bench.clock.set(AT + timedelta(minutes=30))
    await bench.fire()
    earlier = Bench(bench.engine)
    assert await earlier.fire() == 0
    await earlier.apply(resolved(case, AT + timedelta(minutes=29)))
    steps = await bench.steps()
    assert (steps[(case, "ten-left")], steps[(case, "due")], steps[(case, "hour-over")]) == (1, 1, 0)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=366)])
async def test_a_clock_that_jumps_fires_nothing_twice_and_nothing_early_and_is_counted(
    open_service: Open, jump: timedelta
) -> None:
    """T2. What came due in the jump fires once; after a jump back nothing is un-fired; a person is told."""
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    timers, jumps = bench.timers(), metrics.CLOCK_JUMPS._value.get()
    for moment in (AT + timedelta(minutes=25), AT + timedelta(minutes=25) + jump):
        bench.clock._now = moment  # a virtual clock itself never runs back, a machine's does
        await bench.fire(timers)
        emitted = [one for one in await bench.emitted() if getattr(one.data, "step", None)]
        assert all(one.time >= one.data.model_dump()["step_due_at"] for one in emitted)
    assert metrics.CLOCK_JUMPS._value.get() == jumps + 1
    bench.clock.set(AT + timedelta(days=400))
    await bench.fire(timers)
    assert await bench.steps() == {(case, step): 1 for step in ("", "ten-left", "due", "hour-over")}


async def test_a_timer_armed_by_a_slow_transaction_is_not_passed_over(open_service: Open) -> None:
    """A later timer of its shard comes due before the transaction that armed it ends: the cursor must not go by."""
    bench, slow = Bench(await open_service("sla")), uuid4()
    neighbour = UUID(int=slow.int ^ 16)  # of the same shard
    timers = bench.timers()
    await bench.apply(registered(neighbour, AT + timedelta(minutes=1)))
    async with bench.engine.begin() as tx:
        await outbox.append(tx, await bench.handlers.apply_events(tx, [registered(slow)], AT))
        bench.clock.set(AT + timedelta(minutes=31))
        async with running(timers):
            await until(bench.waits_for_a_shard)
            assert (await bench.steps())[(neighbour, "due")] == 0
    assert await bench.fire(timers) == 4
    steps = await bench.steps()
    assert [steps[(case, step)] for case in (slow, neighbour) for step in ("ten-left", "due")] == [1, 1, 1, 1]


async def test_what_is_armed_after_the_clock_was_set_back_is_not_behind_a_cursor(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    late = UUID(int=case.int ^ 16)  # of the same shard
    await bench.apply(registered(case))
    bench.clock.set(AT + timedelta(minutes=30))
    await bench.fire()
    bench.clock._now = AT + timedelta(minutes=5)
    await bench.apply(registered(late))
    bench.clock.set(AT + timedelta(minutes=90))
    await bench.fire()
    assert await bench.steps() == {
        (one, step): 1 for one in (case, late) for step in ("", "ten-left", "due", "hour-over")
    }


async def test_stops_and_timers_that_race_never_leave_a_false_breach(open_service: Open) -> None:
    """Half of the cases were answered in time, and the news comes while their breaches are being fired."""
    bench, cases = Bench(await open_service("sla")), [uuid4() for _ in range(200)]
    await bench.apply(*(registered(case) for case in cases))
    bench.clock.set(AT + timedelta(minutes=30))
    timers, answered = bench.timers(), cases[:100]

    async with running(timers):
        for start in range(0, 100, 5):
            await bench.apply(*(resolved(case, AT + timedelta(minutes=29)) for case in answered[start : start + 5]))
    await bench.fire(timers)
    emitted: dict[UUID, list[str]] = {case: [] for case in cases}
    for event in await bench.emitted():
        emitted[event.subject].append(event.type.split(".")[2])
        assert event.sequence == len(emitted[event.subject])
    assert {tuple(emitted[case]) for case in cases[100:]} == {("clock-started", "warned", "breached")}
    ends = {tuple(emitted[case]) for case in answered}
    in_time = ("clock-started", "warned", "met")
    assert ends <= {in_time, ("clock-started", "warned", "breached", "breach-retracted", "met")}


async def test_a_page_costs_the_same_with_many_pending_and_without_statistics(open_service: Open) -> None:
    """The database reads one range of the index for each shard, and never sorts all that is pending."""
    bench = Bench(await open_service("sla"))
    await plant(bench.engine, "sample", "reply", first=AT, apart=timedelta(milliseconds=1), count=20_000)
    async with bench.engine.begin() as tx:
        await store_timers.lock_shards(tx, range(16))
        read = text("SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'timers'")
        whole = text(
            "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname IN ('timers', 'clocks') ORDER BY relname"
        )
        before, sequential = await tx.scalar(read), await tx.scalar(whole)
        fired = await firing.fire_held(tx, range(16), AT + timedelta(days=1), (), each=100)
        assert fired.steps == 1600
        assert await tx.scalar(read) - before <= 2 * 1600 + 16
        assert await tx.scalar(whole) == sequential
