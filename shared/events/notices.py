"""What notify emits, on `huiyin.notices.v1`."""

from __future__ import annotations

from datetime import datetime

from shared.events.base import EventData, event
from shared.events.topics import NOTICES


class NoticeEvent(EventData):
    """Which notice (`notice` is its id in the procedure, `notice_id` this one's), to what kind of addressee.

    `within`: the notice that this one was delivered within, where several about deadlines of a case made a digest.
    """

    notice: str
    notice_id: str
    addressee: str
    cause: str
    within: str | None = None


@event("huiyin.notice.sent.v1", NOTICES)
class NoticeSent(NoticeEvent):
    """It was handed to `sink` and accepted there at `sent_at`."""

    sink: str
    sent_at: datetime
    attempts: int


@event("huiyin.notice.failed.v1", NOTICES)
class NoticeFailed(NoticeEvent):
    """It will not be sent: `reason` is a code. `ambiguous`: it may have been delivered, so it is not repeated."""

    sink: str
    reason: str
    attempts: int
    ambiguous: bool = False


@event("huiyin.notice.call-back-due.v1", NOTICES)
class CallBackDue(EventData):
    """The complainant is to be called back; `task_id` is what the answer refers to."""

    task_id: str
    cause: str
    due_at: datetime | None = None


@event("huiyin.notice.called-back.v1", NOTICES)
class CalledBack(EventData):
    """The complainant was reached, or not, at `at`."""

    task_id: str
    at: datetime
    reached: bool


@event("huiyin.notice.satisfied.v1", NOTICES)
class Satisfied(EventData):
    """The complainant is satisfied."""

    at: datetime
    score: int | None = None


@event("huiyin.notice.dissatisfied.v1", NOTICES)
class Dissatisfied(EventData):
    """The complainant is not satisfied."""

    at: datetime
    score: int | None = None
