"""Texts with `{{name}}` in them. A name is looked up and nothing else is done: no expression is ever run (rule O4).

All places are filled in one pass, so a value that itself looks like a place is shown as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_PLACE = re.compile(r"\{\{\s*([a-z][a-z_]*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)?)\s*\}\}")

# A subject travels in the clear and shows on locked screens: nothing of the person or of the matter (rule O3).
IN_SUBJECT = frozenset(
    ("case_number", "procedure", "department", "level", "class", "due", "clock", "step", "occurred_at", "notice")
)


@dataclass(frozen=True)
class Rendered:
    """What a person reads. `blanks` counts the places that stayed empty."""

    subject: str
    body: str
    blanks: int


def names_in(*texts: str) -> frozenset[str]:
    """The names that texts ask for."""
    return frozenset(found for text in texts for found in _PLACE.findall(text))


def render(subject: str, body: str, values: Mapping[str, str | None]) -> Rendered:
    """Fill both texts. A name without a value, or one that no subject may show, leaves its place empty."""
    blanks = 0

    def fill(text: str, allowed: frozenset[str] | None) -> str:
        def value(place: re.Match[str]) -> str:
            nonlocal blanks
            name = place.group(1)
            found = values.get(name) if allowed is None or name in allowed else None
            if not found:
                blanks += 1
                return ""
            return plain(found)

        return _PLACE.sub(value, text)

    return Rendered(one_line(fill(subject, IN_SUBJECT)), fill(body, None), blanks)


def plain(value: str) -> str:
    """A value without control characters, save line breaks and tabs; bidirectional overrides are control characters."""
    return "".join(char for char in value.replace("\r\n", "\n") if char in "\n\t" or not _is_control(char))


def one_line(text: str) -> str:
    """A text fit for a header: one line, no control characters, at most 200 characters."""
    return " ".join("".join(" " if char.isspace() or _is_control(char) else char for char in text).split())[:200]


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _OVERRIDES


_OVERRIDES = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
