"""The timeline of a case, and its status as a function of it. Pure, and whatever the order in which events came.

The status is the furthest stage that was reached since the case was last opened, so that an event that comes late
never sets it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.events import occurrences as event_occurrences
from shared.events.complaints import ComplaintRegistered
from shared.events.deadlines import ClockEvent
from shared.events.envelope import Event
from shared.procedures.milestones import split

STAGES: Final = {
    "registered": 0,
    "admitted": 1,
    "assigned": 2,
    "accepted-by-department": 3,
    "resolved": 4,
    "closed": 5,
    "archived": 6,
    "refused": 7,
    "transferred-out": 7,
    "merged": 7,
    "withdrawn": 8,
}
"""How far each occurrence takes a case."""
PROJECTED = frozenset((*STAGES, "reopened", "reassigned", "classified", "escalated"))
"""The occurrences that the projection reads."""

_SOURCES = ("/huiyin/intake", "/huiyin/routing", "/huiyin/sla", "/huiyin/notify")


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One occurrence of a case. `sequence` counts the events of one source about the case."""

    event_id: UUID
    case_id: UUID
    source: str
    sequence: int
    occurrence: str
    qualifier: str | None
    happened_at: datetime
    emitted_at: datetime
    type: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What the projection needs of a timeline entry."""

    source: str
    sequence: int
    name: str
    qualifier: str | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Projection:
    """Where a case stands."""

    status: str
    class_: str | None = None
    department: str | None = None
    level: str | None = None
    admitted_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None


def entries(event: Event) -> list[TimelineEntry]:
    """The occurrences that an event is; one that procedures cannot name goes by the last word of its type."""
    names = event_occurrences.names(event)
    if not isinstance(event.data, ComplaintRegistered):  # received and registered are two, at two instants
        names = names[-1:] or (_unnamed(event),)
    details = event.data.model_dump(mode="json", exclude={"matters"}, exclude_none=True)
    return [
        TimelineEntry(
            event_id=event.id,
            case_id=event.subject,
            source=event.source,
            sequence=event.sequence,
            occurrence=split(name)[0],
            qualifier=split(name)[1],
            happened_at=event_occurrences.happened_at(event, split(name)[0]),
            emitted_at=event.time,
            type=event.type,
            details=details,
        )
        for name in names
    ]


def _unnamed(event: Event) -> str:
    word = event.type.rsplit(".", 2)[-2]
    return f"{word}:{event.data.clock}" if isinstance(event.data, ClockEvent) else word


def project(happened: Iterable[Occurrence]) -> Projection:
    """Where the case stands, from its occurrences in any order."""
    found = sorted((one for one in happened if one.name in PROJECTED), key=_place)
    opened = _last(found, "reopened")
    since = [one for one in found if opened is None or _after(one, opened)]
    status = _status(since, reopened=opened is not None)
    return Projection(
        status=status,
        class_=_qualifier(found, "classified"),
        department=_qualifier(found, "assigned", "reassigned"),
        level=_qualifier(found, "escalated"),
        admitted_at=_instant(found, "admitted"),
        resolved_at=_instant(since, "resolved"),
        closed_at=_instant(since, "closed", "archived"),
    )


def _place(one: Occurrence) -> tuple[datetime, int, int]:
    source = _SOURCES.index(one.source) if one.source in _SOURCES else len(_SOURCES)
    return (one.happened_at, source, one.sequence)


def _after(one: Occurrence, opened: Occurrence) -> bool:
    """One source's own numbers give its order; between sources only the instants do."""
    if one.source == opened.source:
        return one.sequence > opened.sequence
    return one.happened_at > opened.happened_at


def _status(since: list[Occurrence], *, reopened: bool) -> str:
    reached = [one for one in since if one.name in STAGES]
    if not reached:
        return "reopened" if reopened else "held"
    top = max(reached, key=lambda one: STAGES[one.name])
    if top.name == "registered":
        return "held"
    if top.name == "accepted-by-department":
        handed_on, accepted = _last(since, "reassigned"), _last(since, top.name)
        if handed_on is not None and accepted is not None and _after(handed_on, accepted):
            return "assigned"  # the department that has it now has not accepted it
    return top.name


def _last(found: list[Occurrence], *names: str) -> Occurrence | None:
    """The last of these in their source's own order; each of them has one source only."""
    return max((one for one in found if one.name in names), key=lambda one: one.sequence, default=None)


def _qualifier(found: list[Occurrence], *names: str) -> str | None:
    one = _last(found, *names)
    return one.qualifier if one else None


def _instant(found: list[Occurrence], *names: str) -> datetime | None:
    one = _last(found, *names)
    return one.happened_at if one else None
