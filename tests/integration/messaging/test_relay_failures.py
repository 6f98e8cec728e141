"""The relay with a broker that fails as it likes: some batches are lost, and some are kept but not acknowledged.

The broker is played, so that it fails hundreds of times in a second; the database is real.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import KafkaError
from sqlalchemy import text

from shared.events.envelope import decode
from shared.messaging.outbox import Outbox, relay
from shared.observability import metrics
from shared.retry import RetryPolicy
from tests.integration.conftest import Open
from tests.integration.messaging.emitting import all_sent, cases, emit, event, first_times, relaying, until, waiting

pytestmark = pytest.mark.asyncio


class Batch:
    """A few records on their way."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(self, *, key: bytes, value: bytes, timestamp: None, headers: object) -> bool | None:
        if len(self.values) == 4:
            return None
        self.values.append(value)
        return True


class PlayedBroker:
    """Takes batches, and fails with the chance it is told: half of the failed batches are kept all the same."""

    def __init__(self, seed: int, chance: float) -> None:
        self.random = random.Random(seed)  # noqa: S311  (a played broker)
        self.chance = chance
        self.failures = 0
        self.kept: dict[tuple[str, int], list[bytes]] = {}
        self.flying: set[tuple[str, int]] = set()
        self.refused: set[UUID] = set()

    def records(self) -> list[tuple[UUID, int]]:
        events = [decode(value) for values in self.kept.values() for value in values]
        return [(one.subject, one.sequence) for one in events]

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def stop(self) -> None:
        await asyncio.sleep(0)

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        assert (topic, partition) not in self.flying, "a second batch to the same partition"
        self.flying.add((topic, partition))
        return asyncio.ensure_future(self._fly(batch, (topic, partition)))

    async def _fly(self, batch: Batch, place: tuple[str, int]) -> None:
        for _ in range(self.random.randrange(4)):
            await asyncio.sleep(0)
        self.flying.discard(place)
        refused = self.refused & {decode(value).subject for value in batch.values}
        fails = bool(refused) or self.random.random() < self.chance
        if not fails or (not refused and self.random.random() < 0.5):
            self.kept.setdefault(place, []).extend(batch.values)
        if fails:
            self.failures += 1
            raise KafkaError


def played(monkeypatch: pytest.MonkeyPatch, seed: int, chance: float) -> PlayedBroker:
    """In the place of Kafka."""
    broker = PlayedBroker(seed, chance)
    monkeypatch.setattr(relay, "make_producer", lambda kafka, service: broker)
    monkeypatch.setattr(relay, "RELAY", RetryPolicy((0.0,), forever=True))
    return broker


@pytest.mark.parametrize("seed", range(6))
async def test_failures_cost_neither_an_event_nor_the_order(
    seed: int, open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, broker, subjects = await open_service("intake"), played(monkeypatch, seed, 0.15), cases(9, f"fail {seed}")

    async def write(writer: int, here: Outbox) -> None:
        for step in range(12):
            await emit(here, [event(case, 1_000 * writer + 10 * step + n) for n in range(2) for case in subjects])

    async with relaying(engine, "nowhere") as here:
        await asyncio.gather(*(write(writer, here) for writer in range(3)))
        await all_sent(engine)
    assert broker.failures > 3
    assert first_times(broker.records()) == {case: list(range(1, 73)) for case in subjects}


async def test_what_was_acknowledged_beside_a_failure_is_not_sent_again(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, broker, subjects = await open_service("intake"), played(monkeypatch, 1, 0.0), cases(30, "beside")
    broker.refused = {subjects[0]}
    await emit(engine, [event(case, 1) for case in subjects])
    async with relaying(engine, "nowhere"):

        async def only_one_partition_waits() -> bool:
            return broker.failures > 5 and await waiting(engine) < len(subjects)

        await until(only_one_partition_waits)
        left = await waiting(engine)
        assert 0 < left < len(subjects)
        assert len(broker.records()) == len(subjects) - left
        broker.refused = set()
        await all_sent(engine)
    assert sorted(broker.records()) == sorted((case, 1) for case in subjects)


async def test_what_waits_while_the_broker_is_away_can_be_seen(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, broker, subjects = await open_service("intake"), played(monkeypatch, 1, 1.0), cases(3, "seen")
    depth = metrics.OUTBOX_DEPTH.labels(service="intake")
    oldest = metrics.OUTBOX_OLDEST_SECONDS.labels(service="intake")
    await emit(engine, [event(case, number) for case in subjects for number in range(100)])
    async with engine.begin() as tx:
        await tx.execute(text("UPDATE outbox SET emitted_at = emitted_at - interval '90 seconds' WHERE id = 1"))
    async with relaying(engine, "nowhere"):

        async def is_seen() -> bool:
            return (_value(depth), _value(oldest)) == (300, 90)

        await until(is_seen)
        broker.chance = 0.0
        await all_sent(engine)

        async def is_seen_to_be_over() -> bool:
            return (_value(depth), _value(oldest)) == (0, 0)

        await until(is_seen_to_be_over)


def _value(gauge: Any) -> float:
    return float(gauge._value.get())
