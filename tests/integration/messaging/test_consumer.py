"""The consumer on a real broker: in order, and no more at a time than allowed."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from kafka import KafkaProducer

from shared.events.topics import COMPLAINTS
from shared.messaging.kafka.consumer import TopicConsumer
from shared.messaging.kafka.records import Record
from tests.integration.messaging.conftest import Broker

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


def send(broker: Broker, numbers: range) -> None:
    """Records with these numbers to one partition."""
    producer = KafkaProducer(bootstrap_servers=broker.address)
    for number in numbers:
        producer.send(COMPLAINTS.name, b"record %d" % number, partition=0)
    producer.close()


async def taken(broker: Broker, *, until: bytes) -> list[list[bytes]]:
    """What a consumer takes, batch by batch, until it has had that one."""
    batches: list[list[bytes]] = []
    through = asyncio.Event()

    async def process(records: Sequence[Record]) -> None:
        batches.append([one.value or b"" for one in records])
        if until in batches[-1]:
            through.set()

    consumer = TopicConsumer("huiyin-consumer-test", broker.address, [COMPLAINTS], process, service="test", batch=3)
    await consumer.start()
    try:
        async with asyncio.timeout(90):
            await through.wait()
    finally:
        await consumer.stop()
    return batches


async def test_a_batch_has_no_more_than_allowed_and_order_is_kept(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    send(broker, range(20))
    batches = await taken(broker, until=b"record 19")
    ours = [value for batch in batches for value in batch if value.startswith(b"record ")]
    assert ours == [b"record %d" % number for number in range(20)]
    assert max(map(len, batches)) == 3
    assert list(tmp_path.iterdir()) == []  # nothing of Faust's stays behind
