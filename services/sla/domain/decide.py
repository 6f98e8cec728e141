"""Which events a case's clocks emit now: the difference between what holds and what was emitted before.

Nothing is counted up: clocks are computed from the set of occurrences each time, so that late, repeated and reordered
events lead to the same end. What was emitted is kept per clock and cycle, so that nothing is emitted twice. The steps
that are still to come are *armed*: named with their instants, so that timers can emit them (see `arming`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from services.sla.domain.arming import in_memory
from services.sla.domain.case import Case, ordered
from services.sla.domain.cycles import MIGRATED
from services.sla.domain.rule_versions import (
    LATER_KNOWLEDGE,
    RuleVersions,
    cause_of,
    emitted_schedule,
    is_kept,
    migrated_away,
    rule_versions_of,
)
from services.sla.domain.schedule import Schedule, Step, has_come, steps_of
from services.sla.domain.scheduled_cycles import ScheduledCycle, scheduled_cycles
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
from shared.procedures.model import Procedure

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


@dataclass(frozen=True)
class ClockRow:
    """One cycle of one clock as it is now, with the steps that are still to come, in order of time.

    `generation` is 1 when it is first armed, and one more each time its steps change: a timer of an earlier generation
    is void. `changed`: whether the row, or its steps, differ from what the last decision left.
    """

    clock: str
    cycle: int
    state: str
    started_at: datetime
    due_at: datetime | None
    provisional: bool
    ended_at: datetime | None
    steps: tuple[Step, ...]
    generation: int = field(compare=False)
    changed: bool = field(compare=False)
    rearmed: bool = field(compare=False)

    @property
    def next_at(self) -> datetime | None:
        """The instant of the next step; None if nothing more is to come."""
        return self.steps[0].at if self.steps else None

    @property
    def next_step(self) -> str | None:
        """The id of the next step."""
        return self.steps[0].id if self.steps else None


class CycleEmissions:
    """Tells what is new of one run. `before` is what was said of it, empty if nothing."""

    def __init__(
        self,
        scheduled: ScheduledCycle,
        now: datetime,
        before: Mapping[str, Any],
        generation: int,
        because: str,
        versions: RuleVersions,
    ) -> None:
        self._clock, self._run, self._calendar, self._now = scheduled.clock, scheduled.run, scheduled.calendar, now
        self._before = before
        self._unheard = "fired" not in before
        self._generation, self._because = generation, because
        kept = emitted_schedule(before, self._run, versions)
        self._target: Schedule = kept or scheduled.schedule
        self._on = list(versions) if kept is None else self._before["on"]
        self._kept = is_kept(before, self._run, versions)
        self._fired: dict[str, str] = dict(self._before.get("fired", {}))
        self._armed: list[Step] = []
        self._repeated: list[Any] = self._before.get("repeated", [None, 1])
        self._dues: list[str] = [*self._before.get("dues", ())]
        self._edition: int = self._before.get("edition", 0)
        self.said: list[Emission] = []

    @property
    def _due(self) -> str | None:
        return self._target.due_at.isoformat() if self._target.due_at else None

    def _end(self) -> str | None:
        run, due_at = self._run, self._target.due_at
        if run.stopped_at is not None:
            late = due_at is not None and (run.stopped_at, run.stopped_by_breach) > (due_at, False)
            return "late" if late else "met"
        return "cancelled" if run.cancelled_at is not None else None

    def _paused_since(self) -> datetime | None:
        if self._run.over or not self._run.pauses:
            return None
        start, until = self._run.pauses[-1]
        return start if until is None or until > self._now else None

    def _say(self, data: EventData, cause: str) -> None:
        self.said.append(Emission(data, f"{self._clock.id}#{self._run.cycle}|{cause}"))

    def _common(self) -> dict[str, Any]:
        return {
            "clock": self._clock.id,
            "cycle": self._run.cycle,
            "due_at": self._target.due_at,
            "provisional": self._target.provisional,
        }

    def tell(self) -> Mapping[str, Any]:
        """Say what is new; returns what has been said of this run by now."""
        if self._kept:
            return self._before
        if self._unheard and self._end() == "cancelled":
            return {"due": self._due, "end": "cancelled", **self._grounds()}  # it ended before anybody heard of it
        self._note_edition()
        self._tell_course()
        self._take_back()
        self._fire_steps()
        self._tell_end()
        self._arm_the_end_of_a_pause()
        paused = self._paused_since()
        armed = in_memory(self._armed)
        same = armed == self._before.get("armed", []) and self._due == self._before.get("due")
        return {
            "due": self._due,
            "extensions": self._run.extensions,
            "paused": paused.isoformat() if paused else None,
            "fired": self._fired,
            **({"repeated": self._repeated} if self._repeated[1] > 1 else {}),
            **({"dues": self._dues} if self._dues else {}),
            **({"edition": self._edition} if self._edition else {}),
            "end": self._end(),
            "armed": armed,
            "generation": self._before.get("generation", 0) + (0 if same else 1),
            **self._grounds(),
        }

    def _grounds(self) -> dict[str, Any]:
        """What `versions` needs to know when the calendar or the procedure has changed."""
        ended = {"ended": self._run.ended_at.isoformat()} if self._run.ended_at else {}
        return {"provisional": self._target.provisional, "on": self._on, **ended}

    def _tell_course(self) -> None:
        common, before = self._common(), self._before
        paused = self._paused_since()
        revived = before.get("end") == "cancelled" and not self._run.over  # what had ended it did not hold
        if self._unheard or revived:
            started = self._run.started_at
            again = f"|{self._generation}" if revived and not self._unheard else ""
            self._say(ClockStarted(**common, started_at=started), f"started|{started.isoformat()}{again}")
            if paused:
                self._say(ClockPaused(**common, at=paused), f"paused|{paused.isoformat()}|{self._generation}")
            return
        known_due, known_pause = before.get("due"), before.get("paused")
        as_firm = before.get("provisional", self._target.provisional) == self._target.provisional
        if before.get("end") is not None and before["end"] == self._end() and known_due == self._due:
            return
        previous = datetime.fromisoformat(known_due) if known_due else None
        if known_pause is None and paused:
            self._say(ClockPaused(**common, at=paused), f"paused|{paused.isoformat()}|{self._generation}")
        elif known_pause is not None and not paused and not self._run.over:
            at = self._run.pauses[-1][1] if self._run.pauses else None
            self._say(ClockResumed(**common, at=at or self._now), f"resumed|{known_pause}|{self._generation}")
        if self._run.extensions > before.get("extensions", 0):
            self._say(
                ClockExtended(**common, previous_due_at=previous), f"extended|{self._run.extensions}|{self._generation}"
            )
        elif (known_due != self._due or not as_firm) and not paused and known_pause is None:
            moved = ClockRescheduled(**common, previous_due_at=previous, cause=self._because)
            self._say(moved, f"moved|{known_due}|{self._due}|{self._generation}")

    def _note_edition(self) -> None:
        """Notice when a due instant comes back that was said before: its steps are then other events than those."""
        known = self._before.get("due")
        if known == self._due:
            return
        if known is not None and known not in self._dues:
            self._dues.append(known)
        self._edition += self._due in self._dues

    def _take_back(self) -> None:
        """Retract a breach that was said and does not stand: the schedule moved, or the run had ended by then."""
        announced = self._fired.get("due")
        if announced is None:
            return
        breach = Step("due", "breach", datetime.fromisoformat(announced))
        if announced == self._due and has_come(breach, self._run, max(self._now, breach.at)):
            return
        del self._fired["due"]
        self._edition += 1
        retracted = BreachRetracted(**self._common(), stopped_at=self._run.stopped_at)
        self._say(retracted, f"{announced}|{self._generation}")

    def _fire_steps(self) -> None:
        of, repeated = self._repeated
        repeated = repeated if of == self._due else 1
        steps = steps_of(self._clock, self._run, self._calendar, self._target, self._now, self._fired, repeated)
        for step in (*steps.passed, *steps.said):
            if not step.id.startswith("repeat-"):  # those are counted, not listed
                self._fired[step.id] = self._due or ""
        for step in steps.said:
            self._fire(step)
        if self._due is not None:
            self._repeated = [self._due, steps.repeated]
        # What timers say without deciding is of the first edition.
        self._armed = [replace(step, plain=step.plain and not self._edition) for step in steps.armed]

    def _fire(self, step: Step) -> None:
        model = ClockBreached if step.kind == "breach" else ClockWarned
        fired = model(
            **self._common(),
            step=step.id,
            step_due_at=step.at,
            fired_at=self._now,
            late_by=(self._now - step.at).total_seconds(),
        )
        again = f"|{self._edition}" if self._edition else ""
        self._say(fired, f"{step.id}|{self._due}{again}")

    def _tell_end(self) -> None:
        end, stopped_at, before = self._end(), self._run.stopped_at, self._before.get("end")
        if end is None or end == before:
            return
        discriminator = f"{stopped_at.isoformat() if stopped_at else self._run.ended_at}|{self._generation}"
        if end == "cancelled":
            self._say(ClockCancelled(**self._common(), cause=self._run.cancelled_by or GONE), discriminator)
        elif end == "met" and stopped_at is not None:
            self._say(ClockMet(**self._common(), stopped_at=stopped_at), discriminator)
        elif stopped_at is not None and self._target.due_at is not None:
            late_by = (stopped_at - self._target.due_at).total_seconds()
            late = ClockStoppedLate(**self._common(), stopped_at=stopped_at, late_by=late_by)
            self._say(late, discriminator)

    def _arm_the_end_of_a_pause(self) -> None:
        ends = self._run.pauses[-1][1] if self._paused_since() else None
        if ends is not None:
            look = Step("pause-ends", "look", ends, plain=False)
            self._armed = sorted([look, *self._armed], key=lambda step: step.at)

    def row(self, memory: Mapping[str, Any]) -> ClockRow:
        """The run as it is now; `memory` is what `tell` returned."""
        state = self._end() or ("paused" if self._paused_since() else "breached" if "due" in self._fired else "running")
        generation = memory.get("generation", 0)
        return ClockRow(
            clock=self._clock.id,
            cycle=self._run.cycle,
            state=state,
            started_at=self._run.started_at,
            due_at=self._target.due_at,
            provisional=self._target.provisional,
            ended_at=self._run.ended_at,
            steps=tuple(self._armed),
            generation=generation,
            changed=memory != self._before,
            rearmed=generation != self._before.get("generation", 0),
        )


__all__ = ["GONE", "ClockRow", "Decision", "Emission", "decide"]


@dataclass(frozen=True)
class Decision:
    """The case with what was said noted, what is to be said now, its clocks, and each (clock, cycle) that is gone."""

    case: Case
    said: tuple[Emission, ...]
    clocks: tuple[ClockRow, ...]
    gone: tuple[tuple[str, int], ...]


def decide(
    case: Case,
    procedure: Procedure,
    calendars: Mapping[str, Calendar],
    now: datetime,
    *,
    because: str = LATER_KNOWLEDGE,
) -> Decision:
    """Compute all clocks of a case and what has to be said of them at `now` (UTC).

    `because` is the cause that a rescheduling gives where neither calendar nor procedure is known to have changed.
    """
    occurrences = ordered(case.occurrences)
    memory: dict[str, Mapping[str, Any]] = {}
    said: list[Emission] = []
    rows: list[ClockRow] = []
    for scheduled in scheduled_cycles(procedure, occurrences, calendars):
        key = f"{scheduled.clock.id}#{scheduled.run.cycle}"
        versions = rule_versions_of(procedure, scheduled.calendar)
        before = case.said.get(key, {})
        cause = cause_of(before, versions, procedure.id) or because
        cycle_emissions = CycleEmissions(scheduled, now, before, case.generation, cause, versions)
        memory[key] = cycle_emissions.tell()
        said += cycle_emissions.said
        rows.append(cycle_emissions.row(memory[key]))
    gone = []
    for key, before in case.said.items():
        if key in memory:
            continue
        elsewhere = migrated_away(before, procedure)
        if elsewhere and before.get("end") is not None:
            memory[key] = before  # it ended under the version that knew it
            continue
        memory[key], last = cancellation(key, before, MIGRATED if elsewhere else GONE, case.generation)
        if last:
            name, _, cycle = key.partition("#")
            gone.append((name, int(cycle)))
            said += last
    changed = memory != case.said
    after = replace(case, said=memory, generation=case.generation + 1) if changed else case
    return Decision(after, tuple(said), tuple(rows), tuple(gone))
