"""What notify emits, on `huiyin.notices.v1`."""

from __future__ import annotations

import datetime as dt
from datetime import datetime
from typing import Literal

from shared.events.base import EventData, Scalars, event
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
    """It was handed to `sink` and accepted there at `sent_at`; `form`: how the answer that it brings must be given."""

    sink: str
    sent_at: datetime
    attempts: int
    form: Literal["written", "oral"] | None = None


@event("huiyin.notice.failed.v1", NOTICES)
class NoticeFailed(NoticeEvent):
    """It will not be sent: `reason` is a code. `ambiguous`: it may have been delivered, so it is not repeated."""

    sink: str
    reason: str
    attempts: int
    ambiguous: bool = False


class ServiceEvent(EventData):
    """Of a notice that was sent: how it reached its addressee. `by` is an office, `person` an opaque id there."""

    notice: str
    notice_id: str
    addressee: str
    at: datetime


@event("huiyin.notice.served.v1", NOTICES)
class NoticeServed(ServiceEvent):
    """Its receipt was reported. `signer`: the document of the vault with the name of who signed; `date`: of service."""

    date: dt.date | None = None
    signer: str | None = None
    by: str
    person: str | None = None


@event("huiyin.notice.unserved.v1", NOTICES)
class NoticeUnserved(ServiceEvent):
    """No receipt was reported by `at`, within the time that the procedure gives."""


@event("huiyin.notice.delivered.v1", NOTICES)
class NoticeDelivered(ServiceEvent):
    """An officer gave the answer that it brings, in this form."""

    form: Literal["written", "oral"]
    by: str
    person: str | None = None


class FollowUpEvent(EventData):
    """One round of a follow-up: `follow_up` is its id in the procedure, `task_id` this round's."""

    task_id: str
    follow_up: str | None = None
    round: int | None = None


@event("huiyin.notice.call-back-due.v1", NOTICES)
class CallBackDue(FollowUpEvent):
    """The complainant is to be called back; `task_id` is what the answer refers to."""

    cause: str
    due_at: datetime | None = None


@event("huiyin.notice.called-back.v1", NOTICES)
class CalledBack(FollowUpEvent):
    """The complainant was reached, or not, at `at`, by the office `by` (there, by `person`, an opaque id).

    `grade` and `fields` are the answer: coded values, and names of documents.
    """

    at: datetime
    reached: bool
    by: str | None = None
    person: str | None = None
    grade: str | None = None
    fields: Scalars = {}


@event("huiyin.notice.unreached.v1", NOTICES)
class Unreached(FollowUpEvent):
    """The complainant was not reached in any of the attempts that the procedure allows; the last was at `at`."""

    at: datetime
    attempts: int


class View(EventData):
    """What the complainant thinks; `follow_up` and `round` where they were asked, else they said so by themselves."""

    at: datetime
    score: int | None = None
    follow_up: str | None = None
    round: int | None = None


@event("huiyin.notice.satisfied.v1", NOTICES)
class Satisfied(View):
    """The complainant is satisfied."""


@event("huiyin.notice.dissatisfied.v1", NOTICES)
class Dissatisfied(View):
    """The complainant is not satisfied."""
