"""Fields that an office gives with what it does: a document's contents, the particulars of a decision. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import InvalidInput
from shared.procedures.conditions import holds
from shared.procedures.fields import Scalar, Unreadable, index_choices, read_value
from shared.procedures.model import FieldSpec

_SHOWABLE = re.compile(r"[a-z][a-z0-9-]{0,59}")


def read_fields(
    specs: Sequence[FieldSpec], given: Mapping[str, Any], facts: Mapping[str, Any], *, place: str = "fields"
) -> dict[str, Scalar]:
    """The values as they are kept, with the defaults of those not given.

    Raises `InvalidInput` naming the first field that breaks its specification, is unknown, or is needed and lacks.
    """
    declared = {spec.id: spec for spec in specs}
    found: dict[str, Scalar] = {}
    for name, value in given.items():
        spec = declared.get(name)
        if spec is None:
            shown = f"{place}.{name}" if _SHOWABLE.fullmatch(name) else place
            raise InvalidInput("there is no such field here", field=shown, hint=_named(specs))
        try:
            kept = read_value(spec, value, index_choices(spec.choices))
        except Unreadable as error:
            raise InvalidInput(error.message, field=f"{place}.{name}") from None
        if kept is not None:
            found[name] = kept
    for name, spec in declared.items():
        if name in found:
            continue
        if spec.default is not None:
            found[name] = spec.default
        elif spec.required is True and holds(spec.when, {**facts, **found}) is True:
            raise InvalidInput("this field is needed", field=f"{place}.{name}")
    return found


def _named(specs: Sequence[FieldSpec]) -> str | None:
    return f"the fields are: {', '.join(spec.id for spec in specs)}" if specs else None
