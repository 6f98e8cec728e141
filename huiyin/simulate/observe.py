"""What can be seen of a case from outside: a fold of the events that were published of it.

The events are all that is looked at, so that a story that ran through the running services is looked at in the same
way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.intake.domain.timeline import Occurrence, entries, project
from shared.events import complaints as c
from shared.events import deadlines as d
from shared.events import occurrences
from shared.events.assignments import AwardSuggested, CaseReopened
from shared.events.envelope import Event
from shared.events.notices import NoticeSent


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """The last cycle of a clock: when it is due (UTC; None while not known) and how it stands."""

    due_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class NoticeSeen:
    """A notice that was sent: to whom, and when."""

    id: str
    notice: str
    to: str
    at: datetime


@dataclass
class Observation:
    """A case as its events show it. `happened`: the instants of each occurrence, in order."""

    status: str = "held"
    class_: str | None = None
    department: str | None = None
    level: str | None = None
    cycle: int = 1
    number: str | None = None
    missing: tuple[str, ...] = ()
    merged_into: UUID | None = None
    rule: str | None = None
    decided_by: str | None = None
    passed_to: str | None = None
    recused: tuple[str, ...] = ()
    clocks: dict[str, ClockSeen] = field(default_factory=dict)
    happened: dict[str, list[datetime]] = field(default_factory=dict)
    notices: list[NoticeSeen] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    awards: dict[str, str | None] = field(default_factory=dict)


_ENDS: dict[type[d.ClockEvent], str] = {
    d.ClockMet: "met",
    d.ClockStoppedLate: "late",
    d.ClockCancelled: "cancelled",
    d.ClockBreached: "breached",
    d.ClockPaused: "paused",
    d.ClockStarted: "running",
    d.ClockResumed: "running",
    d.BreachRetracted: "running",
}


def observe(events: Iterable[Event], case_id: UUID) -> Observation:
    """What the events that were published, in that order, show of one case."""
    seen = Observation()
    timeline: list[Occurrence] = []
    for event in events:
        if event.subject != case_id:
            continue
        for one in entries(event):
            timeline.append(Occurrence(one.source, one.sequence, one.occurrence, one.qualifier, one.happened_at))
        _take(seen, event)
    stands = project(timeline)
    seen.status, seen.class_ = stands.status, stands.class_
    seen.department, seen.level = stands.department, stands.level
    return seen


def _take(seen: Observation, event: Event) -> None:
    for name in occurrences.names(event):
        seen.happened.setdefault(name, []).append(occurrences.happened_at(event, name))
    match event.data:
        case c.ComplaintRegistered(case_number=number, missing=missing, recused=recused):
            seen.number, seen.missing, seen.recused = number, missing, recused
        case c.SupplementRequested(missing=asked):
            seen.missing = tuple(dict.fromkeys((*seen.missing, *asked)))
        case c.ComplaintSupplemented(missing=missing, recused=about):
            seen.missing = missing
            seen.recused = seen.recused if about is None else about
        case c.ComplaintMerged(into=into):
            seen.merged_into = into
        case c.ComplaintAdmitted() | c.ComplaintTransferredOut() as data:
            seen.rule, seen.decided_by = data.rule, data.decided_by
            seen.passed_to = data.to if isinstance(data, c.ComplaintTransferredOut) else None
        case c.ComplaintRefused(document_numbers=numbers) as data:
            seen.rule, seen.decided_by = data.rule, data.decided_by
            seen.numbers |= numbers
        case c.DocumentNumbered(document=document, number=number):
            seen.numbers[document] = number
        case AwardSuggested(award=award, amount=amount):
            seen.awards[award] = amount
        case CaseReopened(cycle=cycle):
            seen.cycle = cycle
        case NoticeSent() as data:
            seen.notices.append(NoticeSeen(data.notice_id, data.notice, data.addressee, data.sent_at))
        case d.ClockEvent() as data:
            before = seen.clocks.get(data.clock)
            state = _ENDS.get(type(data), before.state if before else "running")
            if isinstance(data, d.BreachRetracted) and data.stopped_at is not None:
                state = "met"
            seen.clocks[data.clock] = ClockSeen(data.due_at, state)
