"""What is emitted of follow-ups. Pure."""

from __future__ import annotations

from datetime import datetime

from services.notify.domain.answers import Answer
from services.notify.domain.case import Case
from services.notify.domain.rows import FollowUpRow
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.notices import CallBackDue, CalledBack, Dissatisfied, Satisfied, Unreached


def events_of_answer(row: FollowUpRow, given: Answer, *, attempts: int, unreached: bool) -> list[EventData]:
    """What is emitted of a call: that it was made, that it was the last in vain, and what the complainant thinks."""
    which = {"follow_up": row.follow_up, "round": row.round}
    emitted: list[EventData] = [
        CalledBack(
            task_id=str(row.id),
            at=given.at,
            reached=given.reached,
            by=given.by,
            person=given.person,
            grade=given.grade,
            fields=dict(given.fields),
            follow_up=row.follow_up,
            round=row.round,
        )
    ]
    if unreached:
        emitted.append(Unreached(task_id=str(row.id), at=given.at, attempts=attempts, **which))
    if given.satisfied is not None:
        view = Satisfied if given.satisfied else Dissatisfied
        emitted.append(view(at=given.at, score=given.score, **which))
    return emitted


def call_back_due(case: Case, row: FollowUpRow, now: datetime) -> Event:
    """The event of a follow-up that is to be made from now on."""
    data = CallBackDue(
        task_id=str(row.id), cause=str(row.event_id), due_at=row.due_at, follow_up=row.follow_up, round=row.round
    )
    return make("notify", case.id, (case.procedure, case.version), data, cause=str(row.id), at=now)
