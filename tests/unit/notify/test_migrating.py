"""Notify follows a case's pin: from its registration, or from the latest of its migrations, in any order."""

from __future__ import annotations

import itertools
from uuid import UUID

from services.notify.domain.case import fold, opened
from shared.events.complaints import ProcedureMigrated
from tests.unit.notify.samples import Story


def moved(to: int) -> ProcedureMigrated:
    return ProcedureMigrated(from_version=1, to_version=to, mode="restart", migration=UUID(int=to), by="office")


def test_the_latest_migration_holds_whatever_was_said_under_the_old_version_since() -> None:
    story = Story()
    events = [
        story.registered(),
        story.later(minutes=1).emit(moved(2)),
        story.later(minutes=1).emit(moved(3)),
        story.later(minutes=1).assigned("water"),  # said under version 1: routing had not heard of it yet
    ]
    for order in itertools.permutations(events):
        case = opened(events[0])
        for event in order:
            fold(case, event)
        assert (case.procedure, case.version) == ("sample", 3)
