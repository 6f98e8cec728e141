"""The fields of a report: read as the procedure declares them, and what it demands of them (`must`).

Free texts never come here: a text field takes the name of a document, and that document is in the vault already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from services.routing.domain.case import Case
from services.routing.domain.report import Report
from shared.errors import InvalidInput, NotYet
from shared.procedures.conditions import All, Any_, Condition, because, fields_of, holds
from shared.procedures.fields import Scalar, Unreadable, index_choices, read_value
from shared.procedures.model import FieldSpec, Milestone
from shared.procedures.nearest import nearest
from shared.procedures.standard_fields import standard_fields

_DOCUMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def read_fields(spec: Milestone | None, report: Report, case: Case) -> dict[str, Scalar]:
    """The values as they are kept, defaults among them. Raises `InvalidInput`, or `NotYet` for a document that is not
    in the vault, naming the field."""
    declared = {field.id: field for field in standard_fields(report.milestone)}
    declared |= {field.id: field for field in spec.fields} if spec else {}
    facts = case.conditions()
    checked: dict[str, Scalar] = {}
    for name, value in report.fields.items():
        if name not in declared:
            hint = nearest(name, declared) or (f"it has: {', '.join(declared)}" if declared else "it has no fields")
            raise InvalidInput("the milestone has no such field", field=f"fields.{name}", hint=hint)
        kept = _read_field(declared[name], value, case)
        if kept is not None:
            checked[name] = kept
    for name, field in declared.items():
        if name in checked:
            continue
        if field.default is not None:
            checked[name] = field.default
        elif field.required is True and holds(field.when, facts | checked) is True:
            raise InvalidInput("this field is needed", field=f"fields.{name}")
    return checked


def check_must(spec: Milestone, case: Case, fields: Mapping[str, Scalar]) -> None:
    """Raise `InvalidInput` for the first condition of `must` that does not hold, naming the field that breaks it."""
    own = {field.id for field in spec.fields}
    facts: dict[str, Any] = {**case.conditions(), **dict.fromkeys(own), **fields}
    for condition in spec.must:
        if holds(condition, facts) is True:
            continue
        failing = _failing(condition, facts)
        named = sorted(name for part in failing for name in fields_of(part) if name in own)
        reason = "; ".join(line for part in failing for line in because(part, facts))
        raise InvalidInput(
            f"the procedure demands more of this report: {reason}",
            field=f"fields.{named[0]}" if named else "milestone",
        )


def _failing(condition: Condition, facts: Mapping[str, Any]) -> list[Condition]:
    """The smallest parts of a condition, which does not hold, that keep it from holding."""
    match condition:
        case All(all=parts):
            return next(_failing(part, facts) for part in parts if holds(part, facts) is not True)
        case Any_(any=parts):
            return [one for part in parts for one in _failing(part, facts)]
    return [condition]


def _read_field(spec: FieldSpec, value: object, case: Case) -> Scalar | None:
    """The value as it is kept, None if it is empty; a text is the name of a document."""
    place = f"fields.{spec.id}"
    if spec.type == "text":
        if not (isinstance(value, str) and _DOCUMENT.fullmatch(value)):
            raise InvalidInput(
                "takes the name of a document in the vault, not a text",
                field=place,
                hint="PUT the text to intake's /v1/cases/{id}/documents/{name} first",
            )
        require_documents(case, [value], place)
        return value
    try:
        return read_value(spec, value, index_choices(spec.choices))
    except Unreadable as error:
        raise InvalidInput(error.message, field=place) from None


def require_documents(case: Case, names: Iterable[str], field: str) -> None:
    """Raise `NotYet` unless these documents are in the vault, in whatever cycle they came."""
    for name in names:
        if not case.ever_occurred(f"documented:{name}"):
            raise NotYet(
                f"the document {name} is not known to be in the vault",
                field=field,
                hint=f"PUT documents/{name} to intake first; if it is there already, try again in a moment",
            )
