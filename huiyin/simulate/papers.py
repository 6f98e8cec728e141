"""The papers of cases in memory: what was put into each document, how many files it has, and what the dossier lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from huiyin.simulate.rules import WorldRules
from services.intake.domain import files
from services.intake.domain.documents import (
    Contents,
    ContentsList,
    Held,
    author_of,
    check_contents,
    contents_list,
    kind_of,
    require_author,
)
from services.intake.domain.history import History
from services.intake.domain.retention import kept_until
from services.intake.domain.timeline import Projection, TimelineEntry
from shared.events.complaints import DocumentAdded
from shared.procedures.model import FileType
from shared.procedures.model.documents import bytes_of


class CaseOfPapers(Protocol):
    """What is read of a case."""

    @property
    def id(self) -> UUID: ...
    @property
    def document_numbers(self) -> Mapping[str, str]: ...
    @property
    def timeline(self) -> tuple[TimelineEntry, ...]: ...
    @property
    def projection(self) -> Projection: ...
    @property
    def history(self) -> History: ...


@dataclass(frozen=True, slots=True)
class Written:
    """What is put into a document; `by` is None for the department that has the case."""

    text: str
    fields: Mapping[str, Any]
    by: str | None
    signed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file that is uploaded; `kind` is None for one that is not recognised."""

    kind: FileType | None
    size: str


class Papers:
    """The papers of every case of one procedure."""

    def __init__(self, rules: WorldRules) -> None:
        self._rules = rules
        self._held: dict[UUID, dict[str, Held]] = {}
        self._contents: dict[tuple[UUID, str], Contents] = {}

    def put(self, case: CaseOfPapers, document: str, written: Written, now: datetime) -> DocumentAdded | None:
        """A document is put into a case, or replaced there; None for what is there already. Raises what the domain
        raises."""
        procedure = self._rules.procedure
        office = author_of(procedure, case.projection.department, written.by)
        contents = check_contents(
            procedure,
            document,
            case.history.facts,
            text=written.text,
            fields=written.fields,
            by=office,
            signed_by=written.signed_by,
        )
        if self._contents.get((case.id, document)) == contents:
            return None
        self._contents[case.id, document] = contents
        known = self._known(case, document, now)
        self._keep(case, replace(known, at=now, by=office, signed_by=contents.signed_by))
        return DocumentAdded(document=document, by=office)

    def upload(self, case: CaseOfPapers, document: str, by: str | None, file: File, now: datetime) -> DocumentAdded:
        """A file is put into a document; raises what the domain raises."""
        procedure = self._rules.procedure
        office = author_of(procedure, case.projection.department, by)
        rule, kind = files.files_rule(procedure, document), kind_of(procedure, document)
        require_author(kind, office)
        files.require_statement(kind, stated=(case.id, document) in self._contents)
        files.accepted(rule, file.kind)
        size = bytes_of(file.size)
        files.require_size(rule, size)
        known = self._known(case, document, now)
        files.require_room(rule, known.files)
        self._keep(case, replace(known, at=now, files=known.files + 1, bytes=known.bytes + size))
        return DocumentAdded(document=document, by=office)

    def contents(self, case: CaseOfPapers) -> ContentsList:
        """What a case holds and what its dossier lacks."""
        procedure = self._rules.procedure
        held = list(self._held.get(case.id, {}).values())
        until = kept_until(procedure, case.timeline, self._rules.calendars[procedure.calendar])
        return contents_list(procedure, case.document_numbers, held, case.history.facts, until)

    def _known(self, case: CaseOfPapers, document: str, now: datetime) -> Held:
        nothing = Held(name=document, at=now, by=None, signed_by=(), files=0, bytes=0)
        return self._held.get(case.id, {}).get(document, nothing)

    def _keep(self, case: CaseOfPapers, held: Held) -> None:
        self._held.setdefault(case.id, {})[held.name] = held
