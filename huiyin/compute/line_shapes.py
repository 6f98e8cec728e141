"""The shape of a JSON line: where in it the values stand that differ from line to line.

Cutting those values out leaves the skeleton. Two lines of one shape and with equal skeletons differ in those values
only, without being parsed: a value cut out of a text holds no quote (and no line that holds a backslash is cut), and
`is_json` or whoever reads a list makes sure that a value is one of its kind. So each fills its place exactly, and
all the rest is equal character by character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COLON = re.compile(r"[ \t]*:[ \t]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 40
_FEW = 16
"""Values that are cut out of one line at most."""

Skeleton = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A top-level value: the text before it, from its key on, and the text after it."""

    key: str
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The holes of a line, in order."""

    holes: tuple[Hole, ...]
    marks: tuple[tuple[str, str], ...]

    def cut(self, line: str) -> tuple[Skeleton, list[str]] | None:
        """The skeleton and the values of a line without backslash; None if it has not all the keys in this order."""
        if line.rfind(self.marks[-1][0]) < 0:  # most often where lines differ, and near the end
            return None
        skeleton: list[str] = []
        values: list[str] = []
        for opens, closes in self.marks:
            before, found, line = line.partition(opens)
            if not found:
                return None
            skeleton.append(before)
            value, found, line = line.partition(closes)
            if not found:
                return None
            values.append(value)
        skeleton.append(line)
        return tuple(skeleton), values


def shape_of(line: str, question: Mapping[str, Any], fixed: frozenset[str]) -> Shape | None:
    """The shape of a line that parses to `question`: holes for all texts, numbers and lists of lists at its top
    level, but for the keys in `fixed`; None if there is no telling them apart by their keys."""
    if "\\" in line:
        return None
    found: list[tuple[int, Hole, str]] = []
    for key, value in question.items():
        if key in fixed or not (hole := _hole(line, key, value)):
            continue
        found.append(hole)
    if not 0 < len(found) <= _FEW:
        return None
    found.sort(key=lambda each: each[0])
    holes = tuple(hole for _, hole, _ in found)
    shape = Shape(holes, tuple((hole.opens, hole.closes) for hole in holes))
    cut = shape.cut(line)
    return shape if cut and cut[1] == [value for _, _, value in found] else None


def is_json(hole: Hole, value: str) -> bool:
    """Whether a value that nobody reads is what JSON allows in its place."""
    if hole.closes == '"':
        return value.isprintable()
    if hole.closes == "]]":
        return _is_list(value)
    return len(value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(value) is not None


def _hole(line: str, key: str, value: object) -> tuple[int, Hole, str] | None:
    """Where the value stands, its hole and its text; None if it stays part of the skeleton."""
    quoted = f'"{key}"'
    if line.count(quoted) != 1:  # else another may be meant
        return None
    at = line.index(quoted)
    colon = _COLON.match(line, at + len(quoted))
    if colon is None:
        return None
    opens, begins = line[at : colon.end()], colon.end()
    if isinstance(value, str):
        return (at, Hole(key, opens + '"', '"'), value) if line.startswith(f'"{value}"', begins) else None
    if isinstance(value, list):
        text = line[begins + 2 : line.find("]]", begins)]
        is_cut = line.startswith("[[", begins) and _is_list(text)
        return (at, Hole(key, opens + "[[", "]]"), text) if is_cut else None
    if number := _NUMBER.match(line, begins):
        return at, Hole(key, opens, line[number.end()]), number[0]
    return None


def _is_list(text: str) -> bool:
    try:
        json.loads(f"[[{text}]]")
    except (ValueError, RecursionError):
        return False
    return True
