"""What is to be said of a case's clocks now: the difference between what holds and what was said before.

Nothing is counted up: clocks are computed from the set of happenings each time, so that late, repeated and reordered
events lead to the same end. What was said is kept per clock and cycle, so that nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from services.sla.domain.happenings import Case, ordered
from services.sla.domain.runs import Run, runs_of
from services.sla.domain.targets import Step, Target, repetition, target_of
from shared.business_time.calendars import Calendar
from shared.events.base import EventData
from shared.events.deadlines import (
    BreachRetracted,
    ClockBreached,
    ClockCancelled,
    ClockExtended,
    ClockMet,
    ClockPaused,
    ClockRescheduled,
    ClockResumed,
    ClockStarted,
    ClockStoppedLate,
    ClockWarned,
)
from shared.procedures.model import Clock, Procedure

GONE = "no-longer-applies"


class Said(NamedTuple):
    """Something to say, and the cause that makes its event's id."""

    data: EventData
    cause: str


@dataclass(frozen=True)
class ClockRow:
    """One cycle of one clock as it is now; `next_at` is the instant of its next step (None: nothing more to come)."""

    clock: str
    cycle: int
    state: str
    started_at: datetime
    due_at: datetime | None
    provisional: bool
    next_at: datetime | None
    next_step: str | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Decision:
    """The case with what was said noted, what is to be said now, and all its clocks."""

    case: Case
    said: tuple[Said, ...]
    clocks: tuple[ClockRow, ...]


def decide(case: Case, procedure: Procedure, calendars: Mapping[str, Calendar], now: datetime) -> Decision:
    """Compute all clocks of a case and what has to be said of them at `now` (UTC)."""
    happenings = ordered(case.happenings)
    memory: dict[str, Mapping[str, Any]] = {}
    said: list[Said] = []
    rows: list[ClockRow] = []
    for clock in procedure.clocks:
        calendar = calendars[clock.calendar or procedure.calendar]
        for run in runs_of(clock, happenings, calendar):
            key = f"{clock.id}#{run.cycle}"
            teller = _Teller(clock, run, calendar, now, case.said.get(key), case.generation)
            memory[key] = teller.tell()
            said += teller.said
            rows.append(teller.row())
    for key, before in case.said.items():
        if key in memory:
            continue
        memory[key] = {**before, "end": "cancelled"}
        if before.get("end") != "cancelled":
            name, _, cycle = key.partition("#")
            due_at = datetime.fromisoformat(before["due"]) if before.get("due") else None
            gone = ClockCancelled(clock=name, cycle=int(cycle), due_at=due_at, cause=GONE)
            said.append(Said(gone, f"{key}|gone|{case.generation}"))
    changed = memory != case.said
    after = replace(case, said=memory, generation=case.generation + 1) if changed else case
    return Decision(after, tuple(said), tuple(rows))


