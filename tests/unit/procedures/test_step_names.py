"""The words of a clock's steps: on which side of the due instant, and which step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.events.deadlines import ClockWarned
from shared.events.occurrences import names_of

DUE = datetime(2025, 9, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("step", "after", "expected"),
    [
        ("half", -60, ("warned:reply", "warned:reply.half")),
        ("hour-over", 60, ("overdue:reply", "overdue:reply.hour-over")),
        ("at-once", 0, ("overdue:reply", "overdue:reply.at-once")),
        ("repeat-2", 3600, ("overdue:reply", "overdue:reply.repeat-2")),
    ],
)
def test_a_step_before_the_due_instant_warns_and_one_after_it_is_overdue(
    step: str, after: int, expected: tuple[str, ...]
) -> None:
    at = DUE + timedelta(seconds=after)
    fired = ClockWarned(clock="reply", cycle=1, due_at=DUE, step=step, step_due_at=at, fired_at=at, late_by=0)
    assert names_of(fired) == expected
