"""What intake emits, on `huiyin.complaints.v1`. No event carries a name, a number, an address or a free text."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.base import EventData, Scalars, event
from shared.events.topics import COMPLAINTS


class Matter(BaseModel):
    """What a counted matter is (`key`) and who raised it (`complainant`): keyed hashes, useless outside this matter."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    key: str
    complainant: str | None = None


@event("huiyin.complaint.registered.v1", COMPLAINTS)
class ComplaintRegistered(EventData):
    """A complaint has its number. `attributes` are its coded fields; `missing` are requested fields not given.

    `recused`: the offices that it is about, from whom it is hidden.
    """

    case_number: str
    channel: str
    received_at: datetime
    attributes: Scalars = {}
    missing: tuple[str, ...] = ()
    matters: dict[str, Matter] = {}
    recused: tuple[str, ...] = ()


@event("huiyin.complaint.supplement-requested.v1", COMPLAINTS)
class SupplementRequested(EventData):
    """The complainant is asked for these fields.

    `supplement`: the procedure's kind of request by which an officer asks, `by` the office, `documents` what else is
    asked for; None and empty where fields lacked at registration.
    """

    missing: tuple[str, ...]
    supplement: str | None = None
    documents: tuple[str, ...] = ()
    by: str | None = None


@event("huiyin.complaint.supplemented.v1", COMPLAINTS)
class ComplaintSupplemented(EventData):
    """More was given; `attributes` are the coded fields as they are now.

    `given` names the fields that came, `fulfilled` the officers' requests to which nothing lacks any more. `recused`:
    the offices that the complaint is about now; None: as before.
    """

    attributes: Scalars = {}
    missing: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    fulfilled: tuple[str, ...] = ()
    recused: tuple[str, ...] | None = None


@event("huiyin.complaint.admitted.v1", COMPLAINTS)
class ComplaintAdmitted(EventData):
    """It is to be handled; `rule` is the procedure's admission rule, None when an officer decided.

    `fields`: what the procedure has officers give with the decision; coded values and names of documents.
    """

    rule: str | None = None
    decided_by: str | None = None
    fields: Scalars = {}


@event("huiyin.complaint.refused.v1", COMPLAINTS)
class ComplaintRefused(EventData):
    """It is not handled, for a stated reason: the rule, or the officer's reason code."""

    rule: str | None = None
    decided_by: str | None = None
    document_numbers: dict[str, str] = {}
    fields: Scalars = {}


@event("huiyin.complaint.transferred-out.v1", COMPLAINTS)
class ComplaintTransferredOut(EventData):
    """It is passed to another body."""

    to: str | None = None
    rule: str | None = None
    decided_by: str | None = None
    fields: Scalars = {}


@event("huiyin.complaint.merged.v1", COMPLAINTS)
class ComplaintMerged(EventData):
    """It is the same matter as an earlier case and goes on there."""

    into: UUID


@event("huiyin.complaint.procedure-migrated.v1", COMPLAINTS)
class ProcedureMigrated(EventData):
    """The case goes on under another version of its procedure, to which the event itself is pinned already.

    `mode`: clocks keep the time that has elapsed, or the open ones begin anew. `migration` names the decision, whose
    reason intake keeps; `by` is the name of the key that gave it.
    """

    from_version: int
    to_version: int
    mode: Literal["keep-elapsed", "restart"]
    migration: UUID
    by: str


@event("huiyin.complaint.document-numbered.v1", COMPLAINTS)
class DocumentNumbered(EventData):
    """A document of the case got its number; `document` is its id in the procedure. It gets one, once."""

    document: str
    number: str


@event("huiyin.complaint.document-added.v1", COMPLAINTS)
class DocumentAdded(EventData):
    """A document was put into the case's vault under this name, or replaced there by another text.

    `document` is a name, never the text; `by` the office that put it there.
    """

    document: str
    by: str | None = None


@event("huiyin.complaint.document-copied.v1", COMPLAINTS)
class DocumentCopied(EventData):
    """A copy of a document was handed to `to`, an office, a party or `complainant`; `by` is the office that says so.

    `complete`: everybody has a copy now whom the procedure gives one.
    """

    document: str
    to: str
    by: str
    complete: bool = False


@event("huiyin.complaint.same-matter.v1", COMPLAINTS)
class SameMatterLinked(EventData):
    """An officer says that this case and another, `case`, are the same matter; each goes on by itself."""

    case: UUID
    by: str


@event("huiyin.complaint.same-matter-undone.v1", COMPLAINTS)
class SameMatterUndone(EventData):
    """That this case and another are the same matter was taken back, by whom."""

    case: UUID
    by: str


@event("huiyin.complaint.erased.v1", COMPLAINTS)
class ComplaintErased(EventData):
    """The time for which the procedure has the case kept is over: all that the vault held of it is destroyed."""

    kept_until: datetime | None = None


@event("huiyin.complaint.withdrawn.v1", COMPLAINTS)
class ComplaintWithdrawn(EventData):
    """The complainant took it back."""

    by: str = "complainant"
    fields: Scalars = {}
