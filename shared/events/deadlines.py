"""What the sla service emits, on `huiyin.deadlines.v1`. Instants are UTC; `late_by` is in seconds."""

from __future__ import annotations

from datetime import datetime

from shared.events.base import EventData, event
from shared.events.topics import DEADLINES


class ClockEvent(EventData):
    """What every clock event holds: which clock, which cycle (from 1), and when it is due.

    `due_at` is None while it cannot be known: the clock is paused, or waits for an agreed date.
    """

    clock: str
    cycle: int
    due_at: datetime | None
    provisional: bool = False


class FiredEvent(ClockEvent):
    """A step that came: `step_due_at` is its own instant, `fired_at` when written, `late_by` the difference."""

    step: str
    step_due_at: datetime
    fired_at: datetime
    late_by: float


@event("huiyin.deadline.clock-started.v1", DEADLINES)
class ClockStarted(ClockEvent):
    """A clock runs since `started_at`."""

    started_at: datetime


@event("huiyin.deadline.paused.v1", DEADLINES)
class ClockPaused(ClockEvent):
    """The clock stands since `at`; while it stands its due instant is not known."""

    at: datetime


@event("huiyin.deadline.resumed.v1", DEADLINES)
class ClockResumed(ClockEvent):
    """The clock goes on since `at`."""

    at: datetime


@event("huiyin.deadline.extended.v1", DEADLINES)
class ClockExtended(ClockEvent):
    """The clock was extended."""

    previous_due_at: datetime | None


@event("huiyin.deadline.rescheduled.v1", DEADLINES)
class ClockRescheduled(ClockEvent):
    """The due instant moved for another cause (late facts, a new calendar or procedure)."""

    previous_due_at: datetime | None
    cause: str


@event("huiyin.deadline.warned.v1", DEADLINES)
class ClockWarned(FiredEvent):
    """A warning step before the due instant, or a further step after it."""


@event("huiyin.deadline.breached.v1", DEADLINES)
class ClockBreached(FiredEvent):
    """The due instant passed with the clock running, or the stop came after it."""


@event("huiyin.deadline.breach-retracted.v1", DEADLINES)
class BreachRetracted(ClockEvent):
    """A breach that was announced does not stand: the stop had happened in time, or the target moved (extension)."""

    stopped_at: datetime | None = None


@event("huiyin.deadline.met.v1", DEADLINES)
class ClockMet(ClockEvent):
    """Stopped in time."""

    stopped_at: datetime


@event("huiyin.deadline.stopped-late.v1", DEADLINES)
class ClockStoppedLate(ClockEvent):
    """Stopped after its breach; `late_by` counts from the due instant."""

    stopped_at: datetime
    late_by: float


@event("huiyin.deadline.cancelled.v1", DEADLINES)
class ClockCancelled(ClockEvent):
    """The clock no longer applies."""

    cause: str
