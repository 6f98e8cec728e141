"""Something that is said of a clock; and the last that is said of a cycle that there is no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.events.base import EventData
from shared.events.deadlines import BreachRetracted, ClockCancelled

GONE = "no-longer-applies"


class Emission(NamedTuple):
    """Something to say, and the cause that makes its event's id."""

    data: EventData
    cause: str


def cancellation(
    key: str, before: Mapping[str, Any], cause: str, generation: int
) -> tuple[Mapping[str, Any], list[Emission]]:
    """What is said of a cycle that there is no more, and its memory after that; `key` is `<clock>#<cycle>`.

    A breach of it never was, unless the cycle was left behind by a migration of its case.
    """
    clock, _, cycle = key.partition("#")
    common: dict[str, Any] = {
        "clock": clock,
        "cycle": int(cycle),
        "due_at": datetime.fromisoformat(before["due"]) if before.get("due") else None,
    }
    said = []
    fired, edition = dict(before.get("fired", {})), before.get("edition", 0)
    if cause == GONE and "due" in fired:
        said.append(Emission(BreachRetracted(**common), f"{key}|{fired.pop('due')}|{generation}"))
        edition += 1
    if before.get("end") != "cancelled":
        said.append(Emission(ClockCancelled(**common, cause=cause), f"{key}|gone|{generation}"))
    if not said:
        return before, []
    # Its timers are void for good, should the cycle come back.
    after = {**before, "end": "cancelled", "paused": None, "armed": [], "generation": before.get("generation", 0) + 1}
    return {**after, "fired": fired, **({"edition": edition} if edition else {})}, said
