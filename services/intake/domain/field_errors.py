"""A mistake in one field of what was submitted."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHOWABLE = re.compile(r"[a-z][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that breaks the form; no part holds a submitted value. `again`: sent again it may be right."""

    field: str
    message: str
    again: bool = False


def shown(place: str, name: object) -> str:
    """Where an unknown field is, by its name if that looks like an id; anything else may be a value in the wrong
    place."""
    return f"{place}.{name}" if isinstance(name, str) and _SHOWABLE.fullmatch(name) else place
