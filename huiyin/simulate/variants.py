"""Changes of what a procedure says without figures, which an example should notice too: another office in place of the
one that may, a condition that always holds, a choice or an occurrence that is left out, a switch turned round.

Only what the file writes is changed: a default is the language's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from huiyin.simulate.elements import Cited, Place, replaced, written_place
from huiyin.simulate.mutations import Mutation
from shared.procedures.conditions import All, Always, Any_, Compare, Not, Reached
from shared.procedures.model import Element, Procedure
from shared.procedures.offices import HANDLER
from shared.procedures.supplement_clocks import clock_of

_CONDITION = (All, Always, Any_, Compare, Not, Reached)
_OFFICES = frozenset(("by", "to", "decided_by", "approved_by", "signed_by", "copies", "with_"))
_ONE_OF: Mapping[str, str] = {
    "department": "departments",
    "default_department": "departments",
    "level": "levels",
    "to_level": "levels",
    "class_": "classes",
}
"""Fields that name one element, and the part of the procedure that it is in."""
_OTHER: Mapping[str, Mapping[str, str]] = {
    "time": {"elapsed": "business", "business": "elapsed"},
    "boundary": {"end-of-day": "same-time", "same-time": "end-of-day", "closing-time": "end-of-day"},
    "restart": {"never": "year", "year": "month", "month": "year", "day": "month"},
    "distinct": {"case": "occurrence", "occurrence": "case", "complainant": "case"},
    "next_round": {"dissatisfied": "answered", "answered": "dissatisfied"},
    "holiday": {"keep": "later", "later": "earlier", "earlier": "later"},
    "half": {"first": "second", "second": "first"},
    "otherwise": {"admit": "hold", "hold": "admit"},
    "form": {"written": "oral", "oral": "written", "as-received": "oral"},
    "required": {"registration": "optional", "requested": "optional"},
}
"""Words of the language that stand for one another."""
_LEFT_OUT = frozenset(
    ("at", "from_", "until", "cancel_on", "restart_on", "stages", "must", "choices", "fields", "documents", "contains",
     "types", "receipt", "same", "not_by", "in_", "not_in", "all", "any", "months", "warn", "must_be", "persons")
)  # fmt: skip
"""Lists of which each entry is left out, as long as another stays; of those of conditions too."""
_KEPT = frozenset(("source", "default", "must_be", "name", "label", "text", "reason", "why"))


def variants(procedure: Procedure, cited: Cited) -> Iterator[Mutation]:
    """The procedure with each such change of the element; not of parts that cite facts of their own."""
    if not cited.place or cited.element in [clock_of(one) for one in procedure.supplements]:
        return  # of the procedure itself every part is judged by itself; such a clock is not in the file
    for place, value in _written(cited.place, cited.element):
        for what, other in _others(procedure, place, value):
            yield Mutation(written_place(procedure, place), what, replaced(procedure, place, other))


def _written(place: Place, value: object) -> Iterator[tuple[Place, object]]:
    """The values that are written down, outer ones too."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            if name in _KEPT or name not in value.model_fields_set or _has_source(inner):
                continue
            yield (*place, name), inner
            yield from _written((*place, name), inner)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            if isinstance(one, BaseModel) and not _has_source(one):
                yield from _written((*place, number), one)


def _has_source(value: object) -> bool:
    return isinstance(value, Element) and bool(value.source)


def _others(procedure: Procedure, place: Place, value: object) -> Iterator[tuple[str, object]]:
    name = str(place[-1])
    if isinstance(value, bool):
        yield f"{value} -> {not value}", not value
    elif name in _OFFICES and isinstance(value, tuple):
        yield from _swapped(procedure, value)
    elif name in _LEFT_OUT and isinstance(value, tuple) and len(value) > 1:
        for number, one in enumerate(value):
            if not _has_source(one):
                yield f"without {_called(one)}", (*value[:number], *value[number + 1 :])
    elif isinstance(value, _CONDITION) and name in ("when", "while_"):
        yield "always", None
    elif isinstance(value, str) and name in _ONE_OF:
        other = _other_than([value], [one.id for one in getattr(procedure, _ONE_OF[name])])
        if other is not None:
            yield f"{value} -> {other}", other
    elif isinstance(value, str) and name in _OTHER and value in _OTHER[name]:
        yield f"{value} -> {_OTHER[name][value]}", _OTHER[name][value]


def _swapped(procedure: Procedure, named: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Each office replaced by one that is not named."""
    offices = [one.id for part in (procedure.roles, procedure.departments, procedure.levels) for one in part]
    other = _other_than(named, offices)
    for number, one in enumerate(named):
        if other is not None and one != HANDLER:
            yield f"{one} -> {other}", (*named[:number], other, *named[number + 1 :])


def _other_than(named: Sequence[str], known: Sequence[str]) -> str | None:
    return next((one for one in known if one not in named), None)


def _called(value: object) -> str:
    if isinstance(value, _CONDITION):
        return json.dumps(value.model_dump(mode="json", by_alias=True, exclude_none=True), ensure_ascii=False)
    return str(getattr(value, "id", value))
