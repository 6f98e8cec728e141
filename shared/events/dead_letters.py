"""What every service emits of a record that it could not process, on `huiyin.dead-letters.v1`; never its payload."""

from __future__ import annotations

from shared.events.base import EventData, event
from shared.events.topics import DEAD_LETTERS


@event("huiyin.dead-letter.recorded.v1", DEAD_LETTERS)
class DeadLetterRecorded(EventData):
    """A record of this place could not be processed by this consumer; `reason` is a code."""

    consumer: str
    topic: str
    partition: int
    offset: int
    reason: str
    field: str | None = None
