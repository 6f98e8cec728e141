"""What intake decides. Pure: complaint, procedure and the present instant in, verdicts and events out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.intake.domain.field_errors import FieldError
from services.intake.domain.forms import PERIOD, Form, Values
from services.intake.domain.recusal import recused_offices
from shared.errors import Conflict, InvalidInput
from shared.events import complaints as c
from shared.events.base import EventData
from shared.procedures.ages import RECEIVED_AT
from shared.procedures.fields import Scalar, Unreadable, folded, read_instant
from shared.procedures.milestones import ENDING
from shared.procedures.model import AdmissionRule

EARLIEST_FUTURE = timedelta(minutes=5)
"""How far ahead of this clock a caller's clock may be."""
OLDEST = timedelta(days=36_525)
"""A hundred years: what lies further back is a slip of the pen."""

Decision = Literal["admit", "refuse", "transfer-out", "hold"]
STATUS: Mapping[Decision, str] = {
    "admit": "admitted",
    "refuse": "refused",
    "transfer-out": "transferred-out",
    "hold": "held",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint that fits its procedure's form. `attributes` are its coded fields, `vault` what is to be sealed."""

    form: Form
    channel: str
    language: str
    received_at: datetime
    attributes: Mapping[str, Scalar]
    vault: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def values(self) -> dict[str, Scalar]:
        """All values, for what must be compared without being kept."""
        return {"channel": self.channel, **self.attributes, **self.vault}

    @property
    def recused(self) -> tuple[str, ...]:
        """The offices that it is about."""
        return recused_offices(self.form.procedure, self.values)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An admission decision; `rule` is the procedure's rule that decided, if one did."""

    decision: Decision
    rule: AdmissionRule | None = None

    @property
    def status(self) -> str:
        """The case's status from it."""
        return STATUS[self.decision]


def check(
    form: Form, channel: str, received_at: str | None, language: str, fields: Mapping[str, Any], now: datetime
) -> Complaint | list[FieldError]:
    """The complaint that was submitted, or everything that is wrong with it."""
    errors: list[FieldError] = []
    channel_id = form.channels.get(folded(channel))
    if channel_id is None:
        known = ", ".join(choice.id for choice in form.procedure.channels)
        errors.append(FieldError("channel", f"one of these is expected: {known}"))
    came = now
    try:
        came = read_instant(received_at) if received_at is not None else now
        if came > now + EARLIEST_FUTURE:
            errors.append(FieldError("received_at", "this lies in the future"))
        elif came < now - OLDEST:
            errors.append(FieldError("received_at", "this lies more than a hundred years back"))
    except Unreadable as error:
        errors.append(FieldError("received_at", str(error)))
    read = form.read(fields)
    came = now if errors else came  # a calendar does not reach to every instant that can be written
    of_receipt: dict[str, Scalar] = {PERIOD: form.period(came), RECEIVED_AT: form.local_time(came)}
    attributes = {**form.defaults(read.coded), **read.coded, **of_receipt}
    given = attributes.keys() | read.vault.keys()
    facts = {**attributes, "channel": channel_id}
    errors += [*read.errors, *_not_yet_named(form.lacking(given, facts), read)]
    if errors or channel_id is None:
        return errors
    return Complaint(form, channel_id, language, came, attributes, read.vault, form.missing(given, facts))


def _not_yet_named(lacking: Sequence[FieldError], read: Values) -> list[FieldError]:
    named = {error.field for error in read.errors}
    return [error for error in lacking if error.field not in named]


def admission(form: Form, attributes: Mapping[str, Scalar], channel: str, missing: Sequence[str]) -> Verdict:
    """The procedure's verdict: the first rule that is true decides.

    If none is true and one is undecidable, an officer decides; else the procedure's default applies.
    """
    facts = {**attributes, "channel": channel, "missing": list(missing)}
    unknown = False
    for rule, applies in form.rules:
        verdict = True if applies is None else applies(facts)
        if verdict is True:
            return _without_a_person(form, Verdict(rule.decision, rule))
        unknown = unknown or verdict is None
    return _without_a_person(form, Verdict("hold" if unknown else form.procedure.admissibility.otherwise))


def _without_a_person(form: Form, verdict: Verdict) -> Verdict:
    """The verdict, or none yet: where the procedure demands something of whoever decides, no machine does."""
    if form.procedure.dossier is not None and form.procedure.dossier.at == verdict.status:
        return Verdict("hold")  # its documents do not exist yet
    refined = next((one for one in form.procedure.milestones if one.id == verdict.status), None)
    if refined is None:
        return verdict
    needed = any(field.required is True for field in refined.fields)
    return Verdict("hold") if needed or refined.by or refined.requires or refined.must else verdict


def registration_events(
    complaint: Complaint,
    *,
    number: str,
    matters: Mapping[str, c.Matter],
    merged_into: UUID | None,
    verdict: Verdict,
    documents: Mapping[str, str],
) -> list[EventData]:
    """The events of a new case, in order. A merged one is neither asked for more nor judged."""
    made: list[EventData] = [
        c.ComplaintRegistered(
            case_number=number,
            channel=complaint.channel,
            received_at=complaint.received_at,
            attributes=dict(complaint.attributes),
            missing=complaint.missing,
            matters=dict(matters),
            recused=complaint.recused,
        )
    ]
    if merged_into is not None:
        return [*made, c.ComplaintMerged(into=merged_into)]
    if complaint.missing:
        made.append(c.SupplementRequested(missing=complaint.missing))
    return [*made, *verdict_events(verdict, None, documents)]


def verdict_events(
    verdict: Verdict,
    decided_by: str | None,
    documents: Mapping[str, str] | None = None,
    *,
    to: str | None = None,
    fields: Mapping[str, Scalar] | None = None,
) -> list[EventData]:
    """The events of an admission decision: one event, or none while it is held.

    `to` is the body that an officer passes it to; without one, the rule's. `fields`: what is given with it.
    """
    rule = verdict.rule.id if verdict.rule else None
    given = dict(fields or {})
    match verdict.decision:
        case "admit":
            return [c.ComplaintAdmitted(rule=rule, decided_by=decided_by, fields=given)]
        case "refuse":
            return [
                c.ComplaintRefused(
                    rule=rule, decided_by=decided_by, document_numbers=dict(documents or {}), fields=given
                )
            ]
        case "transfer-out":
            ruled = verdict.rule.to if verdict.rule else None
            return [c.ComplaintTransferredOut(to=to or ruled, rule=rule, decided_by=decided_by, fields=given)]
    return []


def require_office(form: Form, office: str, *, field: str) -> None:
    """Raise `InvalidInput` for what is neither a role nor a department of the procedure."""
    if office not in {known.id for known in (*form.procedure.roles, *form.procedure.departments)}:
        raise InvalidInput("the procedure has no such role or department", field=field)


def require_open(status: str) -> None:
    """Raise `Conflict` for a case that asks nothing more of anybody."""
    if status in ENDING:
        raise Conflict(f"the case is {status}", hint="nothing can be added to it any more")


def is_live(status: str) -> bool:
    """Whether a later complaint of the same matter can go on in a case: one that has ended takes up nothing more."""
    return status not in ENDING
