"""A timer that a bug removes is set again by the sweeper and fires once; what was swept is cleared."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.sla.domain.shards import shard_of
from shared.observability import metrics
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, Bench, registered
from tests.unit.sla.scenes import procedure

pytestmark = pytest.mark.asyncio


async def test_a_timer_that_a_bug_removed_is_set_again_and_fires_once(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    async with bench.engine.begin() as tx:
        await tx.execute(text("DELETE FROM timers"))
    bench.clock.set(AT + timedelta(minutes=1))
    await bench.sweep_all()
    for minutes in (20, 30, 90):
        bench.clock.set(AT + timedelta(minutes=minutes))
        await bench.fire()
    assert await bench.steps() == {(case, ""): 1, (case, "ten-left"): 1, (case, "due"): 1, (case, "hour-over"): 1}


async def test_a_timer_that_was_due_while_it_was_missing_fires_when_it_is_found(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    async with bench.engine.begin() as tx:
        await tx.execute(text("DELETE FROM timers"))
    bench.clock.set(AT + timedelta(minutes=40))
    assert await bench.fire() == 0
    await bench.sweep_all()
    assert (await bench.steps())[(case, "due")] == 1


async def test_a_lost_timer_that_others_have_passed_still_fires(open_service: Open) -> None:
    """The cursor of its shard is beyond it: no page will ever find it, only the sweeper."""
    bench, one = Bench(await open_service("sla")), uuid4()
    case, neighbour = sorted((one, UUID(int=one.int ^ 16)))  # of the same shard, and the neighbour's turn comes second
    await bench.apply(registered(case), registered(neighbour))
    async with bench.engine.begin() as tx:
        await tx.execute(text("DELETE FROM timers WHERE case_id = :case AND step = 'due'"), {"case": case})
    for minutes in (20, 30, 40):
        bench.clock.set(AT + timedelta(minutes=minutes))
        await bench.fire()
    assert (await bench.steps())[(case, "due")] == 0
    await bench.sweep_all()
    bench.clock.set(AT + timedelta(minutes=90))
    await bench.fire()
    await bench.sweep_all()
    once = {(one, step): 1 for one in (case, neighbour) for step in ("", "ten-left", "due", "hour-over")}
    assert await bench.steps() == once
    assert [one.sequence for one in await bench.emitted() if one.subject == case] == [1, 2, 3, 4]


async def test_a_timer_that_vanished_after_it_had_fired_is_not_said_again(open_service: Open) -> None:
    """Before it was swept: its step and its number are found in what was said."""
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    for minutes in (20, 30):
        bench.clock.set(AT + timedelta(minutes=minutes))
        await bench.fire()
    async with bench.engine.begin() as tx:
        await tx.execute(text("DELETE FROM timers WHERE step IN ('ten-left', 'due')"))
    await bench.sweep_all()
    bench.clock.set(AT + timedelta(minutes=90))
    await bench.fire()
    assert await bench.steps() == {(case, ""): 1, (case, "ten-left"): 1, (case, "due"): 1, (case, "hour-over"): 1}
    assert [one.sequence for one in await bench.emitted()] == [1, 2, 3, 4]


async def lose_all_and_sweep(bench: Bench, cases: list[UUID]) -> None:
    """Cases come in, all their timers vanish, and one pass in slices of two looks for them."""
    await bench.apply(*(registered(case) for case in cases))
    async with bench.engine.begin() as tx:
        await tx.execute(text("DELETE FROM timers"))
    sweeper = bench.sweeper()
    while not await sweeper.sweep_slice(most=2):
        pass


async def test_a_sweep_in_small_pages_leaves_nobody_out(open_service: Open) -> None:
    bench, cases = Bench(await open_service("sla")), [uuid4() for _ in range(60)]
    await lose_all_and_sweep(bench, cases)
    bench.clock.set(AT + timedelta(minutes=30))
    await bench.fire()
    assert await bench.steps() == {(case, step): 1 for case in cases for step in ("", "ten-left", "due")}


async def test_a_slice_ends_with_a_case_and_not_among_its_clocks(open_service: Open) -> None:
    clock = {"from": ["received"], "until": ["resolved"], "duration": "PT30M"}
    rules = procedure(*({**clock, "id": name} for name in ("one", "two", "three")))
    bench, cases = Bench(await open_service("sla"), rules), [UUID(int=16 * n) for n in range(1, 6)]  # of one shard
    await lose_all_and_sweep(bench, cases)
    left = await bench.rows("SELECT DISTINCT case_id, clock FROM timers")
    assert len(left) == len(cases) * 3


async def test_a_few_cases_of_one_shard_are_checked_at_a_time(open_service: Open) -> None:
    """Deciding holds up the process and the shard's timers: never many at once, never two shards."""
    bench, cases = Bench(await open_service("sla")), [UUID(int=n) for n in range(1, 33)]  # two of each shard
    cases += [UUID(int=16 * n + 5) for n in range(2, 12)]
    await bench.apply(*(registered(case) for case in cases))
    bench.clock.set(AT + timedelta(minutes=5))
    sweeper, more = bench.sweeper(), True
    turns: list[tuple[int, int]] = []  # how many cases, of how many shards
    while more:
        bench.clock.set(bench.clock.now() + timedelta(microseconds=1))
        more = await sweeper.check_cases()
        found = await bench.rows("SELECT id FROM cases WHERE checked_at = (SELECT max(checked_at) FROM cases)")
        turns.append((len(found), len({shard_of(row["id"]) for row in found})))
    assert sum(size for size, _ in turns) == len(cases)
    assert max(turns) == (4, 1)
    assert {shards for _, shards in turns} == {1}


async def test_what_was_swept_is_cleared_and_what_is_to_come_stays(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    bench.clock.set(AT + timedelta(minutes=40))
    await bench.fire()
    await bench.sweep_all()
    async with bench.engine.connect() as tx:
        left = {row.step for row in await tx.execute(text("SELECT step FROM timers"))}
    assert left == {"due", "hour-over"}  # what is due at the very cursor is kept until the cursor has passed it
    restored = metrics.TIMERS_RESTORED._value.get()
    await bench.sweep_all()  # nobody is called because a timer is gone that was swept
    assert metrics.TIMERS_RESTORED._value.get() == restored