class _Teller:
    """Tells what is new of one run. `before` is what was said of it."""

    def __init__(
        self,
        clock: Clock,
        run: Run,
        calendar: Calendar,
        now: datetime,
        before: Mapping[str, Any] | None,
        generation: int,
    ) -> None:
        self._clock, self._run, self._calendar, self._now = clock, run, calendar, now
        self._before: Mapping[str, Any] = before or {}
        self._generation = generation
        self._target: Target = target_of(clock, run, calendar)
        self._fired: dict[str, str] = dict(self._before.get("fired", {}))
        self._next: Step | None = None
        self.said: list[Said] = []

    @property
    def _due(self) -> str | None:
        return self._target.due_at.isoformat() if self._target.due_at else None

    @property
    def _ended_at(self) -> datetime | None:
        return self._run.stopped_at or self._run.cancelled_at

    def _end(self) -> str | None:
        run, due_at = self._run, self._target.due_at
        if run.stopped_at is not None:
            late = due_at is not None and (run.stopped_at > due_at or run.stopped_by_breach)
            return "late" if late else "met"
        return "cancelled" if run.cancelled_at is not None else None

    def _paused_since(self) -> datetime | None:
        if self._run.over or not self._run.pauses:
            return None
        start, until = self._run.pauses[-1]
        return start if until is None or until > self._now else None

    def _say(self, data: EventData, cause: str) -> None:
        self.said.append(Said(data, f"{self._clock.id}#{self._run.cycle}|{cause}"))

    def _common(self) -> dict[str, Any]:
        return {
            "clock": self._clock.id,
            "cycle": self._run.cycle,
            "due_at": self._target.due_at,
            "provisional": self._target.provisional,
        }

    def tell(self) -> Mapping[str, Any]:
        """Say what is new; returns what has been said of this run by now."""
        if not self._before and self._end() == "cancelled":
            return {"due": self._due, "end": "cancelled"}  # it began and ended before anybody heard of it
        self._tell_course()
        self._fire_steps()
        self._tell_end()
        paused = self._paused_since()
        return {
            "due": self._due,
            "extensions": self._run.extensions,
            "paused": paused.isoformat() if paused else None,
            "fired": self._fired,
            "end": self._end(),
        }

    def _tell_course(self) -> None:
        common, before = self._common(), self._before
        paused = self._paused_since()
        if not before:
            started = self._run.started_at
            self._say(ClockStarted(**common, started_at=started), f"started|{started.isoformat()}")
            if paused:
                self._say(ClockPaused(**common, at=paused), f"paused|{paused.isoformat()}")
            return
        known_due, known_pause = before.get("due"), before.get("paused")
        if before.get("end") is not None and before["end"] == self._end() and known_due == self._due:
            return
        previous = datetime.fromisoformat(known_due) if known_due else None
        if known_pause is None and paused:
            self._say(ClockPaused(**common, at=paused), f"paused|{paused.isoformat()}")
        elif known_pause is not None and not paused and not self._run.over:
            at = self._run.pauses[-1][1] if self._run.pauses else None
            self._say(ClockResumed(**common, at=at or self._now), f"resumed|{known_pause}|{self._due}")
        elif self._run.extensions > before.get("extensions", 0):
            self._say(ClockExtended(**common, previous_due_at=previous), f"extended|{self._run.extensions}")
        elif known_due != self._due and not paused:
            moved = ClockRescheduled(**common, previous_due_at=previous, cause="later-knowledge")
            self._say(moved, f"moved|{known_due}|{self._due}|{self._generation}")

    def _fire_steps(self) -> None:
        if self._target.due_at is None:
            return
        for step in self._target.steps:
            if not self._fire(step):
                break
        if self._clock.repeats and self._next is None:
            number = 2
            while (again := repetition(self._clock, self._run, self._calendar, self._target, number)) is not None:
                if not self._fire(again):
                    break
                number += 1

    def _fire(self, step: Step) -> bool:
        """Fire a step whose time has come while the run went on; False when this and later ones have not come."""
        ended_at = self._ended_at
        if ended_at is not None and (step.at > ended_at or (step.at == ended_at and not self._run.stopped_by_breach)):
            return False
        if step.at > self._now:
            if ended_at is None:
                self._next = step
            return False
        if self._fired.get(step.id) == self._due:
            return True
        self._fired[step.id] = self._due or ""
        model = ClockBreached if step.kind == "breach" else ClockWarned
        fired = model(
            **self._common(),
            step=step.id,
            step_due_at=step.at,
            fired_at=self._now,
            late_by=(self._now - step.at).total_seconds(),
        )
        self._say(fired, f"{step.id}|{self._due}")
        return True

    def _tell_end(self) -> None:
        end, stopped_at, before = self._end(), self._run.stopped_at, self._before.get("end")
        if "due" in self._fired and (end == "met" or self._fired["due"] != self._due):
            announced = self._fired.pop("due")
            self._say(BreachRetracted(**self._common(), stopped_at=stopped_at), f"{announced}|{self._generation}")
        if end is None or end == before:
            return
        discriminator = f"{stopped_at.isoformat() if stopped_at else self._ended_at}|{self._generation}"
        if end == "cancelled":
            self._say(ClockCancelled(**self._common(), cause=self._run.cancelled_by or GONE), discriminator)
        elif end == "met" and stopped_at is not None:
            self._say(ClockMet(**self._common(), stopped_at=stopped_at), discriminator)
        elif stopped_at is not None and self._target.due_at is not None:
            late_by = (stopped_at - self._target.due_at).total_seconds()
            late = ClockStoppedLate(**self._common(), stopped_at=stopped_at, late_by=late_by)
            self._say(late, discriminator)

    def row(self) -> ClockRow:
        """The run as it is now; call after `tell`."""
        end = self._end()
        state = end or ("paused" if self._paused_since() else "breached" if "due" in self._fired else "running")
        pause_ends = self._run.pauses[-1][1] if self._paused_since() else None
        if pause_ends is not None and (self._next is None or pause_ends < self._next.at):
            self._next = Step("pause-ends", "after", pause_ends)
        return ClockRow(
            clock=self._clock.id,
            cycle=self._run.cycle,
            state=state,
            started_at=self._run.started_at,
            due_at=self._target.due_at,
            provisional=self._target.provisional,
            next_at=self._next.at if self._next else None,
            next_step=self._next.id if self._next else None,
            ended_at=self._ended_at,
        )
