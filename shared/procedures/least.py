"""The least that a form may hold: invented values that its specification accepts. Pure.

For examples, which name a document without saying what stands in it, and for the demonstration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.procedures.conditions import holds
from shared.procedures.model import DocumentKind, FieldSpec, Procedure


@dataclass(frozen=True, slots=True)
class LeastDocument:
    """What must be given with a document, and who may put it in; `by` is None where the procedure names nobody."""

    by: str | None
    fields: Mapping[str, Any]
    signed_by: tuple[str, ...]


def least_value(field: FieldSpec, at: datetime, *, yes: bool = True) -> Any:
    """A value that the field accepts at an instant with its zone; `yes` is the answer where both would do."""
    if field.accepted:
        return field.accepted[0]
    match field.type:
        case "choice":
            return field.choices[0].id
        case "boolean":
            return yes
        case "integer":
            return field.at_least if field.at_least is not None else 0
        case "money":
            return f"{field.at_least or 0}.00"
        case "person":
            return "staff-1"
        case "date":
            return at.date().isoformat()
        case "instant":
            return (at + timedelta(hours=1)).isoformat()
        case "text":
            return f"text-{field.id}"[:40].rstrip("-")


def least_document(procedure: Procedure, name: str, facts: Mapping[str, Any], at: datetime) -> LeastDocument:
    """The least of a document of a case with these facts; of one that the procedure does not declare, nothing."""
    kind = next((one for one in procedure.documents if one.id == name), None)
    if kind is None:
        return LeastDocument(None, {}, ())
    return LeastDocument(kind.by[0] if kind.by else None, _least_fields(kind, facts, at), kind.signed_by)


def _least_fields(kind: DocumentKind, facts: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        one.id: least_value(one, at)
        for one in kind.fields
        if one.required is True and one.default is None and holds(one.when, facts) is not False
    }
