"""A record as it came from Kafka."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it lay, and its bytes."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
