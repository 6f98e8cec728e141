"""Reading and writing what the vault holds. Every reading is recorded in the transaction that reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.case import Case
from services.intake.domain.documents import Contents, shown_text
from services.intake.domain.parties import cell, opened_parties, without_parties
from services.intake.domain.progress import progress_url
from services.intake.form_book import FormBook
from services.intake.handlers.disclosure import disclosed
from services.intake.store import cases as store
from services.intake.store import vault as store_vault
from services.intake.store.same_matter import Link, links_of
from services.intake.store.vault import VaultRead
from shared.business_time.clock import Clock
from shared.errors import Forbidden, NotFound
from shared.messaging.outbox import Outbox
from shared.procedures.fields import opened_form
from shared.security.acting import Principal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class ContactQuestion:
    """Which fields of which case are asked for, and what for (a coded purpose). `party`: of its first person."""

    case_id: UUID
    fields: Sequence[str]
    purpose: str
    party: str | None = None

    @property
    def cells(self) -> dict[str, str]:
        """The fields asked for, by the names under which the vault keeps them."""
        return {cell(self.party, 1, name) if self.party else name: name for name in self.fields}


@dataclass(frozen=True, slots=True)
class Contact:
    """What a notice to a complainant needs: the fields that there are of those asked for, and the sealed texts.

    A party gets no receipt code, which opens the complainant's page, and of the texts what is disclosed to it.
    """

    case_id: str
    case_number: str
    language: str | None
    receipt_code: str | None
    progress_url: str | None
    fields: dict[str, str]
    documents: dict[str, str]

    def seen(self, party: str | None) -> list[str]:
        """What was read for it; `party`: whose it is, if it is a party's."""
        code = [store_vault.RECEIPT] if self.receipt_code is not None else []
        own = [f"{party}.{name}" if party else name for name in self.fields]
        return [*own, *code, *(f"documents.{name}" for name in self.documents)]


@dataclass(frozen=True, slots=True)
class CaseReading:
    """A case, the later cases that go on in it, its links, and its identity by field where that was asked for."""

    case: Case
    merged: list[UUID]
    same_matter: list[Link]
    identity: dict[str, Any] | None


class VaultHandlers:
    """Readings and documents of one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, forms: FormBook) -> None:
        self._outbox = outbox
        self._engine = outbox.engine
        self._vault = vault
        self._clock = clock
        self._forms = forms

    async def read_case(self, case_id: UUID, caller: Principal, purpose: str | None) -> CaseReading:
        """A case, with its identity if a purpose is given: as much of it as is disclosed to the caller.

        Raises `NotFound` if there is none, or it was erased, `Forbidden` where nothing is disclosed.
        """
        async with self._engine.begin() as tx:
            case = await find_case(tx, case_id)
            merged = await store.merged_cases(tx, case_id)
            links = await links_of(tx, case_id, caller.acts_as)
            identity = await self._identity(tx, case, caller, purpose) if purpose is not None else None
        return CaseReading(case, merged, links, identity)

    async def _identity(self, tx: AsyncConnection, case: Case, caller: Principal, purpose: str) -> dict[str, Any]:
        form = self._forms.pinned(case.pin)
        allowed = await disclosed(tx, case, form.procedure, caller)
        sealed = await store_vault.fields_of(tx, await store_vault.key_of(tx, self._vault, case.id))
        sealed.pop(store_vault.RECEIPT, None)  # it is the complainant's, not the office's
        if allowed is not None:
            sealed = {name: value for name, value in sealed.items() if name.partition(".")[0] in allowed.fields}
            if not sealed:
                raise Forbidden("nothing of this complaint is disclosed to the caller's office", field="identity")
        specs = form.specs
        await store_vault.record_read(tx, case.id, caller.name, sorted(sealed), purpose, self._clock.now())
        own = {name: opened_form(specs.get(name), value) for name, value in without_parties(sealed).items()}
        return {**own, **opened_parties(form.procedure, sealed)}

    async def contacts(self, asked: Sequence[ContactQuestion], reader: str) -> list[Contact | None]:
        """One answer per question, in order; None for a case that is not known or whose identity has been erased."""
        wanted = {name for one in asked for name in one.cells} | {store_vault.RECEIPT}
        async with self._engine.begin() as tx:
            cases = await store.find_cases(tx, {one.case_id for one in asked})
            keys = await store_vault.keys_of(tx, self._vault, cases.keys())
            values, documents = await store_vault.opened(tx, keys, wanted)
            answers = [
                await self._contact(tx, cases[one.case_id], one, values[one.case_id], documents[one.case_id])
                if one.case_id in keys
                else None
                for one in asked
            ]
            reads = [
                (one.case_id, answer.seen(one.party), one.purpose)
                for one, answer in zip(asked, answers, strict=True)
                if answer is not None
            ]
            if reads:
                await store_vault.record_reads(tx, reads, reader, self._clock.now())
        return answers

    async def _contact(
        self,
        tx: AsyncConnection,
        case: Case,
        asked: ContactQuestion,
        values: dict[str, str],
        documents: dict[str, Contents],
    ) -> Contact:
        """A party is told only what is disclosed to it, and never what opens the complainant's own page."""
        procedure = self._forms.pinned(case.pin).procedure
        complainant = asked.party is None
        if asked.party is not None:
            allowed = await disclosed(tx, case, procedure, asked.party)
            names = allowed.documents if allowed is not None else frozenset()
            documents = {name: one for name, one in documents.items() if name in names}
        texts = {name: shown_text(procedure, name, one, case.language) for name, one in documents.items()}
        return Contact(
            case_id=str(case.id),
            case_number=case.number,
            language=case.language if complainant else None,
            receipt_code=values.get(store_vault.RECEIPT) if complainant else None,
            progress_url=progress_url(case.number) if complainant else None,
            fields={name: values[kept] for kept, name in asked.cells.items() if kept in values},
            documents=texts,
        )

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
