"""Documents of a case: written and read, with what they state, and what the case holds altogether."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.case import Case
from services.intake.domain.documents import (
    Contents,
    ContentsList,
    author_of,
    check_contents,
    check_copy,
    contents_list,
    kind_of,
)
from services.intake.domain.forms import Form
from services.intake.form_book import FormBook
from services.intake.handlers.disclosure import disclosed, require_disclosed
from services.intake.handlers.emitting import emit, history_of, hold
from services.intake.handlers.supplements import fulfil
from services.intake.handlers.vault import find_case
from services.intake.store import copies, timeline
from services.intake.store import vault as store_vault
from shared.business_time.clock import Clock
from shared.errors import NotFound
from shared.events.complaints import DocumentAdded, DocumentCopied
from shared.messaging.outbox import Outbox
from shared.procedures.fields import Scalar, opened_form, sealed_form
from shared.security.acting import Principal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Written:
    """What is put into a document, as it was sent; `by` is None for the office that has the case."""

    text: str
    fields: Mapping[str, Any]
    by: str | None
    signed_by: Sequence[str]


class DocumentHandlers:
    """The documents of one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, forms: FormBook) -> None:
        self._outbox = outbox
        self._engine = outbox.engine
        self._vault = vault
        self._clock = clock
        self._forms = forms

    async def write(self, case_id: UUID, name: str, written: Written, caller: Principal) -> None:
        """Seal a document of a case and emit that it is there; one of the same name is replaced.

        The same again changes nothing and emits nothing. Raises `NotFound`, `Forbidden` for an office that the caller
        may not act as, and `InvalidInput` where the document is not what the procedure demands.
        """
        async with self._outbox.transaction() as tx:
            case = await hold(tx, case_id)
            form = self._forms.pinned(case.pin)
            office = author(case, form, written.by, caller)
            facts = (await history_of(tx, case)).facts if kind_of(form.procedure, name) else {}
            contents = check_contents(
                form.procedure,
                name,
                facts,
                text=written.text,
                fields=written.fields,
                by=office,
                signed_by=written.signed_by,
            )
            sealable = Contents(contents.text, _sealable(contents.fields), contents.by, contents.signed_by)
            key = await store_vault.key_of(tx, self._vault, case_id)
            if await store_vault.document_of(tx, key, name) == sealable:
                return
            now = self._clock.now()
            revision = await store_vault.put_document(tx, key, name, sealable, caller.name, now)
            await copies.drop(tx, case_id, name)
            cause = f"document|{name}|{revision}"
            await emit(tx, case, form, [DocumentAdded(document=name, by=office)], cause, now)
            await fulfil(tx, case, form, cause, now)

    async def hand_copy(self, case_id: UUID, name: str, to: str, by: str | None, caller: Principal) -> None:
        """Note that somebody was handed a copy of a document; the same again changes nothing.

        Raises as `documents.check_copy`, `NotFound`, and `Forbidden` for an office that the caller may not act as.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case = await hold(tx, case_id)
            form = self._forms.pinned(case.pin)
            office = author(case, form, by, caller)
            held = await store_vault.held_documents(tx, case_id)
            kind = check_copy(form.procedure, name, to, held, office)
            handed = (await copies.copies_of(tx, case_id)).get(name, ())
            if to in handed:
                return
            await copies.put(tx, case_id, name, to, office, now)
            complete = set(kind.copies) <= {*handed, to}
            times = sum(one.type == DocumentCopied.type_ for one in await timeline.timeline_of(tx, case_id))
            copied = DocumentCopied(document=name, to=to, by=office, complete=complete)
            await emit(tx, case, form, [copied], f"copy|{name}|{to}|{times}", now)

    async def read(self, case_id: UUID, name: str, caller: Principal, purpose: str) -> Contents:
        """A document, and the record of its reading.

        Raises `NotFound` for a case or a document that there is not, `Forbidden` for one that is not disclosed.
        """
        async with self._engine.begin() as tx:
            case = await find_case(tx, case_id)
            found = await store_vault.document_of(tx, await store_vault.key_of(tx, self._vault, case_id), name)
            if found is None:
                raise NotFound("no such document")
            procedure = self._forms.pinned(case.pin).procedure
            require_disclosed(await disclosed(tx, case, procedure, caller), name, caller, procedure, found)
            await store_vault.record_read(tx, case_id, caller.name, [f"documents.{name}"], purpose, self._clock.now())
        kind = kind_of(procedure, name)
        specs = {spec.id: spec for spec in kind.fields} if kind else {}
        opened = {field: opened_form(specs.get(field), str(value)) for field, value in found.fields.items()}
        return Contents(found.text, opened, found.by, found.signed_by)

    async def contents(self, case_id: UUID) -> ContentsList:
        """What a case holds and what its dossier lacks; raises `NotFound`. Nothing of it is opened."""
        async with self._engine.connect() as connection:
            case = await find_case(connection, case_id)
            return await contents_of(connection, case, self._forms.pinned(case.pin))


async def contents_of(connection: AsyncConnection, case: Case, form: Form) -> ContentsList:
    """The same of a case that was read."""
    held = await store_vault.held_documents(connection, case.id)
    facts = (await history_of(connection, case)).facts
    copied = await copies.copies_of(connection, case.id)
    return contents_list(form.procedure, case.document_numbers, held, facts, case.kept_until, copied)


def author(case: Case, form: Form, by: str | None, caller: Principal) -> str:
    """The office that puts a document in: absent, the department that has the case, or will have it by default.

    Raises `Forbidden` for an office that the caller may not act as, `InvalidInput` for one that there is not.
    """
    caller.require_office(case.procedure, by or case.department or form.procedure.default_department)
    return author_of(form.procedure, case.department, by)


def _sealable(fields: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Values as texts, as the vault keeps them."""
    return {name: sealed_form(value) for name, value in fields.items()}
