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

from shared.events import occurrences
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Mark:
    """What the projection needs of an entry."""

    source: str
    sequence: int
    occurrence: str
    qualifier: str | None
    happened_at: datetime


@dataclass(frozen=True)
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
    names = occurrences.names(event)
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
            happened_at=occurrences.happened_at(event, split(name)[0]),
            emitted_at=event.time,
            type=event.type,
            details=details,
        )
        for name in names
    ]


def _unnamed(event: Event) -> str:
    word = event.type.rsplit(".", 2)[-2]
    return f"{word}:{event.data.clock}" if isinstance(event.data, ClockEvent) else word


def project(marks: Iterable[Mark]) -> Projection:
    """Where the case stands, from its occurrences in any order."""
    found = sorted((mark for mark in marks if mark.occurrence in PROJECTED), key=_place)
    opened = _last(found, "reopened")
    since = [mark for mark in found if opened is None or _after(mark, opened)]
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


def _place(mark: Mark) -> tuple[datetime, int, int]:
    source = _SOURCES.index(mark.source) if mark.source in _SOURCES else len(_SOURCES)
    return (mark.happened_at, source, mark.sequence)


def _after(mark: Mark, opened: Mark) -> bool:
    """One source's own numbers give its order; between sources only the instants do."""
    if mark.source == opened.source:
        return mark.sequence > opened.sequence
    return mark.happened_at > opened.happened_at


def _status(since: list[Mark], *, reopened: bool) -> str:
    reached = [mark for mark in since if mark.occurrence in STAGES]
    if not reached:
        return "reopened" if reopened else "held"
    top = max(reached, key=lambda mark: STAGES[mark.occurrence])
    if top.occurrence == "registered":
        return "held"
    if top.occurrence == "accepted-by-department":
        handed_on, accepted = _last(since, "reassigned"), _last(since, top.occurrence)
        if handed_on is not None and accepted is not None and _after(handed_on, accepted):
            return "assigned"  # the department that has it now has not accepted it
    return top.occurrence


def _last(found: list[Mark], *names: str) -> Mark | None:
    """The last of these in their source's own order; each of them has one source only."""
    return max((mark for mark in found if mark.occurrence in names), key=lambda mark: mark.sequence, default=None)


def _qualifier(found: list[Mark], *names: str) -> str | None:
    mark = _last(found, *names)
    return mark.qualifier if mark else None


def _instant(found: list[Mark], *names: str) -> datetime | None:
    mark = _last(found, *names)
    return mark.happened_at if mark else None
