"""Armed steps: those that a decision leaves to the timers, and how the next decision learns which of them have come.

A timer fires without touching its case. What it fired is read off the *cursor* of the case's shard: everything up to it
has been said. So the next decision on the case first takes up the armed steps behind the cursor as fired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sla.domain.case import Case
from services.sla.domain.schedule import Step


@dataclass(frozen=True, order=True, slots=True)
class Cursor:
    """How far a shard has fired: all timers up to this instant (UTC), and at this instant up to this case."""

    at: datetime
    case: UUID


def in_memory(steps: Iterable[Step]) -> list[list[Any]]:
    """Steps as they are kept with the case: `[id, instant, plain]` each."""
    return [[step.id, step.at.isoformat(), step.plain] for step in steps]


def absorbed(case: Case, cursor: Cursor) -> Case:
    """The case with the armed steps that the cursor has passed noted as fired (those that are not plain: as gone)."""
    said = {}
    for key, before in case.said.items():
        armed = before.get("armed", ())
        left = [step for step in armed if Cursor(datetime.fromisoformat(step[1]), case.id) > cursor]
        if len(left) == len(armed):
            said[key] = before
            continue
        come = {name: before["due"] for name, _, plain in armed[: len(armed) - len(left)] if plain}
        said[key] = {**before, "armed": left, "fired": {**before["fired"], **come}}
    return replace(case, said=said)


Lost = Mapping[tuple[str, int], int | None]
"""Clocks whose timers are gone: (clock, cycle) -> the generation that this is true of (None: whatever it is)."""


def without(case: Case, lost: Lost) -> Case:
    """The case as if nothing were armed of these clocks: the next decision arms them anew, and fires what has come."""
    said = dict(case.said)
    for (clock, cycle), generation in lost.items():
        before = said.get(f"{clock}#{cycle}")
        if before and before.get("armed") and generation in (None, before["generation"]):
            said[f"{clock}#{cycle}"] = {**before, "armed": []}
    return replace(case, said=said)


def out_of_step(case: Case, written: Mapping[tuple[str, int], int]) -> Lost:
    """The clocks of which the case knows armed steps that their rows do not: `written` has each row's generation."""
    lost: dict[tuple[str, int], int | None] = {}
    for key, said in case.said.items():
        name, _, number = key.partition("#")
        cycle = int(number)
        if said.get("armed") and written.get((name, cycle)) != said["generation"]:
            lost[name, cycle] = None
    return lost
