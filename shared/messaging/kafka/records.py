"""A record as it came from Kafka."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it lay, its bytes and headers, and when the broker took it.

    `appended_at` is None where the topic keeps the sender's time instead.
    """

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Iterable[tuple[str, bytes]] | None = None
    appended_at: datetime | None = None
