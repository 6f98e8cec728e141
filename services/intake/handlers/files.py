"""Files of a case's documents: received as they stream in, sealed chunk by chunk, and read back the same way.

What a sender has transferred stands in the database sealed, and is no file until the last chunk is there. Chunks are
bound to their file, their place and whether they are the last, so that none can be exchanged, left out or cut off.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from services.intake.domain.documents import kind_of as kind_of_document
from services.intake.domain.documents import require_author
from services.intake.domain.file_types import HEAD_BYTES, kind_of
from services.intake.domain.files import accepted, files_rule, require_room, require_size, require_statement
from services.intake.form_book import FormBook
from services.intake.handlers.disclosure import disclosed, require_disclosed
from services.intake.handlers.documents import author
from services.intake.handlers.emitting import emit, hold
from services.intake.handlers.supplements import fulfil
from services.intake.handlers.vault import find_case
from services.intake.store import files as store
from services.intake.store import vault as store_vault
from services.intake.store.files import FILES, StoredFile
from shared.business_time.clock import Clock
from shared.errors import InvalidInput, NotFound
from shared.events.complaints import DocumentAdded
from shared.messaging.outbox import Outbox
from shared.procedures.model import Files, FileType
from shared.security.acting import Principal
from shared.security.vault import CaseKey, Vault

CHUNK_BYTES = HEAD_BYTES


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was received; `fresh`: it had not been there before."""

    file: StoredFile
    fresh: bool


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that may be read: its kind and size, its own name if it has one, and its content as it is opened."""

    file: StoredFile
    file_name: str | None
    content: AsyncIterator[bytes]


class FileHandlers:
    """The files of one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, real: Clock, forms: FormBook) -> None:
        self._outbox = outbox
        self._engine = outbox.engine
        self._vault = vault
        self._clock = clock
        self._real = real
        self._forms = forms

    async def receive(
        self,
        case_id: UUID,
        document: str,
        content: AsyncIterator[bytes],
        file_name: str | None,
        by: str | None,
        caller: Principal,
    ) -> Received:
        """Seal a file of a document; the same content again changes nothing. `by` is as in `documents.author`.

        Raises `NotFound` for a case that there is not, `Forbidden` for an office that the caller may not act as,
        `InvalidInput` for a document that takes no such files, `TooLarge` for one over the document's limit,
        `Conflict` where the document has as many as it may.
        """
        async with self._engine.connect() as connection:
            case = await find_case(connection, case_id)
            form = self._forms.pinned(case.pin)
            office = author(case, form, by, caller)
            rule = files_rule(form.procedure, document)
            document_kind = kind_of_document(form.procedure, document)
            require_author(document_kind, office)
            key = await store_vault.key_of(connection, self._vault, case_id)
            stated = await store_vault.document_of(connection, key, document) is not None
            require_statement(document_kind, stated=stated)
        file_id = uuid4()
        try:
            kind, size, chunks, digest = await self._take(key, file_id, rule, content)
            sealed_name = key.seal(FILES, f"{file_id}|name", file_name) if file_name else None
            hashed = self._vault.index("file", str(case_id), document, digest)
            now = self._clock.now()
            file = StoredFile(file_id, case_id, document, kind, size, chunks, hashed, sealed_name, caller.name, now)
            received = await self._keep(file, rule, office, now)
        except BaseException:
            await self._drop(file_id)
            raise
        if not received.fresh:
            await self._drop(file_id)
        return received

    async def _take(
        self, key: CaseKey, file_id: UUID, rule: Files, content: AsyncIterator[bytes]
    ) -> tuple[FileType, int, int, str]:
        """Seal the chunks as they come: (kind, bytes, chunks, hash of the content)."""
        digest, size, place = hashlib.sha256(), 0, 0
        kind: FileType | None = None
        async for chunk, last in chunked(content):
            size += len(chunk)
            require_size(rule, size)
            if place == 0:
                kind = accepted(rule, kind_of(chunk, whole=last))
            digest.update(chunk)
            sealed = key.seal_bytes(FILES, _place(file_id, place, last=last), chunk)
            async with self._engine.begin() as tx:
                await store.put_chunk(tx, key.case_id, file_id, place, sealed, self._real.now())
            place += 1
        if kind is None:
            raise InvalidInput("the file is empty", field="body")
        return kind, size, place, digest.hexdigest()

    async def _keep(self, file: StoredFile, rule: Files, office: str, now: datetime) -> Received:
        async with self._outbox.transaction() as tx:
            case = await hold(tx, file.case_id)
            known = [one for one in await store.files_of(tx, [case.id]) if one.document == file.document]
            for one in known:
                if one.content_hash == file.content_hash:
                    return Received(one, fresh=False)
            require_room(rule, len(known))
            await store.put_file(tx, file)
            added = DocumentAdded(document=file.document, by=office)
            form = self._forms.pinned(case.pin)
            await emit(tx, case, form, [added], f"file|{file.id}", now)
            await fulfil(tx, case, form, f"file|{file.id}", now)
        return Received(file, fresh=True)

    async def _drop(self, file_id: UUID) -> None:
        async with self._engine.begin() as tx:
            await store.drop_chunks(tx, file_id)

    async def list(self, case_id: UUID, document: str) -> Sequence[StoredFile]:
        """The files of a document, in the order in which they came; raises `NotFound` for an unknown case."""
        async with self._engine.connect() as connection:
            await find_case(connection, case_id)
            return [one for one in await store.files_of(connection, [case_id]) if one.document == document]

    async def open(self, case_id: UUID, document: str, file_id: UUID, caller: Principal, purpose: str) -> OpenFile:
        """A file to be read, and the record of it, before the first byte is out.

        Raises `NotFound`, and `Forbidden` for a document that is not disclosed to the caller.
        """
        async with self._engine.begin() as tx:
            case = await find_case(tx, case_id)
            procedure = self._forms.pinned(case.pin).procedure
            require_disclosed(await disclosed(tx, case, procedure, caller), document, caller, procedure)
            file = await store.find_file(tx, case_id, file_id)
            if file is None or file.document != document:
                raise NotFound("no such file")
            key = await store_vault.key_of(tx, self._vault, case_id)
            seen = [f"documents.{document}/{file_id}"]
            await store_vault.record_read(tx, case_id, caller.name, seen, purpose, self._clock.now())
        name = key.open(FILES, f"{file_id}|name", file.file_name) if file.file_name else None
        return OpenFile(file, name, self._content(key, file))

    async def _content(self, key: CaseKey, file: StoredFile) -> AsyncIterator[bytes]:
        for place in range(file.chunks):
            async with self._engine.connect() as connection:
                sealed = await store.chunk(connection, file.id, place)
            if sealed is None:
                raise NotFound("the file has been erased")
            yield key.open_bytes(FILES, _place(file.id, place, last=place == file.chunks - 1), sealed)


async def chunked(content: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """Content in chunks of `CHUNK_BYTES`, the last one shorter, each with whether it is the last; none if empty."""
    waiting = bytearray()
    async for part in content:
        waiting += part
        while len(waiting) > CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES]), False
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting), True


def _place(file_id: UUID, place: int, *, last: bool) -> str:
    return f"{file_id}|{place}|{'last' if last else 'more'}"
