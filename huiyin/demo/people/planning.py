"""What the people around a case mean to do, and when: their reaction to each event (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from huiyin.demo.people import behaviour
from huiyin.demo.people.behaviour import Manner
from huiyin.demo.people.casefile import CaseFile
from shared.events.assignments import MilestoneReached
from shared.events.complaints import ComplaintRegistered, SupplementRequested
from shared.events.deadlines import ClockExtended, ClockStarted
from shared.events.envelope import Event
from shared.events.notices import CallBackDue, Satisfied
from shared.procedures.model import Clock, Procedure


@dataclass(frozen=True)
class Stop:
    """A department stops a clock, at `final`; before that it works towards it."""

    clock: str
    cycle: int
    final: datetime


@dataclass(frozen=True)
class Reach:
    """A department brings the case to a milestone."""

    milestone: str


@dataclass(frozen=True)
class Decide:
    """An officer decides on the complaint if it is still held."""


@dataclass(frozen=True)
class Supplement:
    """The complainant gives what was missing."""

    missing: tuple[str, ...]


@dataclass(frozen=True)
class Extend:
    """The department asks for more time, and whoever may grant it grants it."""

    clock: str
    cycle: int


@dataclass(frozen=True)
class Call:
    """The call centre asks the complainant back."""

    task_id: str
    follow_up: str = ""


What = Stop | Reach | Decide | Supplement | Extend | Call


@dataclass(frozen=True)
class Task:
    """Something that somebody does for a case at an instant of the cases' clock."""

    at: datetime
    case_id: UUID
    what: What


def reactions(event: Event, file: CaseFile, procedure: Procedure, seed: str) -> Iterator[Task]:
    """What is to be done because of an event that `file` has taken note of already."""
    case_id, data = file.id, event.data

    def within(minutes: tuple[int, int], purpose: str) -> datetime:
        drawn = behaviour.chance(seed, case_id, f"{purpose}|{file.cycle}")
        return event.time + timedelta(minutes=minutes[0] + (minutes[1] - minutes[0]) * drawn)

    match data:
        case ComplaintRegistered():
            yield Task(within((20, 50), "desk"), case_id, Decide())
        case SupplementRequested(missing=missing) if behaviour.chance(seed, case_id, "supplement") < 0.5:
            yield Task(within((10, 30), "supplement-at"), case_id, Supplement(tuple(missing)))
        case ClockStarted() | ClockExtended():
            clock = next((one for one in procedure.clocks if one.id == data.clock), None)
            if clock is not None:
                yield from _for_clock(data, clock, file, seed)
        case MilestoneReached(milestone="resolved") if not procedure.follow_ups:
            yield Task(within((10, 40), "close"), case_id, Reach("closed"))
        case CallBackDue(task_id=task_id, follow_up=follow_up):
            yield Task(within((10, 40), "call"), case_id, Call(task_id, follow_up or ""))
        case Satisfied():
            yield Task(within((10, 40), "close"), case_id, Reach("closed"))


def _for_clock(data: ClockStarted | ClockExtended, clock: Clock, file: CaseFile, seed: str) -> Iterator[Task]:
    manner = behaviour.manner_of(seed, file.id)
    if data.due_at is None or (manner is Manner.NEVER and clock.repetition is None):
        return  # what is to be reported on again and again is answered at last, or it would never end
    drawn = behaviour.chance(seed, file.id, f"{data.clock}#{data.cycle}")
    if isinstance(data, ClockExtended):
        if manner is Manner.EXTENDED and data.previous_due_at is not None:
            final = data.previous_due_at + (data.due_at - data.previous_due_at) * (0.05 + 0.1 * drawn)
            yield Task(final, file.id, Stop(data.clock, data.cycle, final))
        return
    start, due_at = data.started_at, data.due_at
    if manner is Manner.EXTENDED and clock.extension is not None and clock.extension.to and data.cycle == 1:
        yield Task(start + (due_at - start) * 0.5, file.id, Extend(data.clock, data.cycle))
        return
    is_late = manner is Manner.NEVER or (manner is Manner.LATE and not file.breaches)
    final = behaviour.late(start, due_at, drawn) if is_late else behaviour.in_time(start, due_at, drawn)
    yield Task(start + (final - start) * 0.3, file.id, Stop(data.clock, data.cycle, final))


def next_goal(file: CaseFile, seed: str, now: datetime) -> Task | None:
    """What to do for a case that nobody has anything more in hand for, but has no answer yet.

    A decision on admission that came to nothing, and is overdue, is taken up again the next day.
    """
    if file.answered:
        return None
    if not file.admitted:
        return _overdue_decision(file, seed, now)
    never = behaviour.manner_of(seed, file.id) is Manner.NEVER
    if never and (file.clocks or file.breaches):
        return None
    drawn = behaviour.chance(seed, file.id, f"goal|{file.cycle}|{len(file.reached)}")
    return Task(now + timedelta(minutes=10 + 30 * drawn), file.id, Reach("resolved"))


def _overdue_decision(file: CaseFile, seed: str, now: datetime) -> Task | None:
    overdue = sorted(file.clocks.keys() & file.breaches)
    if not overdue or behaviour.manner_of(seed, file.id) is Manner.NEVER:
        return None
    clock, cycle = overdue[0]
    at = now + timedelta(days=1)
    return Task(at, file.id, Stop(clock, cycle, at))


def has_end(file: CaseFile, seed: str) -> bool:
    """Whether the case is answered, or never will be and its breach is on record."""
    return file.answered or (bool(file.breaches) and behaviour.manner_of(seed, file.id) is Manner.NEVER)
