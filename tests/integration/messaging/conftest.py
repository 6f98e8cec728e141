"""A real broker for the relay's tests: one of their own, because they stop it and kill it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from huiyin.embedded.broker import kafka
from huiyin.embedded.broker.java import find_java
from huiyin.embedded.broker.topics import make_topics
from huiyin.embedded.environment import read_environment
from huiyin.embedded.home import Home
from huiyin.embedded.ports import LOOPBACK, free_port
from huiyin.embedded.processes.process import Command, end_group, forget, spawn, wait_ended, wait_for
from huiyin.embedded.servers import find_jars
from shared.events.topics import TOPICS


@dataclass
class Broker:
    """An embedded Kafka with all topics."""

    home: Home
    address: str
    command: Command
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = spawn("kafka", self.command, log=self.home.log("kafka"), records=self.home.run)
        assert wait_for(lambda: kafka.answers(self.address), 60.0)

    def end(self, number: signal.Signals) -> None:
        if self.process is not None:
            end_group(self.process.pid, number)
            wait_ended(self.process, 30.0)
            forget("kafka", self.home.run)
            self.process = None

    def ends(self) -> dict[TopicPartition, int]:
        """How far each partition goes now."""
        consumer = self._consumer()
        try:
            return dict(consumer.end_offsets(_places()))
        finally:
            consumer.close(autocommit=False)

    def records(self, since: dict[TopicPartition, int]) -> list[Any]:
        """What has come since, in the order of each partition."""
        consumer = self._consumer()
        found: list[Any] = []
        try:
            consumer.assign(_places())
            ends = consumer.end_offsets(_places())
            for place in _places():
                consumer.seek(place, since[place])
            while any(consumer.position(place) < ends[place] for place in _places()):
                for records in consumer.poll(timeout_ms=500, max_records=5_000).values():
                    found += records
        finally:
            consumer.close(autocommit=False)
        return found

    def _consumer(self) -> Any:
        return KafkaConsumer(bootstrap_servers=self.address, group_id=None, enable_auto_commit=False)


def _places() -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]


@pytest.fixture(scope="package")
def broker_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker, whatever this machine's environment names."""
    home = Home(tmp_path_factory.mktemp("broker"))
    home.create()
    environment = read_environment({**os.environ, "HUIYIN_KAFKA": "", "HUIYIN_POSTGRES": ""}, ())
    port = free_port()
    command = kafka.prepare(
        home,
        java=find_java(environment.java_home),
        jars=find_jars(environment, lambda _: None),
        port=port,
        controller_port=free_port([port]),
    )
    broker = Broker(home, f"{LOOPBACK}:{port}", command)
    try:
        broker.start()
        make_topics(broker.address, TOPICS)
        yield broker
    finally:
        broker.end(signal.SIGTERM)


@pytest.fixture
def broker(broker_process: Broker) -> Broker:
    """The broker, running."""
    if broker_process.process is None:
        broker_process.start()
    return broker_process
