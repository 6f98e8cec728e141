"""Mistakes in a submission as JSON. An answer names fields and never repeats what was sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from services.intake.domain.field_errors import FieldError

_SHOWABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")


def safe_errors(error: ValidationError) -> list[dict[str, Any]]:
    """pydantic's errors without input; a key that nobody declared is named only if it looks like a name."""
    found = []
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        place = tuple(part if isinstance(part, int) or _SHOWABLE.fullmatch(part) else "?" for part in item["loc"])
        found.append({**item, "loc": ("body", *place)})
    return found


def listed(errors: Sequence[FieldError]) -> list[dict[str, Any]]:
    """The mistakes as JSON; `again` stands only where sending again may help."""
    return [
        {"field": error.field, "message": error.message} | ({"again": True} if error.again else {}) for error in errors
    ]
