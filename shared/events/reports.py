"""What intake emits of recurring reports, on `huiyin.complaints.v1`.

The subject of `periodic-report` events, and of the events of their clocks, is no case but one report of one period.
Its id is a UUID of version 8 (RFC 9562), made from procedure, report, first day, round and office; those of cases are
random.
"""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from shared.events.base import EventData, Scalars, event
from shared.events.topics import COMPLAINTS

_VERSION = 8


def report_id(procedure: str, report: str, first_day: date, round: int, office: str | None = None) -> UUID:
    """The id of one report of one period, always the same; `office`: whose it is, where each makes its own."""
    named = f"{procedure}|{report}|{first_day}|{round}" + (f"|{office}" if office else "")
    number = int.from_bytes(sha256(named.encode()).digest()[:16], "big")
    number &= ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=number | _VERSION << 76 | 0b10 << 62)


def is_report(subject: UUID) -> bool:
    """Whether an event's subject is a report of a period, not a case."""
    return subject.version == _VERSION


class ReportEvent(EventData):
    """What every event of a report holds: which report, of which period (`2026-11`), which of several in it, and whose
    it is, where each office makes its own."""

    report: str
    period: str
    round: int = 1
    office: str | None = None


@event("huiyin.periodic-report.opened.v1", COMPLAINTS)
class ReportOpened(ReportEvent):
    """A period began at `at`; its report can be made from `ready_at` and is due at `due_at`. Days are local."""

    first_day: date
    last_day: date
    at: datetime
    ready_at: datetime
    due_at: datetime


@event("huiyin.periodic-report.rescheduled.v1", COMPLAINTS)
class ReportRescheduled(ReportEvent):
    """A new calendar moved the instant at which the report is due."""

    due_at: datetime
    previous_due_at: datetime


@event("huiyin.periodic-report.computed.v1", COMPLAINTS)
class ReportComputed(ReportEvent):
    """The report can be made now; its figures are those of so many `cases`. A later `edition` counts anew."""

    edition: int
    cases: int
    at: datetime


@event("huiyin.periodic-report.made.v1", COMPLAINTS)
class ReportMade(ReportEvent):
    """An office signed the report off at `at`. `fields` are coded values; `edition` is that of its figures."""

    at: datetime
    by: str
    person: str | None = None
    edition: int
    fields: Scalars = {}


@event("huiyin.complaint.listed.v1", COMPLAINTS)
class CaseListed(ReportEvent):
    """The case is among those that a report is about; `report_id` is the report's."""

    report_id: UUID
    edition: int = 1
