"""One thing that is wrong, or odd, in a procedure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.procedures.nearest import nearest_word


@dataclass(frozen=True, order=True)
class Finding:
    """`path` is as in a loader's error (`clocks[forward].from`); the message stands in both languages.

    An `error` is a rule that cannot work as written; a `warning` is one that works, but hardly as it was meant.
    """

    severity: Literal["error", "warning"]
    path: str
    zh: str
    en: str


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    """What to put after a message on a word that nobody knows, in both languages: the nearest known one, or nothing."""
    near = nearest_word(word, known)
    return (f"；是否为 {near}？", f"; did you mean {near}?") if near else ("", "")


def error(path: str, zh: str, en: str) -> Finding:
    """A rule that cannot work."""
    return Finding("error", path, zh, en)


def warning(path: str, zh: str, en: str) -> Finding:
    """A rule that is hardly meant so."""
    return Finding("warning", path, zh, en)
