"""What is written with an event: its number, its row, its page; what is kept, what is sent again, what goes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events.envelope import encode
from shared.messaging import outbox
from shared.messaging.housekeeping import sweep
from tests.integration.conftest import Open
from tests.integration.messaging.emitting import AT, cases, emit, event, unpublished

pytestmark = pytest.mark.asyncio


async def pages(engine: AsyncEngine) -> list[list[int]]:
    """The ids that wait, by page."""
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT ids FROM unpublished ORDER BY page"))
        return [list(one.ids) for one in rows]


async def order(engine: AsyncEngine, ids: list[int]) -> list[tuple[UUID, int]]:
    """Case and number of outbox rows."""
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT id, case_id, sequence FROM outbox"))
        found = {one.id: (one.case_id, one.sequence) for one in rows}
    return [found[id_] for id_ in ids]


@pytest.mark.parametrize("count", [1, outbox.PAGE_IDS, 5 * outbox.PAGE_IDS + 1])
async def test_rows_get_their_ids_in_their_order_on_pages_of_limited_size(count: int, open_service: Open) -> None:
    engine, case = await open_service("intake"), uuid4()
    emitted = await emit(engine, [event(case, number) for number in range(count)])
    found = await pages(engine)
    assert max(map(len, found)) <= outbox.PAGE_IDS
    assert len(found) == -(-count // outbox.PAGE_IDS)
    flat = [id_ for page in found for id_ in page]
    assert flat == sorted(flat)
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT event_id, value FROM outbox WHERE id = ANY(:ids) ORDER BY id"), {"ids": flat}
        )
        assert [(one.event_id, one.value) for one in rows] == [(one.id, encode(one)) for one in emitted]


async def test_an_event_id_that_is_there_is_left_out(open_service: Open) -> None:
    engine, case = await open_service("intake"), uuid4()
    await emit(engine, [event(case, 1)])
    assert [one.sequence for one in await emit(engine, [event(case, 1), event(case, 2), event(case, 2)])] == [2]
    assert await pages(engine) == [[1], [2]]


async def test_numbers_taken_by_many_at_once_are_all_different_and_have_no_gap(open_service: Open) -> None:
    engine, subjects = await open_service("intake"), cases(5, "numbers")

    async def take(turn: int) -> None:
        await emit(engine, [event(case, 2 * turn + n) for case in subjects for n in range(2)])

    await asyncio.gather(*(take(turn) for turn in range(20)))
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT case_id, sequence FROM outbox"))).all()
    assert sorted(map(tuple, rows)) == sorted((case, number) for case in subjects for number in range(1, 41))


async def test_what_is_published_again_is_in_line_with_what_waits(open_service: Open) -> None:
    engine, (one, other) = await open_service("intake"), cases(2, "again")
    await emit(engine, [event(case, number) for number in range(3) for case in (one, other)])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished"))
    await emit(engine, [event(case, 3) for case in (one, other)])
    async with engine.begin() as tx:
        assert await outbox.republish(tx, since=AT, case_id=one) == 4
    found = await order(engine, [id_ for page in await pages(engine) for id_ in page])
    assert [number for case, number in found if case == one] == [1, 2, 3, 4]
    assert [number for case, number in found if case == other] == [4]
    async with engine.begin() as tx:
        assert await outbox.republish(tx, since=AT) == 8
        assert await unpublished(tx) == 8
        assert await outbox.republish(tx, since=AT + timedelta(microseconds=1)) == 0
        assert await unpublished(tx) == 8


async def test_publishing_again_waits_for_what_is_being_said(open_service: Open) -> None:
    engine, case = await open_service("intake"), uuid4()
    await emit(engine, [event(case, 1)])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished"))

    async def again() -> int:
        async with engine.begin() as tx:
            return await outbox.republish(tx, since=AT)

    async with engine.begin() as tx:
        await outbox.append(tx, [event(case, 2)])
        waiting = asyncio.create_task(again())
        async with engine.connect() as other, asyncio.timeout(10):
            while not await other.scalar(text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")):
                await asyncio.sleep(0.02)
    assert await waiting == 2
    assert await order(engine, [id_ for page in await pages(engine) for id_ in page]) == [(case, 1), (case, 2)]


async def test_what_is_not_published_is_never_swept_away(open_service: Open) -> None:
    engine, subjects = await open_service("intake"), cases(3, "swept")
    for case in subjects:
        await emit(engine, [event(case, 1), event(case, 2)])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished WHERE page = 2"))
        await tx.execute(text("UPDATE unpublished SET ids = '{6}' WHERE page = 3"))
    assert await sweep(engine, AT + timedelta(days=29)) == (0, 0)
    assert await sweep(engine, AT + timedelta(days=31)) == (3, 0)
    assert await pages(engine) == [[1, 2], [6]]
    async with engine.connect() as connection:
        left = (await connection.execute(text("SELECT id FROM outbox ORDER BY id"))).scalars().all()
    assert left == [1, 2, 6]
