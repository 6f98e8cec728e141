"""The sla service killed twice among 30,000 due timers: every step is emitted once in effect, in its case's order."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from huiyin.bench.timers.environment import BenchEnvironment, open_environment
from huiyin.bench.timers.fixtures import plant
from huiyin.embedded.processes.process import wait_for
from shared.events.envelope import decode
from shared.messaging.database import open_database
from tests.running import wait_while_it_moves

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio]

CASES = 10_000
STEPS = ("half", "due", "day-over")


async def test_steps_are_emitted_once_in_effect_when_the_service_is_killed_twice_among_them() -> None:
    with open_environment(print) as environment:
        engine = open_database(environment.database)
        try:
            with environment.standing_still():
                await plant(
                    engine,
                    "bench",
                    "reply",
                    first=datetime.now(UTC) - timedelta(hours=1),
                    apart=timedelta(milliseconds=1),
                    count=CASES,
                    steps=STEPS,
                )
            for share in (0.1, 0.5):  # among them: some are emitted, most are not
                least = int(share * CASES * len(STEPS))
                assert wait_for(lambda least=least: sum(environment.offsets().values()) >= least, 120, interval_s=0.02)  # type: ignore[misc]
                environment.kill()
            await asyncio.to_thread(
                wait_while_it_moves,
                lambda: asyncio.run(_all_are_emitted(environment.database)),
                environment.offsets,  # not enough to wait for: what was in flight at a kill is there twice
                "some steps are never emitted",
            )
            await _every_step_was_emitted_once(engine)
            _the_broker_has_them_in_order(environment)
        finally:
            await engine.dispose()


async def _all_are_emitted(database: str) -> bool:
    engine = open_database(database)
    try:
        async with engine.connect() as tx:
            emitted = await tx.scalar(text("SELECT count(*) FROM emitted_events"))
            waiting = await tx.scalar(text("SELECT count(*) FROM unpublished"))
            return bool(emitted >= CASES * len(STEPS) and waiting == 0)
    finally:
        await engine.dispose()


async def _every_step_was_emitted_once(engine: AsyncEngine) -> None:
    async with engine.connect() as tx:
        emitted = (
            await tx.execute(text("SELECT case_id, sequence, type FROM emitted_events ORDER BY case_id, sequence"))
        ).all()
        timers = await tx.scalar(text("SELECT count(DISTINCT case_id) FROM clocks WHERE clock = 'reply'"))
        waiting = await tx.scalar(text("SELECT count(*) FROM unpublished"))
    assert (len(emitted), timers, waiting) == (CASES * len(STEPS), CASES, 0)
    assert Counter(row.sequence for row in emitted) == {1: CASES, 2: CASES, 3: CASES}
    breaches = [row.sequence for row in emitted if row.type == "huiyin.deadline.breached.v1"]
    assert breaches == [2] * CASES


def _the_broker_has_them_in_order(environment: BenchEnvironment) -> None:
    """A record may come twice, with the same id; what a case's subscriber takes first of each is in order."""
    sequences: dict[UUID, list[int]] = {}
    ids: set[UUID] = set()
    for value in environment.records():
        event = decode(value)
        if event.id not in ids:
            ids.add(event.id)
            sequences.setdefault(event.subject, []).append(event.sequence)
    assert len(ids) == CASES * len(STEPS)
    assert all(numbers == [1, 2, 3] for numbers in sequences.values())
