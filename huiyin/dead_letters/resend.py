"""Puts the values of dead letters on their topics again, exactly as they were, with a plain kafka-python producer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from huiyin.dead_letters.replay import DeadLetter
from shared.errors import InvalidInput, Unavailable
from shared.events.envelope import CONTENT_TYPE, decode

_SEND_SECONDS = 10.0
"""Less than the 15 s after which the database ends a transaction that stands idle."""


async def send_again(kafka: str, found: Sequence[DeadLetter]) -> None:
    """Send to the partition that each came from, in order; returns once all in-sync replicas have them.

    Raises `Unavailable` if the broker does not take them in time; some may have been taken then, which the consumers'
    inboxes make harmless.
    """
    await asyncio.to_thread(_send, kafka, found)


def _send(kafka: str, found: Sequence[DeadLetter]) -> None:
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    try:
        producer = KafkaProducer(
            bootstrap_servers=kafka,
            client_id="huiyin-replay",
            acks="all",
            enable_idempotence=True,
            max_block_ms=int(_SEND_SECONDS * 1000),
            max_request_size=2 * 1024 * 1024,
        )
        try:
            sent = [
                producer.send(
                    one.topic,
                    key=str(one.case_id).encode() if one.case_id else None,
                    value=one.value,
                    partition=one.partition,
                    headers=_headers(one),
                )
                for one in found
            ]
            producer.flush(timeout=_SEND_SECONDS)
            for one in sent:
                one.get(timeout=_SEND_SECONDS)
        finally:
            producer.close(timeout=_SEND_SECONDS)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"the broker at {kafka} does not take the events ({type(error).__name__})") from None


def _headers(one: DeadLetter) -> list[tuple[str, bytes]]:
    """As the relay sets them, and those of a signature; a record that cannot be read goes without the former."""
    signature = [(name, value.encode()) for name, value in (one.headers or {}).items()]
    try:
        event = decode(one.value)
    except InvalidInput:
        return signature
    found = [
        *signature,
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_type", event.type.encode()),
        ("ce_id", str(event.id).encode()),
    ]
    department = getattr(event.data, "department", None)
    if department:
        found.append(("department", str(department).encode()))
    if event.traceparent:
        found.append(("traceparent", event.traceparent.encode()))
    return found
