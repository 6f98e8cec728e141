"""One thing that is wrong, or odd, in a procedure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True)
class Finding:
    """`path` is as in a loader's error (`clocks[forward].from`); the message stands in both languages.

    An `error` is a rule that cannot work as written; a `warning` is one that works, but hardly as it was meant.
    """

    severity: Literal["error", "warning"]
    path: str
    zh: str
    en: str


def error(path: str, zh: str, en: str) -> Finding:
    """A rule that cannot work."""
    return Finding("error", path, zh, en)


def warning(path: str, zh: str, en: str) -> Finding:
    """A rule that is hardly meant so."""
    return Finding("warning", path, zh, en)
