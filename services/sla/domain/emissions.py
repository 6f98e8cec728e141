"""What is emitted of one cycle of a clock: a pure function of the cycle, what is remembered of it, and now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from services.sla.domain.cycle_state import ArmedStep, CycleKey, CycleState, End, Repeated, RuleVersions
from services.sla.domain.rule_versions import emitted_schedule, is_kept
from services.sla.domain.schedule import Schedule, Step, has_come, steps_of
from services.sla.domain.scheduled_cycles import ScheduledCycle
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

GONE = "no-longer-applies"


class Emission(NamedTuple):
    """An event to emit, and the cause that makes its id."""

    data: EventData
    cause: str


@dataclass(frozen=True)
class Emissions:
    """What one decision makes of a cycle: its state from now on, the events in order, and the steps that are armed."""

    state: CycleState
    emitted: tuple[Emission, ...] = ()
    steps: tuple[Step, ...] = ()
    due_at: datetime | None = None
    provisional: bool = False
    paused: bool = False


def emissions_of(
    scheduled: ScheduledCycle,
    before: CycleState | None,
    now: datetime,
    versions: RuleVersions,
    *,
    generation: int,
    because: str,
) -> Emissions:
    """What is new of a cycle at `now` (UTC), and its state after that; `before` is None if nothing is remembered.

    `generation` is the case's: it tells apart events that would otherwise have one id. `because`: the cause that a
    rescheduling gives.
    """
    return _Difference(scheduled, before, now, versions, generation, because).found()


def cancellation(
    key: CycleKey, before: CycleState, cause: str, generation: int
) -> tuple[CycleState, tuple[Emission, ...]]:
    """What is emitted of a cycle that there is no more, and its state after that.

    A breach of it never was, unless the cycle was left behind by a migration of its case.
    """
    common: dict[str, Any] = {"clock": key.clock, "cycle": key.cycle, "due_at": before.due_at}
    emitted = []
    fired, edition = dict(before.fired), before.edition
    if cause == GONE and "due" in fired:
        emitted.append(Emission(BreachRetracted(**common), f"{key}|{fired.pop('due').isoformat()}|{generation}"))
        edition += 1
    if before.end != "cancelled":
        emitted.append(Emission(ClockCancelled(**common, cause=cause), f"{key}|gone|{generation}"))
    if not emitted:
        return before, ()
    # Its timers are void for good, should the cycle come back.
    after = replace(
        before,
        end="cancelled",
        paused_since=None,
        armed=(),
        fired=fired,
        edition=edition,
        generation=before.generation + 1,
    )
    return after, tuple(emitted)


class _Difference:
    """Compares a cycle with what was emitted of it."""

    def __init__(
        self,
        scheduled: ScheduledCycle,
        before: CycleState | None,
        now: datetime,
        versions: RuleVersions,
        generation: int,
        because: str,
    ) -> None:
        self._clock, self._cycle, self._calendar = scheduled.clock, scheduled.cycle, scheduled.calendar
        self._calendars = scheduled.calendars
        self._key = CycleKey(scheduled.clock.id, scheduled.cycle.number)
        self._now, self._generation, self._because = now, generation, because
        self._before = before
        self._announced = before is not None and before.announced
        kept = emitted_schedule(before, self._cycle, versions)
        self._kept = is_kept(before, self._cycle, versions)
        self._schedule: Schedule = kept or scheduled.schedule
        self._versions = versions if kept is None or before is None else before.versions
        self._fired = dict(before.fired) if before is not None else {}
        self._repeated = before.repeated if before is not None else Repeated(None, 1)
        self._dues = list(before.dues) if before is not None else []
        self._edition = before.edition if before is not None else 0
        self._armed: list[Step] = []
        self._emitted: list[Emission] = []

    def found(self) -> Emissions:
        if self._kept and self._before is not None:
            return self._with(self._before)
        if not self._announced and self._end() == "cancelled":  # it ended before anybody heard of it
            return self._with(self._unannounced())
        self._note_edition()
        self._emit_changes()
        self._retract_breach()
        self._fire_steps()
        self._emit_end()
        self._arm_end_of_pause()
        return self._with(self._state())

    def _with(self, state: CycleState) -> Emissions:
        return Emissions(
            state,
            tuple(self._emitted),
            tuple(self._armed),
            self._schedule.due_at,
            self._schedule.provisional,
            self._paused_since() is not None,
        )

    def _unannounced(self) -> CycleState:
        return CycleState(
            due_at=self._schedule.due_at,
            end="cancelled",
            provisional=self._schedule.provisional,
            versions=self._versions,
            ended_at=self._cycle.ended_at,
            announced=False,
        )

    def _state(self) -> CycleState:
        before, due_at = self._before, self._schedule.due_at
        armed = tuple(ArmedStep(step.id, step.at, step.plain) for step in self._armed)
        same = armed == (before.armed if before else ()) and due_at == (before.due_at if before else None)
        return CycleState(
            due_at=due_at,
            end=self._end(),
            provisional=self._schedule.provisional,
            versions=self._versions,
            ended_at=self._cycle.ended_at,
            extensions=self._cycle.extensions,
            paused_since=self._paused_since(),
            fired=self._fired,
            repeated=self._repeated if self._repeated.times > 1 else Repeated(None, 1),
            dues=tuple(self._dues),
            edition=self._edition,
            armed=armed,
            generation=(before.generation if before else 0) + (0 if same else 1),
        )

    def _end(self) -> End | None:
        cycle, due_at = self._cycle, self._schedule.due_at
        if cycle.stopped_at is not None:
            late = due_at is not None and (cycle.stopped_at, cycle.stopped_by_breach) > (due_at, False)
            return "late" if late else "met"
        return "cancelled" if cycle.cancelled_at is not None else None

    def _paused_since(self) -> datetime | None:
        if self._cycle.over or not self._cycle.pauses:
            return None
        start, until = self._cycle.pauses[-1]
        return start if until is None or until > self._now else None

    def _emit(self, data: EventData, cause: str) -> None:
        self._emitted.append(Emission(data, f"{self._key}|{cause}"))

    def _common(self) -> dict[str, Any]:
        return {
            "clock": self._clock.id,
            "cycle": self._cycle.number,
            "due_at": self._schedule.due_at,
            "provisional": self._schedule.provisional,
        }

    def _note_edition(self) -> None:
        """Notice when a due instant comes back that was emitted before: its steps are then other events than those."""
        known, due_at = (self._before.due_at if self._before else None), self._schedule.due_at
        if known == due_at:
            return
        if known is not None and known not in self._dues:
            self._dues.append(known)
        self._edition += due_at in self._dues

    def _emit_changes(self) -> None:
        before = self._before
        revived = before is not None and before.end == "cancelled" and not self._cycle.over  # its end did not hold
        if before is None or not self._announced or revived:
            self._emit_start(again=revived and self._announced)
            return
        common, paused, due_at = self._common(), self._paused_since(), self._schedule.due_at
        if before.end is not None and before.end == self._end() and before.due_at == due_at:
            return
        self._emit_pauses(before, paused)
        moved = before.due_at != due_at or before.provisional != self._schedule.provisional
        if self._cycle.extensions > before.extensions:
            extended = ClockExtended(**common, previous_due_at=before.due_at)
            self._emit(extended, f"extended|{self._cycle.extensions}|{self._generation}")
        elif moved and not paused and before.paused_since is None:
            rescheduled = ClockRescheduled(**common, previous_due_at=before.due_at, cause=self._because)
            self._emit(rescheduled, f"moved|{_text(before.due_at)}|{_text(due_at)}|{self._generation}")

    def _emit_start(self, *, again: bool) -> None:
        common, paused, started = self._common(), self._paused_since(), self._cycle.started_at
        discriminator = f"|{self._generation}" if again else ""
        self._emit(ClockStarted(**common, started_at=started), f"started|{started.isoformat()}{discriminator}")
        if paused:
            self._emit(ClockPaused(**common, at=paused), f"paused|{paused.isoformat()}|{self._generation}")

    def _emit_pauses(self, before: CycleState, paused: datetime | None) -> None:
        common, was = self._common(), before.paused_since
        if was is None and paused:
            self._emit(ClockPaused(**common, at=paused), f"paused|{paused.isoformat()}|{self._generation}")
        elif was is not None and not paused and not self._cycle.over:
            at = self._cycle.pauses[-1][1] if self._cycle.pauses else None
            self._emit(ClockResumed(**common, at=at or self._now), f"resumed|{was.isoformat()}|{self._generation}")

    def _retract_breach(self) -> None:
        """Retract a breach that was emitted and does not stand: the due instant moved, or the cycle had ended then."""
        announced = self._fired.get("due")
        if announced is None:
            return
        breach = Step("due", "breach", announced)
        if announced == self._schedule.due_at and has_come(breach, self._cycle, max(self._now, breach.at)):
            return
        del self._fired["due"]
        self._edition += 1
        retracted = BreachRetracted(**self._common(), stopped_at=self._cycle.stopped_at)
        self._emit(retracted, f"{announced.isoformat()}|{self._generation}")

    def _fire_steps(self) -> None:
        due_at = self._schedule.due_at
        times = self._repeated.times if self._repeated.due_at == due_at else 1
        steps = steps_of(
            self._clock,
            self._cycle,
            self._calendar,
            self._calendars,
            self._schedule,
            self._now,
            self._fired,
            times,
        )
        for step in (*steps.skipped, *steps.emitted):
            if due_at is not None and not step.id.startswith("repeat-"):  # those are counted, not listed
                self._fired[step.id] = due_at
        for step in steps.emitted:
            self._emit_step(step)
        if due_at is not None:
            self._repeated = Repeated(due_at, steps.repeated)
        # What timers emit without deciding is of the first edition.
        self._armed = [replace(step, plain=step.plain and not self._edition) for step in steps.armed]

    def _emit_step(self, step: Step) -> None:
        model = ClockBreached if step.kind == "breach" else ClockWarned
        fired = model(
            **self._common(),
            step=step.id,
            step_due_at=step.at,
            fired_at=self._now,
            late_by=(self._now - step.at).total_seconds(),
        )
        again = f"|{self._edition}" if self._edition else ""
        self._emit(fired, f"{step.id}|{_text(self._schedule.due_at)}{again}")

    def _emit_end(self) -> None:
        end, stopped_at, due_at = self._end(), self._cycle.stopped_at, self._schedule.due_at
        if end is None or end == (self._before.end if self._before else None):
            return
        discriminator = f"{stopped_at.isoformat() if stopped_at else self._cycle.ended_at}|{self._generation}"
        if end == "cancelled":
            self._emit(ClockCancelled(**self._common(), cause=self._cycle.cancelled_by or GONE), discriminator)
        elif end == "met" and stopped_at is not None:
            self._emit(ClockMet(**self._common(), stopped_at=stopped_at), discriminator)
        elif stopped_at is not None and due_at is not None:
            late_by = (stopped_at - due_at).total_seconds()
            self._emit(ClockStoppedLate(**self._common(), stopped_at=stopped_at, late_by=late_by), discriminator)

    def _arm_end_of_pause(self) -> None:
        ends = self._cycle.pauses[-1][1] if self._paused_since() else None
        if ends is not None:
            look = Step("pause-ends", "look", ends, plain=False)
            self._armed = sorted([look, *self._armed], key=lambda step: step.at)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
