"""The parts of a procedure with their paths, and the ids that other parts may refer to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pydantic import BaseModel

from shared.procedures.conditions import All, Always, Any_, Compare, Not, Reached
from shared.procedures.model import Procedure

CONDITIONS = (All, Any_, Not, Reached, Always, Compare)


def parts(part: BaseModel, path: str = "") -> Iterator[tuple[str, BaseModel]]:
    """The part itself and every model below it, conditions left out, with paths such as `clocks[forward].pauses[0]`."""
    yield path, part
    for name, spec in type(part).model_fields.items():
        value = getattr(part, name)
        below = f"{path}.{spec.alias or name}" if path else (spec.alias or name)
        if isinstance(value, BaseModel) and not isinstance(value, CONDITIONS):
            yield from parts(value, below)
        elif isinstance(value, tuple):
            for index, one in enumerate(value):
                if isinstance(one, BaseModel) and not isinstance(one, CONDITIONS):
                    yield from parts(one, f"{below}[{getattr(one, 'id', None) or index}]")


class Ids:
    """The ids that a procedure declares, by the part that declares them."""

    def __init__(self, procedure: Procedure) -> None:
        self._procedure = procedure

    def __getitem__(self, part: str) -> frozenset[str]:
        return frozenset(one.id for one in getattr(self._procedure, part))

    @cached_property
    def people(self) -> frozenset[str]:
        """Everybody who can act or get a notice: roles, departments, levels and parties."""
        return self["roles"] | self["departments"] | self["levels"] | self["parties"]
