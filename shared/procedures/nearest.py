"""The nearest known word to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 100


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """The nearest of the known words; None if none is near. Long words are not compared."""
    if len(word) > _LONGEST:
        return None
    return next(iter(get_close_matches(word, [one for one in known if one != word], n=1, cutoff=0.7)), None)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The same as a question: `did you mean floor-manager?`."""
    found = nearest_word(word, known)
    return f"did you mean {found}?" if found else None
