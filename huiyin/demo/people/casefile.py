"""What an outsider knows of a case from the topics alone: the departments keep one file for each case (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.events import occurrences
from shared.events.assignments import CaseAssigned, CaseReassigned, CaseReopened, MilestoneReached, ReportRejected
from shared.events.complaints import ComplaintRegistered
from shared.events.deadlines import (
    BreachRetracted,
    ClockBreached,
    ClockCancelled,
    ClockEvent,
    ClockMet,
    ClockStarted,
    ClockStoppedLate,
)
from shared.events.envelope import Event
from shared.procedures.milestones import VOID

_ENDS = (ClockMet, ClockStoppedLate, ClockCancelled)


@dataclass
class OpenClock:
    """A clock that runs: `due_at` is None while it is not known."""

    started_at: datetime
    due_at: datetime | None


@dataclass
class CaseFile:
    """One case. `reached` holds the occurrences of its present cycle."""

    id: UUID
    procedure: tuple[str, int]
    number: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)
    cycle: int = 1
    department: str | None = None
    status: str = "registered"
    latest: datetime | None = None
    clocks: dict[tuple[str, int], OpenClock] = field(default_factory=dict)
    breaches: set[tuple[str, int]] = field(default_factory=set)
    rejected: int = 0

    @property
    def admitted(self) -> bool:
        """Whether it was admitted and is not void."""
        return self.department is not None and self.status != "void"

    @property
    def answered(self) -> bool:
        """Whether it has got its answer, or needs none any more."""
        return self.status in ("resolved", "closed", "void")

    def conditions(self) -> dict[str, Any]:
        """The facts that a procedure's conditions read."""
        return {**self.facts, **{f"reached:{name}": True for name in self.reached}, "cycle": self.cycle}

    def apply(self, event: Event) -> None:
        """Take note of an event of this case."""
        data = event.data
        if isinstance(data, CaseReopened):
            self.reached.clear()
            self.cycle = max(self.cycle, data.cycle)
            self.status = "assigned"
        names = occurrences.names(event)
        self.reached.update(names)
        self.facts.update(occurrences.facts(event))
        if names and event.source != "/huiyin/sla":
            at = occurrences.happened_at(event, names[0])
            self.latest = at if self.latest is None else max(self.latest, at)
        match data:
            case ComplaintRegistered(case_number=number):
                self.number = number
            case CaseAssigned(department=department) | CaseReassigned(department=department):
                self.department = department
                self.status = "assigned" if self.status == "registered" else self.status
            case MilestoneReached(milestone="resolved") if self.status == "assigned":
                self.status = "resolved"
            case MilestoneReached(milestone="closed"):
                self.status = "closed"
            case ReportRejected(milestone=milestone, field=part):
                self.rejected += 1
                if part == "by":  # it went to another office meanwhile, which has to report it
                    self.reached.discard(milestone)
            case ClockEvent():
                self._note_clock(data)
        if any(name in VOID for name in names):
            self.status = "void"

    def _note_clock(self, data: ClockEvent) -> None:
        key = (data.clock, data.cycle)
        if isinstance(data, ClockBreached):
            self.breaches.add(key)
        elif isinstance(data, BreachRetracted):
            self.breaches.discard(key)
        if isinstance(data, _ENDS):
            self.clocks.pop(key, None)
        elif isinstance(data, ClockStarted):
            self.clocks[key] = OpenClock(data.started_at, data.due_at)
        elif key in self.clocks:
            self.clocks[key].due_at = data.due_at
