"""A new case before it has its number, and its rows, events and answer once it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.intake.domain import numbering
from services.intake.domain.admission import Complaint, Verdict, admission, is_live, registration_events
from services.intake.domain.duplicate_keys import fingerprint, is_within, matters
from services.intake.domain.numbering import Counter
from services.intake.domain.progress import progress_url
from services.intake.registration import receipt_codes
from services.intake.store import vault as store_vault
from services.intake.store.registration import NewCase
from shared.events.complaints import Matter
from shared.events.envelope import Event, make
from shared.procedures.model import NumberScheme
from shared.security.vault import CaseKey, Vault

Primaries = Mapping[str, list[tuple[UUID, datetime]]]
"""By fingerprint: the live cases of the matter and when they were received, the first registered first."""


@dataclass(frozen=True)
class Draft:
    """A complaint with everything that can be made ready without the database: keys, ciphertexts, hashes, verdict."""

    complaint: Complaint
    cause: str
    case_id: UUID
    key: CaseKey
    code: str
    receipt_hash: bytes
    cells: Sequence[tuple[UUID, str, bytes]]
    fingerprint: str | None
    matters: Mapping[str, Matter]
    verdict: Verdict


@dataclass(frozen=True)
class Numbered:
    """A draft with its number and those of its documents; `into` is the earlier case that it goes on in."""

    draft: Draft
    number: str
    documents: Mapping[str, str]
    into: UUID | None

    @property
    def status(self) -> str:
        """The new case's status."""
        return "merged" if self.into else self.draft.verdict.status


def receipt_salt(vault: Vault, case_id: UUID) -> str:
    """What a case's receipt code is hashed with."""
    return vault.index("receipt", str(case_id))


def make_draft(complaint: Complaint, cause: str, vault: Vault) -> Draft:
    """Give a complaint its id, data key and receipt code, and seal what it says. Takes about 2 ms of a processor."""
    case_id = uuid4()
    key, code = vault.new_key(case_id), receipt_codes.new_code()
    values = complaint.values
    texts = {**complaint.vault, store_vault.RECEIPT: code}
    return Draft(
        complaint=complaint,
        cause=cause,
        case_id=case_id,
        key=key,
        code=code,
        receipt_hash=receipt_codes.hashed(code, receipt_salt(vault, case_id)),
        cells=[(case_id, name, key.seal(store_vault.FIELDS, name, text)) for name, text in texts.items()],
        fingerprint=fingerprint(complaint.form, values, vault.index),
        matters=matters(complaint.form, values, vault.index),
        verdict=admission(complaint.form, complaint.attributes, complaint.channel, complaint.missing),
    )


def merge(drafts: Sequence[Draft], primaries: Primaries) -> dict[UUID, UUID]:
    """Which drafts go on in which earlier case; a draft may be the first of a later one."""
    known = {matter: list(cases) for matter, cases in primaries.items()}
    into: dict[UUID, UUID] = {}
    for draft in drafts:
        if draft.fingerprint is None:
            continue
        form, came = draft.complaint.form, draft.complaint.received_at
        earlier = known.setdefault(draft.fingerprint, [])
        first = next((case_id for case_id, received in earlier if is_within(form, came, received)), None)
        if first is not None:
            into[draft.case_id] = first
        elif is_live(draft.verdict.status):
            earlier.append((draft.case_id, came))
    return into


def series_of(draft: Draft, merged: bool, now: datetime) -> dict[Counter, NumberScheme]:
    """The series that a new case takes a number from: its own, and those of documents due at once."""
    procedure = draft.complaint.form.procedure
    on = draft.complaint.form.local_date(now)
    happened = ["received", "registered", "merged" if merged else draft.verdict.status]
    rules = {numbering.CASE: procedure.numbering.case, **numbering.documents_at(procedure.numbering, happened)}
    return {numbering.counter(procedure.id, scheme, rule, on): rule for scheme, rule in rules.items()}


def number_all(
    drafts: Sequence[Draft], into: Mapping[UUID, UUID], first: Mapping[Counter, int], now: datetime
) -> list[Numbered]:
    """Give the drafts their numbers in their order; `first` are the next numbers of the series."""
    following = dict(first)
    numbered = []
    for draft in drafts:
        on = draft.complaint.form.local_date(now)
        texts = {}
        for series, rule in series_of(draft, draft.case_id in into, now).items():
            texts[series.scheme] = numbering.rendered(rule, on, following[series])
            following[series] += 1
        number = texts.pop(numbering.CASE)
        numbered.append(Numbered(draft, number, texts, into.get(draft.case_id)))
    return numbered


def row(one: Numbered, now: datetime) -> NewCase:
    """The case's row."""
    draft, complaint = one.draft, one.draft.complaint
    decided = draft.verdict.rule.id if draft.verdict.rule and one.into is None else None
    return NewCase(
        id=draft.case_id,
        procedure=complaint.form.procedure.id,
        procedure_version=complaint.form.procedure.version,
        number=one.number,
        channel=complaint.channel,
        language=complaint.language,
        received_at=complaint.received_at,
        registered_at=now,
        attributes=complaint.attributes,
        missing=complaint.missing,
        status=one.status,
        admitted_at=now if one.status == "admitted" else None,
        merged_into=one.into,
        fingerprint=draft.fingerprint,
        receipt_hash=draft.receipt_hash,
        rule=decided,
        document_numbers=one.documents,
    )


def events(one: Numbered, now: datetime) -> list[Event]:
    """What is said of the new case."""
    draft = one.draft
    said = registration_events(
        draft.complaint,
        number=one.number,
        matters=draft.matters,
        merged_into=one.into,
        verdict=draft.verdict,
        documents=one.documents,
    )
    pin = draft.complaint.form.procedure.key
    return [make("intake", draft.case_id, pin, data, cause=draft.cause, at=now) for data in said]


def answer(one: Numbered) -> dict[str, Any]:
    """What the caller is told: the only time that the receipt code is shown."""
    found: dict[str, Any] = {
        "case_id": str(one.draft.case_id),
        "case_number": one.number,
        "receipt_code": one.draft.code,
        "status": one.status,
        "missing": list(one.draft.complaint.missing),
        "progress_url": progress_url(one.number),
    }
    if one.into is not None:
        found["duplicate_of"] = str(one.into)
    return found
