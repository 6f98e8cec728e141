"""What has happened to a case, read from its timeline."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from services.intake.domain.history import history
from services.intake.domain.timeline import entries
from shared.events import envelope
from shared.events.complaints import ComplaintAdmitted
from shared.events.deadlines import ClockPaused

MONDAY = datetime(2025, 3, 3, 2, tzinfo=UTC)


def test_a_clock_that_is_paused_has_no_due_instant_in_the_history() -> None:
    paused = ClockPaused(clock="filing", cycle=1, due_at=None, at=MONDAY)
    event = envelope.make("sla", UUID(int=1), ("test-desk", 1), paused, cause="c", at=MONDAY)
    decision = ComplaintAdmitted(rule=None, decided_by=None)
    admitted = envelope.make("intake", UUID(int=1), ("test-desk", 1), decision, cause="a", at=MONDAY)
    assert history([*entries(event), *entries(admitted)]).happened == {"admitted"}
