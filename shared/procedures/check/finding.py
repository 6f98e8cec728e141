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


_MOST_LISTED = 12


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    """What to put after a message on a word that nobody knows, in both languages: the nearest known one; where none is
    near, all of them, if they are few."""
    known = sorted(set(known))
    near = nearest_word(word, known)
    if near:
        return f"；是否为 {near}？", f"; did you mean {near}?"
    if not known:
        return "；未声明任何一个", "; none is declared"
    if len(known) > _MOST_LISTED:
        return "", ""
    return f"；有：{'、'.join(known)}", f"; there are: {', '.join(known)}"


def error(path: str, zh: str, en: str) -> Finding:
    """A rule that cannot work."""
    return Finding("error", path, zh, en)


def warning(path: str, zh: str, en: str) -> Finding:
    """A rule that is hardly meant so."""
    return Finding("warning", path, zh, en)
