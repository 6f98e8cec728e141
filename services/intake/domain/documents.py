"""What a document must be before it is put into a case, what a case holds, and what its dossier lacks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.intake.domain.reported_fields import read_fields
from shared.errors import Conflict, InvalidInput
from shared.procedures.conditions import holds
from shared.procedures.dossiers import required_documents
from shared.procedures.fields import Scalar, opened_form
from shared.procedures.model import DocumentKind, FieldSpec, Procedure, Text
from shared.procedures.offices import PARTS, offices


@dataclass(frozen=True, slots=True)
class Contents:
    """What is put into a document: its text, the values that it states, who puts it in and who signed it."""

    text: str = ""
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    by: str | None = None
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A document that a case holds: its text, if it has one, and its files. `at` is when it was last changed."""

    name: str
    at: datetime
    by: str | None
    signed_by: tuple[str, ...]
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents list. `held` is None for a document that the procedure declares and that is not there.

    `copies`: who gets one, `copied_to`: who has it. `due`: its occurrence has happened, and it is not there.
    """

    place: int
    document: str
    name: Text | None
    number: str | None
    held: Held | None
    copies: tuple[str, ...]
    copied_to: tuple[str, ...]
    due: bool
    in_dossier: bool


@dataclass(frozen=True, slots=True)
class ContentsList:
    """What a case holds. `missing`: documents of the dossier that are not there; `kept_until`: an instant, UTC."""

    entries: tuple[Entry, ...]
    missing: tuple[str, ...]
    kept_until: datetime | None


def kind_of(procedure: Procedure, name: str) -> DocumentKind | None:
    """What the procedure says of a document; None for one that it does not declare."""
    return next((one for one in procedure.documents if one.id == name), None)


def author_of(procedure: Procedure, department: str | None, by: str | None) -> str:
    """The office that puts a document in: absent, the department that has the case, or will have it by default.

    Raises `InvalidInput` for one that there is not.
    """
    office = by or department or procedure.default_department
    if office not in offices(procedure):
        raise InvalidInput("the procedure has no such office", field="by")
    return office


def check_contents(
    procedure: Procedure,
    name: str,
    facts: Mapping[str, Any],
    *,
    text: str,
    fields: Mapping[str, Any],
    by: str | None,
    signed_by: Sequence[str],
) -> Contents:
    """The contents as they are kept; raises `InvalidInput` naming the field that breaks the procedure's rule."""
    kind = kind_of(procedure, name)
    require_author(kind, by)
    missing = [one for one in (kind.signed_by if kind else ()) if one not in signed_by]
    if missing:
        raise InvalidInput(f"must be signed by: {', '.join(missing)}", field="signed_by")
    if any(one not in offices(procedure) for one in signed_by):
        raise InvalidInput("names no role, department, level or party of the procedure", field="signed_by")
    values = read_fields(kind.fields if kind else (), fields, facts)
    if not text and not values:
        raise InvalidInput("a document has a text, or fields", field="text")
    return Contents(text, values, by, tuple(signed_by))


def shown_text(procedure: Procedure, name: str, contents: Contents, language: str) -> str:
    """A document as a notice shows it: its text, then what it states and who signed it, a line each."""
    kind = kind_of(procedure, name)
    if kind is None:
        return contents.text

    def words(text: Text) -> str:
        return text.en if language == "en" else text.zh

    colon = ": " if language == "en" else "："
    lines = [contents.text] if contents.text else []
    for spec in kind.fields:
        if spec.id in contents.fields:
            value = opened_form(spec, str(contents.fields[spec.id]))
            lines.append(f"{words(spec.label)}{colon}{_shown_value(spec, value, language)}")
    named = {one.id: one.name for part in PARTS for one in getattr(procedure, part)}
    signers = [words(named[one]) for one in contents.signed_by if one in named]
    if signers:
        lines.append(f"{'Signed and sealed' if language == 'en' else '签章'}{colon}{', '.join(signers)}")
    return "\n".join(lines)


def _shown_value(spec: FieldSpec, value: Scalar, language: str) -> str:
    if isinstance(value, bool):
        return {("en", True): "yes", ("en", False): "no"}.get((language, value), "是" if value else "否")
    chosen = next((one.name for one in spec.choices if one.id == value), None)
    if chosen is not None:
        return chosen.en if language == "en" else chosen.zh
    return str(value)


def require_author(kind: DocumentKind | None, by: str | None) -> None:
    """Raise `InvalidInput` if the procedure lets other offices put this document in."""
    if kind is not None and kind.by and by not in kind.by:
        raise InvalidInput("may not put this document in", field="by", hint=f"one of: {', '.join(kind.by)}")


def states_something(kind: DocumentKind) -> bool:
    """Whether a document of this kind must state or carry more than a file can show."""
    return bool(kind.signed_by) or any(spec.required is True for spec in kind.fields)


def _is_due(kind: DocumentKind, facts: Mapping[str, Any]) -> bool:
    return kind.at is not None and facts.get(f"reached:{kind.at}") is True and holds(kind.when, facts) is True


def check_copy(procedure: Procedure, name: str, to: str, held: Sequence[Held], by: str) -> DocumentKind:
    """What the procedure says of a document of which `to` is handed a copy, as the office `by` reports.

    Raises `InvalidInput` for one of which `to` gets none, `Conflict` for one that is not there.
    """
    kind = kind_of(procedure, name)
    if kind is None or to not in kind.copies:
        named = ", ".join(kind.copies) if kind is not None else ""
        raise InvalidInput(f"copies of this document go to: {named or 'nobody'}", field="to")
    require_author(kind, by)
    if all(one.name != name for one in held):
        raise Conflict("the document is not there yet", field="name", hint="PUT it into the case first")
    return kind


def contents_list(
    procedure: Procedure,
    numbers: Mapping[str, str],
    held: Sequence[Held],
    facts: Mapping[str, Any],
    kept_until: datetime | None,
    copied: Mapping[str, tuple[str, ...]] | None = None,
) -> ContentsList:
    """What a case holds, the dossier's documents first and in its order, then others as the procedure declares them.

    `facts`: the case's, by which the dossier may need fewer documents. `kept_until`: as `retention`.
    """
    known = {one.name: one for one in held}
    declared = {one.id: one for one in procedure.documents}
    wanted = required_documents(procedure, facts)
    names = dict.fromkeys((*wanted, *declared, *known))
    entries = tuple(
        Entry(
            place=place,
            document=name,
            name=declared[name].name if name in declared else None,
            number=numbers.get(name),
            held=known.get(name),
            copies=declared[name].copies if name in declared else (),
            copied_to=(copied or {}).get(name, ()),
            due=name in declared and name not in known and _is_due(declared[name], facts),
            in_dossier=name in wanted,
        )
        for place, name in enumerate(names, 1)
    )
    return ContentsList(entries, tuple(name for name in wanted if name not in known), kept_until)
