"""Which clocks a procedure starts for a case, found from the case's events without asking the sla service (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.events import occurrences
from shared.events.complaints import ComplaintRegistered
from shared.events.envelope import Event
from shared.procedures.conditions import holds
from shared.procedures.milestones import FINISHING
from shared.procedures.model import Procedure

_ORDER = {"/huiyin/intake": 0, "/huiyin/routing": 1, "/huiyin/notify": 2}
_Occurrence = tuple[datetime, int, int, tuple[str, ...], dict[str, Any]]


def expected_clocks(procedure: Procedure, events: Iterable[Event]) -> set[str]:
    """The ids of the clocks that start in the course of these events of one case, in whatever order they are given."""
    facts: dict[str, Any] = {}
    started: set[str] = set()
    for _, _, _, names, new in sorted((one for event in events for one in _occurrences(event)), key=lambda x: x[:3]):
        if "reopened" in names:
            facts = {name: value for name, value in facts.items() if not name.startswith("reached:")}
        facts |= new | {f"reached:{name}": True for name in names}
        for clock in procedure.clocks:
            # what was handled before it could start has nothing left to time
            over = any(facts.get(f"reached:{end}") for end in clock.until if end in FINISHING and end not in names)
            if not over and any(name in names for name in clock.from_) and holds(clock.when, facts) is True:
                started.add(clock.id)
    return started


def _occurrences(event: Event) -> list[_Occurrence]:
    names = occurrences.names(event)
    if not names:
        return []
    rank, new = _ORDER.get(event.source, 9), dict(occurrences.facts(event))
    if isinstance(event.data, ComplaintRegistered):
        return [
            (event.data.received_at, -1, 0, ("received",), new),
            (event.time, rank, event.sequence, ("registered",), new),
        ]
    return [(occurrences.happened_at(event, names[0]), rank, event.sequence, names, new)]
