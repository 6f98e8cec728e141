"""Which events a case's clocks emit now: the difference between what holds and what was emitted before.

Nothing is counted up: clocks are computed from the set of occurrences each time, so that late, repeated and reordered
events lead to the same end. What was emitted is kept per clock and cycle, so that nothing is emitted twice. The steps
that are still to come are *armed*: named with their instants, so that timers can emit them (see `arming`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.sla.domain.case import Case, ordered
from services.sla.domain.cycle_state import CycleKey, CycleState
from services.sla.domain.cycles import MIGRATED
from services.sla.domain.emissions import GONE, Emission, Emissions, cancellation, emissions_of
from services.sla.domain.rule_versions import LATER_KNOWLEDGE, cause_of, migrated_away, rule_versions_of
from services.sla.domain.schedule import Step
from services.sla.domain.scheduled_cycles import ScheduledCycle, scheduled_cycles
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

OPEN = ("running", "paused", "breached")
"""The states of a cycle that goes on."""


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


@dataclass(frozen=True)
class Decision:
    """The case with its states from now on, the events to emit, its clocks, and the cycles that there are no more."""

    case: Case
    emitted: tuple[Emission, ...]
    clocks: tuple[ClockRow, ...]
    gone: tuple[CycleKey, ...]


def decide(
    case: Case,
    procedure: Procedure,
    calendars: Mapping[str, Calendar],
    now: datetime,
    *,
    because: str = LATER_KNOWLEDGE,
) -> Decision:
    """Compute all clocks of a case and what is to be emitted of them at `now` (UTC).

    `because` is the cause that a rescheduling gives where neither calendar nor procedure is known to have changed.
    """
    states: dict[CycleKey, CycleState] = {}
    emitted: list[Emission] = []
    rows: list[ClockRow] = []
    for scheduled in scheduled_cycles(procedure, ordered(case.occurrences), calendars):
        key = CycleKey(scheduled.clock.id, scheduled.cycle.number)
        versions = rule_versions_of(procedure, scheduled.calendar)
        before = case.states.get(key)
        cause = cause_of(before, versions, procedure.id) or because
        found = emissions_of(scheduled, before, now, versions, generation=case.generation, because=cause)
        states[key] = found.state
        emitted += found.emitted
        rows.append(_row(scheduled, before, found))
    gone = []
    for key, before in case.states.items():
        if key in states:
            continue
        elsewhere = migrated_away(before, procedure)
        if elsewhere and before.end is not None:
            states[key] = before  # it ended under the version that knew it
            continue
        states[key], last = cancellation(key, before, MIGRATED if elsewhere else GONE, case.generation)
        if last:
            gone.append(key)
            emitted += last
    changed = states != case.states
    after = replace(case, states=states, generation=case.generation + 1) if changed else case
    return Decision(after, tuple(emitted), tuple(rows), tuple(gone))


def _row(scheduled: ScheduledCycle, before: CycleState | None, found: Emissions) -> ClockRow:
    cycle, state = scheduled.cycle, found.state
    going_on = "paused" if found.paused else "breached" if "due" in state.fired else "running"
    return ClockRow(
        clock=scheduled.clock.id,
        cycle=cycle.number,
        state=state.end or going_on,
        started_at=cycle.started_at,
        due_at=found.due_at,
        provisional=found.provisional,
        ended_at=cycle.ended_at,
        steps=found.steps,
        generation=state.generation,
        changed=state != before,
        rearmed=state.generation != (before.generation if before else 0),
    )
