"""What is written with an event: its number, its row, its page; what is kept, what is sent again, what goes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging import outbox
from shared.messaging.housekeeping import sweep
from shared.messaging.rows import Row
from tests.integration.conftest import Open
from tests.integration.messaging.saying import AT, cases, event, say, unpublished

TOPIC = "huiyin.complaints.v1"
pytestmark = pytest.mark.asyncio


def row(case: UUID, number: int) -> Row:
    """A row with a value of its own."""
    value = f"{case} {number}".encode()
    return (uuid4(), case, number, TOPIC, "huiyin.complaint.admitted.v1", "water", None, value, AT)


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
    rows = [row(case, number) for number in range(count)]
    async with engine.begin() as tx:
        await outbox.append_rows(tx, rows)
    found = await pages(engine)
    assert max(map(len, found)) <= outbox.PAGE_IDS
    assert len(found) == -(-count // outbox.PAGE_IDS)
    flat = [id_ for page in found for id_ in page]
    assert flat == sorted(flat)
    async with engine.connect() as connection:
        values = await connection.execute(
            text("SELECT value FROM outbox WHERE id = ANY(:ids) ORDER BY id"), {"ids": flat}
        )
        assert [one.value for one in values] == [one[7] for one in rows]


async def test_an_event_id_that_is_there_is_refused(open_service: Open) -> None:
    engine, one = await open_service("intake"), row(uuid4(), 1)
    async with engine.begin() as tx:
        await outbox.append_rows(tx, [one])
    with pytest.raises(IntegrityError):
        async with engine.begin() as tx:
            await outbox.append_rows(tx, [row(uuid4(), 1), one])
    assert await pages(engine) == [[1]]


async def test_numbers_that_are_taken_follow_one_another_without_a_gap(open_service: Open) -> None:
    engine, one, other = await open_service("intake"), uuid4(), uuid4()
    async with engine.begin() as tx:
        assert await outbox.take_numbers(tx, {}) == {}
        assert await outbox.take_numbers(tx, {(one, TOPIC): 3, (other, TOPIC): 1}) == {
            (one, TOPIC): 1,
            (other, TOPIC): 1,
        }
    async with engine.begin() as tx:
        assert await outbox.take_numbers(tx, {(one, TOPIC): 2, (one, "other"): 1}) == {
            (one, TOPIC): 4,
            (one, "other"): 1,
        }
    written = await say(engine, [event(one, 1)])
    assert [each.sequence for each in written] == [6]


async def test_numbers_taken_by_many_at_once_are_all_different(open_service: Open) -> None:
    engine, subjects = await open_service("intake"), cases(5, "numbers")
    taken: list[tuple[UUID, int]] = []

    async def take(turn: int) -> None:
        places = [(case, TOPIC) for case in (subjects if turn % 2 else reversed(subjects))]
        async with engine.begin() as tx:
            first = await outbox.take_numbers(tx, dict.fromkeys(places, 2))
        taken.extend((case, number + more) for (case, _), number in first.items() for more in range(2))

    await asyncio.gather(*(take(turn) for turn in range(20)))
    assert sorted(taken) == sorted((case, number) for case in subjects for number in range(1, 41))


async def test_what_is_published_again_is_in_line_with_what_waits(open_service: Open) -> None:
    engine, (one, other) = await open_service("intake"), cases(2, "again")
    await say(engine, [event(case, number) for number in range(3) for case in (one, other)])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished"))
    await say(engine, [event(case, 3) for case in (one, other)])
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
    await say(engine, [event(case, 1)])
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
        await say(engine, [event(case, 1), event(case, 2)])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished WHERE page = 2"))
        await tx.execute(text("UPDATE unpublished SET ids = '{6}' WHERE page = 3"))
    assert await sweep(engine, AT + timedelta(days=29)) == (0, 0)
    assert await sweep(engine, AT + timedelta(days=31)) == (3, 0)
    assert await pages(engine) == [[1, 2], [6]]
    async with engine.connect() as connection:
        left = (await connection.execute(text("SELECT id FROM outbox ORDER BY id"))).scalars().all()
    assert left == [1, 2, 6]
