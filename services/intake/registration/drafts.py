"""A new case before it has its number, and its row, events and answer once it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from services.intake.domain import numbering
from services.intake.domain.admission import Complaint, Verdict, admission, is_live, registration_events
from services.intake.domain.duplicate_keys import complainant, fingerprint, is_within, matters
from services.intake.domain.numbering import Counter, Due
from services.intake.domain.progress import progress_url
from services.intake.registration import receipt_codes
from services.intake.registration.request import Answer
from services.intake.store import vault as store_vault
from services.intake.store.registration import NewCase
from shared.events.complaints import DocumentNumbered, Matter
from shared.events.envelope import Event, make
from shared.security.vault import CaseKey, Vault

EarlierCases = Mapping[str, list[tuple[UUID, datetime]]]
"""By fingerprint: the live cases that have it and when they were received, the first registered first."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint with everything that can be made ready without the database: keys, ciphertexts, hashes, verdict."""

    complaint: Complaint
    cause: str
    traceparent: str | None
    case_id: UUID
    key: CaseKey
    code: str
    receipt_hash: bytes
    cells: Sequence[tuple[UUID, str, bytes]]
    fingerprint: str | None
    complainant: str | None
    matters: Mapping[str, Matter]
    verdict: Verdict


def receipt_salt(vault: Vault, case_id: UUID) -> str:
    """What a case's receipt code is hashed with."""
    return vault.index("receipt", str(case_id))


def make_draft(complaint: Complaint, cause: str, vault: Vault, traceparent: str | None) -> Draft:
    """Give a complaint its id, data key and receipt code, and seal its texts. Takes about 2 ms of a processor."""
    case_id = uuid4()
    key, code = vault.new_key(case_id), receipt_codes.new_code()
    values = complaint.values
    texts = {**complaint.vault, store_vault.RECEIPT: code}
    return Draft(
        complaint=complaint,
        cause=cause,
        traceparent=traceparent,
        case_id=case_id,
        key=key,
        code=code,
        receipt_hash=receipt_codes.hashed(code, receipt_salt(vault, case_id)),
        cells=[(case_id, name, key.seal(store_vault.FIELDS, name, text)) for name, text in texts.items()],
        fingerprint=fingerprint(complaint.form, values, vault.index),
        complainant=complainant(complaint.form, values, vault.index),
        matters=matters(complaint.form, values, vault.index),
        verdict=admission(complaint.form, complaint.attributes, complaint.channel, complaint.missing),
    )


def merge(drafts: Sequence[Draft], earlier_cases: EarlierCases) -> dict[UUID, UUID]:
    """Which drafts go on in which earlier case; a draft may be the first of a later one."""
    known = {print_: list(cases) for print_, cases in earlier_cases.items()}
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


def due_numbers(draft: Draft, *, merged: bool, now: datetime) -> tuple[Due, ...]:
    """The numbers that a new case takes: its own, and those of documents due at once."""
    complaint = draft.complaint
    procedure, on = complaint.form.procedure, complaint.form.local_date(now)
    happened = ["received", "registered", "merged" if merged else draft.verdict.status]
    if complaint.missing and not merged:
        happened.append("supplement-requested")
    facts = {**complaint.attributes, "channel": complaint.channel, "missing": list(complaint.missing)}
    own = procedure.numbering.case
    case = Due(numbering.CASE, numbering.counter(procedure.id, numbering.CASE, own, on), own)
    return (case, *numbering.due_numbers(procedure, on, happened, (), facts))


def number_all(
    drafts: Sequence[Draft],
    due: Sequence[Sequence[Due]],
    into: Mapping[UUID, UUID],
    first: Mapping[Counter, int],
    now: datetime,
) -> list[NewCase]:
    """The drafts' cases, numbered in their order. `due`: each draft's numbers; `first`: the next one of each series."""
    following = dict(first)
    cases = []
    for draft, wanted in zip(drafts, due, strict=True):
        texts = numbering.numbers_of(wanted, following, draft.complaint.form.local_date(now), {})
        number = texts.pop(numbering.CASE)
        cases.append(_case(draft, number, texts, into.get(draft.case_id), now))
    return cases


def _case(draft: Draft, number: str, documents: Mapping[str, str], into: UUID | None, now: datetime) -> NewCase:
    complaint = draft.complaint
    status = "merged" if into else draft.verdict.status
    decided = draft.verdict.rule.id if draft.verdict.rule and into is None else None
    return NewCase(
        id=draft.case_id,
        procedure=complaint.form.procedure.id,
        procedure_version=complaint.form.procedure.version,
        number=number,
        channel=complaint.channel,
        language=complaint.language,
        received_at=complaint.received_at,
        registered_at=now,
        attributes=complaint.attributes,
        missing=complaint.missing,
        status=status,
        admitted_at=now if status == "admitted" else None,
        merged_into=into,
        fingerprint=draft.fingerprint,
        complainant=draft.complainant,
        receipt_hash=draft.receipt_hash,
        rule=decided,
        document_numbers=documents,
        recused=complaint.recused,
    )


def events(draft: Draft, case: NewCase) -> list[Event]:
    """The events of a new case, in order."""
    made = registration_events(
        draft.complaint,
        number=case.number,
        matters=draft.matters,
        merged_into=case.merged_into,
        verdict=draft.verdict,
        documents=case.document_numbers,
    )
    pin = draft.complaint.form.procedure.key
    numbered = [DocumentNumbered(document=name, number=number) for name, number in case.document_numbers.items()]
    return [
        make("intake", case.id, pin, data, cause=cause, at=case.registered_at, traceparent=draft.traceparent)
        for data, cause in (
            *((data, draft.cause) for data in made),
            *((data, numbering.cause_of(data.document)) for data in numbered),
        )
    ]


def answer(draft: Draft, case: NewCase) -> Answer:
    """The caller's answer: the only time that the receipt code is shown."""
    return Answer(
        case_id=str(case.id),
        case_number=case.number,
        receipt_code=draft.code,
        status=case.status,
        missing=list(case.missing),
        progress_url=progress_url(case.number),
        duplicate_of=str(case.merged_into) if case.merged_into else None,
    )
