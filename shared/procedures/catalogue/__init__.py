"""The catalogue of facts: what written complaint procedures of 92 organisations demand, one statement each.

A fact's id is `<procedure>.<number>`. Figures (durations, thresholds, ratios) and meanings are kept; sentences of the
documents are not. Procedures name facts by id in `source`. The catalogue is read when it is first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Fact:
    """One thing that a procedure demands.

    `duration` is as in a clock (`P10WD`, `PT30M`, `IMMEDIATE`); `starts` and `stops` say in words between what it runs.
    `ambiguous` says how an unclear text is read, and why. `more` holds figures that few facts have: a table, a list of
    fields, a threshold.
    """

    id: str
    procedure: str
    kind: str
    statement: str
    condition: str | None = None
    duration: str | None = None
    starts: str | None = None
    stops: str | None = None
    working_time: str | None = None
    recurs: str | None = None
    due: str | None = None
    ratio: str | None = None
    ambiguous: str | None = None
    more: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class WrittenProcedure:
    """One organisation's written procedure, as the catalogue knows it; it need not stand in the library."""

    id: str
    name_zh: str
    name_en: str
    domain: str
    organisation_type: str
    summary: str
    levels: tuple[str, ...]


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact by id, in the catalogue's order."""
    return MappingProxyType({row["id"]: _fact(row) for row in _rows("facts.jsonl")})


@cache
def written_procedures() -> Mapping[str, WrittenProcedure]:
    """Every procedure of the catalogue by id."""
    return MappingProxyType(
        {row["id"]: WrittenProcedure(**{**row, "levels": tuple(row["levels"])}) for row in _rows("procedures.jsonl")}
    )


_KNOWN = frozenset(one.name for one in fields(Fact))


def _fact(row: dict[str, Any]) -> Fact:
    more = {key: value for key, value in row.items() if key not in _KNOWN}
    return Fact(**{key: value for key, value in row.items() if key in _KNOWN}, more=MappingProxyType(more))


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with (_FOLDER / name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
