"""What happened to a case, as a set: any order of arrival and any repetition gives the same clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sla.domain.cycle_state import CycleStates
from shared.events import occurrences as event_occurrences
from shared.events.assignments import MilestoneReached
from shared.events.complaints import ComplaintRegistered, ProcedureMigrated
from shared.events.envelope import Event

# Events of one instant are put in the order in which the services cause each other.
_RANKS = {"/huiyin/intake": 0, "/huiyin/routing": 1, "/huiyin/notify": 2}


MIGRATED_TO = "procedure-migrated.to"
"""The fact that holds the version of the procedure under which a case goes on."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event as clocks see it: its names, its instant (UTC), its place within that instant, its facts."""

    id: str
    names: tuple[str, ...]
    at: datetime
    place: tuple[int, int]
    facts: Mapping[str, Any] = field(default_factory=dict)
    cause: str | None = None
    """The occurrence that brought it about, where routing names one: `breached:<clock>`."""


def from_event(event: Event) -> tuple[Occurrence, ...]:
    """The occurrences in an event: none, one, or two where receipt and registration are apart."""
    names = event_occurrences.names(event)
    if not names:
        return ()
    place = (_RANKS.get(event.source, 9), event.sequence)
    facts = dict(event_occurrences.facts(event))
    if isinstance(event.data, ComplaintRegistered):
        received = Occurrence(f"{event.id}/received", ("received",), event.data.received_at, (-1, 0), facts)
        return (received, Occurrence(str(event.id), ("registered",), event.time, place, facts))
    if isinstance(event.data, MilestoneReached) and event.data.clock is not None:
        facts[f"{event.data.milestone}.by"] = event.data.by  # who may extend a clock is judged with the clock
    if isinstance(event.data, ProcedureMigrated):
        facts |= {MIGRATED_TO: event.data.to_version}
    cause = getattr(event.data, "cause", None)
    return (Occurrence(str(event.id), names, event_occurrences.happened_at(event, names[0]), place, facts, cause),)


def ordered(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """In the order in which they happened; each once."""
    unique = {one.id: one for one in occurrences}
    return sorted(unique.values(), key=lambda one: (one.at, one.place, one.id))


@dataclass(frozen=True)
class Case:
    """What the sla service keeps of a case: what happened, and what it remembers of each clock's cycle."""

    id: UUID
    procedure: tuple[str, int]
    occurrences: tuple[Occurrence, ...] = ()
    states: CycleStates = field(default_factory=dict)
    generation: int = 0


def pin_of(case: Case) -> tuple[str, int]:
    """The procedure and version that the case is pinned to: by the last of its migrations, if there was one."""
    moves = [one for one in case.occurrences if MIGRATED_TO in one.facts]
    if not moves:
        return case.procedure
    return (case.procedure[0], int(max(moves, key=lambda one: (one.at, one.place, one.id)).facts[MIGRATED_TO]))
