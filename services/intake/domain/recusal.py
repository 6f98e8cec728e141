"""Which offices a complaint is about, so that they have nothing to do with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.domain.duplicate_keys import normalised
from shared.procedures.fields import Scalar
from shared.procedures.model import Procedure
from shared.procedures.offices import PARTS

_SHORTEST = {"zh": 2, "en": 4}
"""Shorter names stand by chance in other words."""


def recusing_fields(procedure: Procedure) -> frozenset[str]:
    """The fields that say who is accused, or their unit."""
    return frozenset(name for part in procedure.confidentiality for name in part.recused)


def recused_offices(procedure: Procedure, values: Mapping[str, Scalar]) -> tuple[str, ...]:
    """The offices that these values name: by their id or their name; in the file's order.

    A department also where its name stands within the text ("head of the repairs department"). A post does not: "the
    leader in charge of some bureau" is the leader of that bureau.
    A level is a rung and no unit: it is recused with the department that would take over on it, not by its name.
    """
    named = [normalised(values[name]) for name in sorted(recusing_fields(procedure)) if values.get(name)]
    if not named:
        return ()
    found = [
        one.id
        for part in PARTS
        if part != "levels"
        for one in getattr(procedure, part)
        if any(
            _names(value, one.id, {"zh": one.name.zh, "en": one.name.en}, within=part == "departments")
            for value in named
        )
    ]
    above = [one.id for one in procedure.levels if one.department in found]
    return tuple(dict.fromkeys((*found, *above)))


def _names(value: str, id: str, texts: Mapping[str, str], *, within: bool) -> bool:
    names = [(language, normalised(text)) for language, text in texts.items()]
    if value in (normalised(id), *(name for _, name in names)):
        return True
    return within and any(len(name) >= _SHORTEST[language] and name in value for language, name in names)
