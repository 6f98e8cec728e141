"""Which files a document takes: their kind, their size, how many, and what must be stated before them. Pure."""

from __future__ import annotations

from services.intake.domain.documents import states_something
from shared.errors import Conflict, InvalidInput, TooLarge
from shared.procedures.model import DocumentKind, Files, FileType, Procedure


def files_rule(procedure: Procedure, document: str) -> Files:
    """What files a document takes; raises `InvalidInput` if it takes none."""
    kind = next((one for one in procedure.documents if one.id == document), None)
    if kind is None or kind.files is None:
        named = ", ".join(one.id for one in procedure.documents if one.files is not None) or "none"
        raise InvalidInput(f"the documents of the procedure that take files are: {named}", field="name")
    return kind.files


def require_statement(kind: DocumentKind | None, *, stated: bool) -> None:
    """A scan shows no fields and no office: raise `Conflict` unless what the document must state has been put in."""
    if kind is not None and states_something(kind) and not stated:
        raise Conflict(
            "what this document must state is put into it before its files",
            field="name",
            hint="PUT its fields and signatures to /v1/cases/{id}/documents/{name} first",
        )


def require_size(rule: Files, size: int) -> None:
    """Raise `TooLarge` for so many bytes."""
    if size > rule.bytes_at_most:
        raise TooLarge(f"a file of this document has at most {rule.at_most}", field="body")


def accepted(rule: Files, kind: FileType | None) -> FileType:
    """The kind (None: not recognised), if the document takes it; raises `InvalidInput`."""
    if kind is None or kind not in rule.types:
        raise InvalidInput(
            "the content is none of the kinds that this document takes",
            field="body",
            hint=f"one of: {', '.join(rule.types)}",
        )
    return kind


def require_room(rule: Files, there: int) -> None:
    """Raise `Conflict` if the document has as many files as it may."""
    if there >= rule.count:
        raise Conflict(f"this document has at most {rule.count} files", field="name")
