"""How each invented department behaves: a function of a seed and the case, the same in every run (pure)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Manner(StrEnum):
    """How a case is handled: 75 % in time, 15 % late, 5 % extended first where the rules allow it, 5 % never."""

    IN_TIME = "in-time"
    LATE = "late"
    EXTENDED = "extended"
    NEVER = "never"


_SHARES = ((0.75, Manner.IN_TIME), (0.90, Manner.LATE), (0.95, Manner.EXTENDED), (1.0, Manner.NEVER))

SHORTEST_LATENESS = timedelta(minutes=6)
LONGEST_LATENESS = timedelta(days=3)


def chance(seed: str, case_id: UUID, purpose: str) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.sha256(f"{seed}|{case_id}|{purpose}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


def manner_of(seed: str, case_id: UUID) -> Manner:
    """How this case is handled."""
    drawn = chance(seed, case_id, "manner")
    return next(manner for below, manner in _SHARES if drawn < below)


def reports_by_topic(seed: str, case_id: UUID) -> bool:
    """Whether the case's department reports from a system of its own, over Kafka; else over HTTP."""
    return chance(seed, case_id, "way") < 0.5


def in_time(started_at: datetime, due_at: datetime, drawn: float) -> datetime:
    """An instant in the first half of a clock's time."""
    return started_at + (due_at - started_at) * (0.10 + 0.40 * drawn)


def late(started_at: datetime, due_at: datetime, drawn: float) -> datetime:
    """An instant after the due one: by up to a half of the clock's time, within reason."""
    lateness = (due_at - started_at) * (0.15 + 0.35 * drawn)
    return due_at + min(max(lateness, SHORTEST_LATENESS), LONGEST_LATENESS)
