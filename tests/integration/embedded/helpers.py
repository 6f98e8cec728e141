"""What several of these tests do with the servers, by ordinary clients."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from huiyin.embedded.database.postgres import SUPERUSER, socket_folder
from huiyin.embedded.home import Home
from huiyin.embedded.ports import LOOPBACK

TOPIC = "test.one.v1"


def password(home: Home, service: str) -> str:
    return (home.secrets / f"huiyin_{service}.password").read_text().strip()


def query(home: Home, sql: str, *, service: str = "alpha", database: str | None = None) -> list[Any]:
    """Run statements as a service's role, in its own database or another one; returns the rows of the last."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(
            host=str(socket_folder(home)),
            user=f"huiyin_{service}",
            password=password(home, service),
            database=database or f"huiyin_{service}",
        )
        try:
            for statement in sql.split(";")[:-1]:
                await connection.execute(statement)
            return [tuple(row) for row in await connection.fetch(sql.split(";")[-1])]
        finally:
            await connection.close()

    return asyncio.run(ask())


def admin_query(home: Home, sql: str) -> list[Any]:
    """Run SQL as superuser."""

    async def ask() -> list[Any]:
        secret = (home.secrets / "postgres.password").read_text().strip()
        connection = await asyncpg.connect(
            host=str(socket_folder(home)), user=SUPERUSER, password=secret, database="postgres"
        )
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def kafka_address(home: Home) -> str:
    return f"{LOOPBACK}:{json.loads(home.ports_file.read_text())['kafka']}"


def publish(home: Home, value: bytes) -> None:
    """Send one record and wait until the broker has it."""
    producer = KafkaProducer(bootstrap_servers=kafka_address(home))
    try:
        producer.send(TOPIC, value).get(timeout=30)
    finally:
        producer.close()


def records(home: Home) -> int:
    """How many records the topic has."""
    consumer = KafkaConsumer(bootstrap_servers=kafka_address(home))
    try:
        partitions = [TopicPartition(TOPIC, number) for number in range(3)]
        return int(sum(consumer.end_offsets(partitions).values()))
    finally:
        consumer.close()
