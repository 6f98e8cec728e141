"""Notices, follow-ups and endpoint queues as they are kept: one class for each table, one field for each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

NoticeState = Literal["undecided", "waiting", "sending", "sent", "failed", "superseded", "joined"]
Form = Literal["written", "oral"]
ReceiptState = Literal["awaited", "overdue", "received"]
FollowUpState = Literal["undecided", "waiting", "open", "done", "unreached", "superseded"]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice. `occurred_at`, `emitted_at`, `made_at`, `settled_at` are on the cases' clock, `queued_at` and
    `next_try_at` real time. `joins`: it may be delivered within another; one that is joined to `joined_to` is."""

    id: UUID
    position: int
    case_id: UUID
    procedure: str
    version: int
    notice: str
    to: str
    occurrence: str
    event_id: UUID
    details: Mapping[str, Any]
    conditional: bool
    clock: str | None
    cycle: int | None
    rank: int
    state: NoticeState
    occurred_at: datetime
    emitted_at: datetime
    made_at: datetime
    queued_at: datetime
    next_try_at: datetime
    queue: str | None
    sink: str | None
    addressee: str | None
    sender: UUID | None
    tries: int
    attempts: int
    resends: int
    blanks: int
    reason: str | None
    ambiguous: bool
    settled_at: datetime | None
    joins: bool
    joined_to: UUID | None
    form: Form | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a follow-up, by which office and person. `at` is ISO 8601 text, as it is stored."""

    at: str
    reached: bool
    by: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """One round of a follow-up of a case. Instants are on the cases' clock; it is offered from `opens_at` on."""

    id: UUID
    position: int
    case_id: UUID
    procedure: str
    version: int
    follow_up: str
    round: int
    occurrence: str
    event_id: UUID
    conditional: bool
    state: FollowUpState
    occurred_at: datetime
    emitted_at: datetime
    opens_at: datetime
    due_at: datetime | None
    calls: tuple[Call, ...]
    satisfied: bool | None
    score: int | None
    grade: str | None
    fields: Mapping[str, Any]
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class SatisfactionRow:
    """What a complainant answered without being asked, in one cycle of the case."""

    case_id: UUID
    cycle: int
    satisfied: bool
    score: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """The service of a notice: since when its receipt is awaited and until when, and what was reported of it.

    `signer` is a document of the vault. Instants are on the cases' clock, `served_on` a date of the procedure's zone.
    """

    notice_id: UUID
    position: int
    case_id: UUID
    procedure: str
    version: int
    notice: str
    addressee: str
    state: ReceiptState
    sent_at: datetime
    due_at: datetime | None
    served_at: datetime | None
    served_on: date | None
    signer: str | None
    by: str | None
    person: str | None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """An answer that an officer gave, in which form; `at` is on the cases' clock."""

    notice_id: UUID
    case_id: UUID
    form: Form
    at: datetime
    by: str
    person: str | None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt to deliver a notice, in real time; `outcome` is None while it is under way or its sender died."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class PickedQueue:
    """An endpoint's queue that a sender has taken: `failures` in a row; since when it is disabled, if it is."""

    queue: str
    sink: str
    failures: int
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """An endpoint's queue as it stands; `open_at` (real time): when it may be tried."""

    queue: str
    sink: str
    failures: int
    open_at: datetime
    disabled_at: datetime | None
    reason: str | None
    waiting: int
