"""Whether a department's report on Kafka counts as its own: signed by a key that may act as the office it names."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import Forbidden
from shared.events.assignments import MilestoneReport, ReportRejected
from shared.events.envelope import Event
from shared.procedures.milestones import REPORTED
from shared.procedures.model import Procedure
from shared.procedures.offices import offices
from shared.security.acting import Signer
from shared.security.signing import check_signature

SCOPE = "reports:write"
UNKNOWN = "unknown"
"""Stands in a rejection for a milestone or an office that the procedure does not have: it could be any text."""

_MESSAGES = {
    "unsigned": "the report is not signed",
    "malformed-signature": "the signature's headers cannot be read",
    "other-id": "the signature is another event's",
    "stale": "the report was signed more than five minutes before or after it came",
    "wrong-signature": "the signature is not that of the key's holder over this report",
    "unknown-key": "the key is not known here, has expired, or was revoked",
    "no-append-time": "the topic does not say when the broker took the report",
    "lacks-scope": f"the key lacks the scope {SCOPE}",
    "not-its-office": "the key may not act as that office",
}


@dataclass(frozen=True)
class Objection:
    """Why a report does not count; `code` is a key of the messages here, `field` the part that is wrong."""

    code: str
    field: str

    @property
    def message(self) -> str:
        """The same in words."""
        return _MESSAGES[self.code]


def object_to(event: Event, procedure: str, signer: Signer | None) -> Objection | None:
    """Why this report of a case does not count as its office's; None if it does.

    `procedure` is the case's own, whatever the event says; `signer` is who the record says has signed it.
    """
    assert isinstance(event.data, MilestoneReport)  # noqa: S101  (nothing else is signed)
    if (code := _fault_of_signature(event, signer)) is not None:
        return Objection(code, "signature")
    assert signer is not None  # noqa: S101  (its signature was good)
    try:
        signer.principal.require(SCOPE)
    except Forbidden:
        return Objection("lacks-scope", "signature")
    try:
        signer.principal.require_office(procedure, event.data.by)
    except Forbidden:
        return Objection("not-its-office", "by")
    return None


def _fault_of_signature(event: Event, signer: Signer | None) -> str | None:
    transport = event.transport
    if transport is None:
        return "unsigned"
    if transport.appended_at is None:
        return "no-append-time"
    keys = signer.public_keys if signer else ()
    fault = check_signature(transport.headers, transport.value, event.wire_id, transport.appended_at, keys)
    return "unknown-key" if fault == "wrong-signature" and not keys else fault


def rejection(
    report: MilestoneReport, procedure: Procedure, reason: str, field: str | None, code: str
) -> ReportRejected:
    """The event that says why a report was not taken; it repeats nothing that could be any text."""
    milestones = {*REPORTED, *(milestone.id for milestone in procedure.milestones)}
    return ReportRejected(
        milestone=report.milestone if report.milestone in milestones else UNKNOWN,
        by=report.by if report.by in offices(procedure) else UNKNOWN,
        reason=reason,
        field=field,
        code=code,
    )
