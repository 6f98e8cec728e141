"""A procedure's data with the place of each part: what a file is while it is put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where something was written: a file's name, and the line from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Node:
    """A value with its place: a scalar, a list of nodes, or a mapping of nodes."""

    value: Any
    place: Place
