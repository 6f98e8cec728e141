"""Events that were emitted many in a row: sent in their place, kept, published again and swept like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.envelope import Event, decode, encode
from shared.messaging import outbox
from shared.messaging.housekeeping import sweep
from shared.messaging.outbox import Outbox, bundles
from shared.messaging.outbox.rows import Bundle
from tests.integration.conftest import Open
from tests.integration.messaging.conftest import Broker
from tests.integration.messaging.emitting import (
    AT,
    all_sent,
    begin,
    cases,
    emit,
    event,
    first_times,
    relaying,
    unpublished,
    until,
    waiting,
)
from tests.integration.messaging.test_relay_failures import played

pytestmark = pytest.mark.asyncio
TOPIC = "huiyin.complaints.v1"

_WRITE = text(
    """
    WITH written AS (
        INSERT INTO bundles (topic, emitted_at, event_ids, case_ids, sequences, types, records)
        VALUES (:topic, :at, :event_ids, :case_ids, :sequences, :types, :records) RETURNING id),
    page AS (
        INSERT INTO unpublished (ids, bundle)
        SELECT ARRAY(SELECT generate_series(1, cardinality(CAST(:sequences AS int[])))), id FROM written)
    SELECT id FROM written
    """
)
_NUMBERS = text(
    """
    INSERT INTO sequences (case_id, topic, last) VALUES (:case, :topic, 1)
    ON CONFLICT (case_id, topic) DO UPDATE SET last = sequences.last + 1 RETURNING last
    """
)


async def emit_bundled(on: AsyncEngine | Outbox, events: Sequence[Event]) -> list[Event]:
    """Say events in one bundle, and leave it in memory if the relay is here."""
    async with begin(on) as tx:
        numbered = []
        for one in events:
            number = await tx.scalar(_NUMBERS, {"case": one.subject, "topic": TOPIC})
            numbered.append(one.numbered(int(number or 0)))
        columns: dict[str, Any] = {
            "event_ids": [one.id for one in numbered],
            "case_ids": [one.subject for one in numbered],
            "types": [one.type for one in numbered],
            "records": [encode(one) for one in numbered],
        }
        given = {"topic": TOPIC, "at": AT, "sequences": [one.sequence for one in numbered], **columns}
        id_ = await tx.scalar(_WRITE, given)
        bundles.appended(tx, Bundle(int(id_ or 0), TOPIC, **columns))
    return numbered


async def alternate(on: AsyncEngine | Outbox, subjects: Sequence[UUID]) -> list[Event]:
    """Ten numbers of each case, by turns in rows and in bundles."""
    emitted: list[Event] = []
    for turn in range(5):
        way = emit if turn % 2 == 0 else emit_bundled
        emitted += await way(on, [event(case, 2 * turn + n) for n in range(2) for case in subjects])
    return emitted


async def line_up(tx: AsyncConnection) -> list[tuple[UUID, int]]:
    """Case and number of what waits, in the order in which it will be sent."""
    rows = await tx.execute(
        text(
            """
            SELECT s.case_id, s.sequence FROM unpublished u CROSS JOIN unnest(u.ids) WITH ORDINALITY AS w (id, nth)
            JOIN emitted_events s
                ON (s.id, s.place) = (coalesce(u.bundle, w.id), CASE WHEN u.bundle IS NULL THEN 0 ELSE w.id END)
            ORDER BY u.page, w.nth
            """
        )
    )
    return [(row.case_id, row.sequence) for row in rows]


@pytest.mark.parametrize("in_memory", [True, False])
async def test_bundles_are_sent_in_their_place(in_memory: bool, open_service: Open, broker: Broker) -> None:
    engine, before, subjects = await open_service("intake"), broker.ends(), cases(7, f"bundles {in_memory}")
    if in_memory:
        async with relaying(engine, broker.address) as here:
            await emit(here, [event(uuid4(), 1)])
            await all_sent(engine)
            emitted = await alternate(here, subjects)
            await all_sent(engine)
    else:
        emitted = await alternate(engine, subjects)
        async with relaying(engine, broker.address):
            await all_sent(engine)
    found = {decode(record.value).id: record for record in broker.records(before)}
    for one in emitted:
        record = found[one.id]
        assert (record.topic, record.key, record.value) == (TOPIC, str(one.subject).encode(), encode(one))
        assert dict(record.headers)["ce_id"] == str(one.id).encode()
        assert dict(record.headers)["ce_type"] == one.type.encode()
    sent = [(one.subject, one.sequence) for one in (decode(record.value) for record in broker.records(before))]
    assert {case: first_times(sent)[case] for case in subjects} == {case: list(range(1, 11)) for case in subjects}


@pytest.mark.parametrize("seed", range(4))
async def test_failures_in_the_middle_of_bundles_cost_nothing(
    seed: int, open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, broker, subjects = await open_service("intake"), played(monkeypatch, seed, 0.3), cases(9, f"cost {seed}")
    async with relaying(engine, "nowhere") as here:
        await alternate(here, subjects)
        await all_sent(engine)
    assert broker.failures > 3
    assert first_times(broker.records()) == {case: list(range(1, 11)) for case in subjects}


async def test_what_was_acknowledged_of_a_bundle_is_not_sent_again(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, broker, subjects = await open_service("intake"), played(monkeypatch, 1, 0.0), cases(30, "part")
    broker.refused = {subjects[0]}
    await emit_bundled(engine, [event(case, 1) for case in subjects])
    async with relaying(engine, "nowhere"):

        async def only_one_partition_waits() -> bool:
            return broker.failures > 5 and await waiting(engine) < len(subjects)

        await until(only_one_partition_waits)
        left = await waiting(engine)
        assert len(broker.records()) == len(subjects) - left
        broker.refused = set()
        await all_sent(engine)
    assert sorted(broker.records()) == sorted((case, 1) for case in subjects)


async def test_published_again_rows_and_bundles_are_in_line(open_service: Open) -> None:
    engine, (one, other) = await open_service("intake"), cases(2, "line")
    await alternate(engine, [one, other])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished"))
    await emit_bundled(engine, [event(case, 100) for case in (one, other)])
    async with engine.begin() as tx:
        assert await outbox.republish(tx, since=AT, case_id=one) == 11
        assert await line_up(tx) == [(one, number) for number in range(1, 12)] + [(other, 11)]
        assert await outbox.republish(tx, since=AT) == 22
        lined = await line_up(tx)
        assert sorted(lined) == sorted((case, number) for case in (one, other) for number in range(1, 12))
        assert first_times(lined) == {case: list(range(1, 12)) for case in (one, other)}
        assert await outbox.republish(tx, since=AT + timedelta(microseconds=1)) == 0
        assert await line_up(tx) == lined


async def test_a_bundle_that_waits_is_never_swept_away(open_service: Open) -> None:
    engine, subjects = await open_service("intake"), cases(3, "kept")
    for number in (1, 2):
        await emit_bundled(engine, [event(case, number) for case in subjects])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished WHERE bundle = (SELECT min(id) FROM bundles)"))
    assert await sweep(engine, AT + timedelta(days=29)) == (0, 0)
    assert await sweep(engine, AT + timedelta(days=31)) == (3, 0)
    async with engine.connect() as connection:
        assert await unpublished(connection) == 3
        assert {number for _, number in await line_up(connection)} == {2}
    assert [one.sequence for one in await emit(engine, [event(case, 3) for case in subjects])] == [3, 3, 3]


async def test_what_was_said_of_a_case_in_bundles_is_found_and_numbers_follow_it(open_service: Open) -> None:
    engine, (one, other) = await open_service("intake"), cases(2, "found")
    emitted = await emit_bundled(engine, [event(one, 1), event(other, 1), event(one, 2)])
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM sequences"))
        assert await bundles.known(tx, TOPIC, [one], AT) == {emitted[0].id, emitted[2].id}
        assert await bundles.known(tx, TOPIC, [one], AT + timedelta(seconds=1)) == set()
        assert await bundles.known(tx, "other", [other], AT) == set()
    assert [each.sequence for each in await emit(engine, [event(one, 3), event(other, 9)])] == [3, 1]
