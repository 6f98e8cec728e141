"""Reading and writing what the vault holds. Every reading is recorded in the transaction that reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.case import Case
from services.intake.domain.progress import progress_url
from services.intake.form_book import FormBook
from services.intake.handlers.emitting import emit
from services.intake.store import cases as store
from services.intake.store import vault as store_vault
from services.intake.store.vault import VaultRead
from shared.business_time.clock import Clock
from shared.errors import InvalidInput, NotFound
from shared.events.complaints import DocumentAdded
from shared.messaging.outbox import Outbox
from shared.procedures.fields import opened_form
from shared.procedures.offices import offices
from shared.security.acting import Principal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class ContactQuestion:
    """Which fields of which case are asked for, and what for (a coded purpose)."""

    case_id: UUID
    fields: Sequence[str]
    purpose: str


@dataclass(frozen=True, slots=True)
class Contact:
    """What a notice to a complainant needs: the fields that there are of those asked for, and the sealed texts."""

    case_id: str
    case_number: str
    language: str
    receipt_code: str | None
    progress_url: str
    fields: dict[str, str]
    documents: dict[str, str]

    @property
    def seen(self) -> list[str]:
        """What was read for it."""
        return [*self.fields, store_vault.RECEIPT, *(f"documents.{name}" for name in self.documents)]


@dataclass(frozen=True, slots=True)
class CaseReading:
    """A case, the later cases that go on in it, and its identity by field where that was asked for."""

    case: Case
    merged: list[UUID]
    identity: dict[str, Any] | None


class VaultHandlers:
    """Readings and documents of one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, forms: FormBook) -> None:
        self._outbox = outbox
        self._engine = outbox.engine
        self._vault = vault
        self._clock = clock
        self._forms = forms

    async def read_case(self, case_id: UUID, reader: str, purpose: str | None) -> CaseReading:
        """A case, with its identity if a purpose is given; raises `NotFound` if there is none, or it was erased."""
        async with self._engine.begin() as tx:
            case = await find_case(tx, case_id)
            merged = await store.merged_cases(tx, case_id)
            identity = await self._identity(tx, case, reader, purpose) if purpose is not None else None
        return CaseReading(case, merged, identity)

    async def _identity(self, tx: AsyncConnection, case: Case, reader: str, purpose: str) -> dict[str, Any]:
        sealed = await store_vault.fields_of(tx, await store_vault.key_of(tx, self._vault, case.id))
        sealed.pop(store_vault.RECEIPT, None)  # it is the complainant's, not the office's
        specs = self._forms.pinned(case.pin).specs
        await store_vault.record_read(tx, case.id, reader, sorted(sealed), purpose, self._clock.now())
        return {name: opened_form(specs.get(name), value) for name, value in sealed.items()}

    async def contacts(self, asked: Sequence[ContactQuestion], reader: str) -> list[Contact | None]:
        """One answer per question, in order; None for a case that is not known or whose identity has been erased."""
        wanted = {name for one in asked for name in one.fields} | {store_vault.RECEIPT}
        async with self._engine.begin() as tx:
            cases = await store.find_cases(tx, {one.case_id for one in asked})
            keys = await store_vault.keys_of(tx, self._vault, cases.keys())
            values, texts = await store_vault.opened(tx, keys, wanted)
            answers = [
                _contact(cases[one.case_id], one, values[one.case_id], texts[one.case_id])
                if one.case_id in keys
                else None
                for one in asked
            ]
            reads = [
                (one.case_id, answer.seen, one.purpose)
                for one, answer in zip(asked, answers, strict=True)
                if answer is not None
            ]
            if reads:
                await store_vault.record_reads(tx, reads, reader, self._clock.now())
        return answers

    async def write_document(self, case_id: UUID, name: str, content: str, by: str | None, caller: Principal) -> None:
        """Seal a text about a case and emit that it is there; one of the same name is replaced.

        The same text again changes nothing and emits nothing. `by` is the office that puts it there: absent, the
        department that has the case, or will have it by default. Raises `Forbidden` for an office that the caller may
        not act as. The caller's name is kept with the text.
        """
        async with self._outbox.transaction() as tx:
            case = await find_case(tx, case_id, lock=True)
            form = self._forms.pinned(case.pin)
            office = by or case.department or form.procedure.default_department
            caller.require_office(case.procedure, office)
            if office not in offices(form.procedure):
                raise InvalidInput("the procedure has no such office", field="by")
            key = await store_vault.key_of(tx, self._vault, case_id)
            if await store_vault.document_of(tx, key, name) == content:
                return
            now = self._clock.now()
            revision = await store_vault.put_document(tx, key, name, content, caller.name, now)
            added = DocumentAdded(document=name, by=office)
            await emit(tx, case, form, [added], f"document|{name}|{revision}", now)

    async def read_document(self, case_id: UUID, name: str, reader: str, purpose: str) -> str:
        """A sealed text; raises `NotFound` for a case or a document that there is not."""
        async with self._engine.begin() as tx:
            await find_case(tx, case_id)
            documents = await store_vault.documents_of(tx, await store_vault.key_of(tx, self._vault, case_id))
            if name not in documents:
                raise NotFound("no such document")
            await store_vault.record_read(tx, case_id, reader, [f"documents.{name}"], purpose, self._clock.now())
        return documents[name]

    async def reads_of(self, case_id: UUID) -> list[VaultRead]:
        """Who read which fields of a case's identity, when and why; oldest first."""
        async with self._engine.connect() as connection:
            await find_case(connection, case_id)
            return await store_vault.reads_of(connection, case_id)


async def find_case(connection: AsyncConnection, case_id: UUID, *, lock: bool = False) -> Case:
    """A case; raises `NotFound`."""
    case = await store.find_case(connection, case_id, lock=lock)
    if case is None:
        raise NotFound("no such case")
    return case


def _contact(case: Case, asked: ContactQuestion, values: dict[str, str], texts: dict[str, str]) -> Contact:
    return Contact(
        case_id=str(case.id),
        case_number=case.number,
        language=case.language,
        receipt_code=values.get(store_vault.RECEIPT),
        progress_url=progress_url(case.number),
        fields={name: values[name] for name in asked.fields if name in values},
        documents=texts,
    )
