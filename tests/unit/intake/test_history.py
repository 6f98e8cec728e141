"""The history of a case from its timeline, where what is null was left out."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from services.intake.domain.history import history
from services.intake.domain.timeline import entries
from shared.events.deadlines import ClockStarted
from shared.events.envelope import make

AT = datetime(2025, 9, 25, 2, 0, tzinfo=UTC)


def test_a_clock_whose_due_instant_is_not_known_yet_is_part_of_the_history() -> None:
    started = ClockStarted(clock="answer", cycle=1, due_at=None, started_at=AT)
    event = make("sla", uuid4(), ("canteen", 1), started, cause="started", at=AT)
    assert "started:answer" in history(entries(event)).happened
