"""What the database says of a step is what a decision would have said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.sla.domain.decide import decide
from services.sla.store import cases
from shared.business_time.loader import load_calendars
from shared.events.assignments import MilestoneReached
from shared.events.envelope import decode, encode, make
from shared.messaging.housekeeping import sweep
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, RULES, Bench, registered, resolved

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("microseconds", [0, 7, 120_000, 999_999])
async def test_a_step_that_a_timer_says_is_the_step_that_a_decision_says(open_service: Open, microseconds: int) -> None:
    """Warning, breach and a step after it; on whole seconds and with every digit of a fraction."""
    bench, case = Bench(await open_service("sla")), uuid4()
    start = AT + timedelta(microseconds=microseconds)
    event = registered(case)
    await bench.apply(replace(event, data=event.data.model_copy(update={"received_at": start})))
    async with bench.engine.connect() as tx:
        by_hand = (await cases.load(tx, [case]))[case]
    expected = []
    for minutes in (20, 30, 90):
        now = start + timedelta(minutes=minutes, seconds=3)
        bench.clock.set(now)
        assert await bench.fire() == 1
        decision = decide(by_hand, RULES, load_calendars(), now)
        by_hand = decision.case
        expected += [
            make("sla", case, RULES.key, emitted.data, cause=emitted.cause, at=now) for emitted in decision.emitted
        ]
    emitted = (await bench.emitted())[1:]
    assert [one.numbered(0) for one in emitted] == expected
    assert [one.sequence for one in emitted] == [2, 3, 4]
    async with bench.engine.connect() as tx:
        rows = (await tx.execute(text("SELECT * FROM emitted_events ORDER BY id, place"))).all()[1:]
    for row, one in zip(rows, emitted, strict=True):
        assert (row.event_id, row.case_id, row.sequence, row.topic, row.type, row.emitted_at) == (
            one.id, case, one.sequence, one.data.topic_.name, one.type, one.time,
        )  # fmt: skip
        assert decode(encode(one)) == decode(row.value)


async def test_numbers_have_no_gap_whoever_says_it_and_whatever_housekeeping_removed(open_service: Open) -> None:
    """Emission by a decision, by timers, by a timer after the outbox has been emptied, and by a decision again."""
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    for minutes in (20, 30):
        bench.clock.set(AT + timedelta(minutes=minutes))
        assert await bench.fire() == 1
    assert [one.sequence for one in await bench.emitted()] == [1, 2, 3]
    later = AT + timedelta(days=31)
    assert await sweep(bench.engine, later) == (0, 0)  # nothing goes that was not published
    async with bench.engine.begin() as tx:
        await tx.execute(text("TRUNCATE unpublished"))
    assert await sweep(bench.engine, later) == (3, 0)
    bench.clock.set(AT + timedelta(minutes=90))
    assert await bench.fire() == 1
    await bench.apply(resolved(case, AT + timedelta(minutes=91)))
    assert [(one.sequence, one.type.split(".")[2]) for one in await bench.emitted()] == [
        (4, "warned"),
        (5, "stopped-late"),
    ]


async def test_a_cursor_that_is_set_back_says_the_same_events_with_the_same_numbers(open_service: Open) -> None:
    """As after a part of the database was put back from a copy: whoever takes them leaves them out by their ids."""
    bench, case, other = Bench(await open_service("sla")), uuid4(), uuid4()
    await bench.apply(registered(case), registered(other))
    bench.clock.set(AT + timedelta(minutes=20))
    timers = bench.timers()
    assert await bench.fire(timers) == 2
    async with bench.engine.begin() as tx:
        await tx.execute(text("UPDATE shards SET cursor_at = :at"), {"at": AT})
    bench.clock.set(AT + timedelta(minutes=30))
    await bench.fire(timers)
    assert len(await bench.emitted()) == 8  # ten-left twice of each case
    emitted = {(one.subject, one.sequence, getattr(one.data, "step", ""), one.id) for one in await bench.emitted()}
    assert sorted((number, step) for _, number, step, _ in emitted) == [
        (number, step) for number, step in ((1, ""), (2, "ten-left"), (3, "due")) for _ in (case, other)
    ]


async def test_numbers_follow_what_timers_said_in_pages_of_their_own(open_service: Open) -> None:
    """Two pages, then decisions: those that say nothing count what timers said, and count it once."""
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case))
    for minutes in (20, 30):
        bench.clock.set(AT + timedelta(minutes=minutes))
        assert await bench.fire() == 1
    for minutes in (31, 32):
        data = MilestoneReached(milestone="visited", at=AT + timedelta(minutes=minutes), by="office")
        await bench.apply(make("routing", case, RULES.key, data, cause=str(minutes), at=data.at))
    await bench.apply(resolved(case, AT + timedelta(minutes=41)))
    assert [one.sequence for one in await bench.emitted()] == [1, 2, 3, 4]
    assert await bench.rows("SELECT last FROM sequences") == [{"last": 4}]
