"""Transactions of the outbox: the relay is woken by a commit that appended, and by nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from shared.messaging import outbox
from shared.messaging.outbox import Outbox, bundles
from shared.messaging.outbox.cache import OutboxCache
from tests.integration.conftest import Open
from tests.integration.messaging.emitting import cases, event

pytestmark = pytest.mark.asyncio


class Broken(Exception):
    """A fault of the test."""


async def test_the_relay_is_woken_once_the_transaction_is_committed(open_service: Open) -> None:
    out, (case,) = Outbox(await open_service("intake")), cases(1, "woken")
    async with out.transaction() as tx:
        await outbox.append(tx, [event(case, 1)])
        assert not out.committed.is_set()
    assert out.committed.is_set()


async def test_a_transaction_that_appends_nothing_wakes_nobody(open_service: Open) -> None:
    out, (case,) = Outbox(await open_service("intake")), cases(1, "nobody")
    async with out.transaction() as tx:
        await outbox.append(tx, [event(case, 1)])
    out.committed.clear()
    async with out.transaction() as tx:
        await outbox.append(tx, [])
        await outbox.append(tx, [event(case, 1)])  # is there
    assert not out.committed.is_set()


async def test_a_transaction_that_is_rolled_back_wakes_nobody(open_service: Open) -> None:
    engine, (case,) = await open_service("intake"), cases(1, "back")
    out = Outbox(engine)
    with pytest.raises(Broken):  # noqa: PT012  (the block is the transaction)
        async with out.transaction() as tx:
            await outbox.append(tx, [event(case, 1)])
            raise Broken
    assert not out.committed.is_set()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM outbox")) == 0


async def test_a_statement_that_commits_itself_wakes_the_relay_at_once(open_service: Open) -> None:
    out = Outbox(await open_service("intake"))
    async with out.autocommit() as connection:
        bundles.appended(connection, None)
        assert out.committed.is_set()


async def test_only_the_outbox_of_a_relay_at_work_is_cached(open_service: Open) -> None:
    engine, cache, subjects = await open_service("intake"), OutboxCache(), cases(3, "cached")
    here, there = Outbox(engine), Outbox(engine)
    with here.cached_in(cache):
        for out in (here, there):
            async with out.transaction() as tx:
                assert bundles.are_cached(tx) is (out is here)
                await outbox.append(tx, [event(case, 1 if out is here else 2) for case in subjects])
        assert len(cache) == len(subjects)
    async with here.transaction() as tx:
        assert not bundles.are_cached(tx)
