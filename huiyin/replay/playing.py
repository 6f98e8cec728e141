"""One case of the past through the clocks, on a virtual clock (pure).

What happened becomes known at its own instant, and each step of a clock is fired at its own: `decide` is asked at
exactly the instants at which the running service asks it. Nothing is written and nothing leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from huiyin.replay.measure import Measure
from services.sla.domain.case import Case, Occurrence, ordered
from services.sla.domain.decide import ClockRow, Decision, decide
from services.sla.domain.scheduled_cycles import scheduled_cycles
from shared.business_time.calendars import Calendar
from shared.events.deadlines import ClockStoppedLate, ClockWarned
from shared.procedures.model import Clock, Procedure

State = Literal["met", "late", "breached", "open", "cancelled", "undated"]
"""`late`: breached, then stopped. `breached`: and still open. `open`: in time so far. `undated`: without a due date."""

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Occurred:
    """Something that happened to a case: its names, the plain one first, its instant (UTC), its facts."""

    names: tuple[str, ...]
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one cycle of a clock. Instants are UTC.

    `elapsed` and `late_by` are in the clock's own measure (see `measure`) and there once it stopped, `late_by`
    only if it stopped late; `late_seconds` is what the service's event has. `warned` counts the steps before the
    due instant, `further` those after it.
    """

    clock: str
    cycle: int
    state: State
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    provisional: bool
    elapsed: float | None
    late_by: float | None
    late_seconds: float | None
    warned: int
    further: int


class Replay:
    """Replays cases under one procedure until one instant (UTC)."""

    def __init__(self, procedure: Procedure, calendars: Mapping[str, Calendar], until: datetime) -> None:
        # A clock that is due again and again would be asked at every repetition of years; none changes an outcome.
        clocks = tuple(
            one.model_copy(update={"steps": tuple(step for step in one.steps if step.every is None)})
            for one in procedure.clocks
        )
        self._procedure = procedure.model_copy(update={"clocks": clocks})
        self._calendars = calendars
        self.until = until
        self._clocks = {one.id: one for one in clocks}
        self._measures = {one.id: Measure.of(one, self._calendar(one)) for one in clocks}

    def _calendar(self, clock: Clock) -> Calendar:
        return self._calendars[clock.calendar or self._procedure.calendar]

    def outcomes(self, occurred: Sequence[Occurred]) -> list[Outcome]:
        """Every cycle of every clock of a case; of what happened at one instant, the order given is the order taken.

        What happened after the end of the replay is not known yet, and left out.
        """
        warned: dict[tuple[str, int], int] = {}
        further: dict[tuple[str, int], int] = {}
        late: dict[tuple[str, int], float] = {}
        decision = None
        for decision in self._decisions(occurred):
            for one in decision.emitted:
                data = one.data
                if isinstance(data, ClockWarned):
                    counts = further if data.due_at and data.step_due_at >= data.due_at else warned
                    counts[data.clock, data.cycle] = counts.get((data.clock, data.cycle), 0) + 1
                elif isinstance(data, ClockStoppedLate):
                    late[data.clock, data.cycle] = data.late_by
        if decision is None:
            return []
        found = []
        for row in decision.clocks:
            key = (row.clock, row.cycle)
            state = self._state(row)
            elapsed, late_by = self._measured(row, state, decision.case)
            found.append(
                Outcome(
                    clock=row.clock,
                    cycle=row.cycle,
                    state=state,
                    started_at=row.started_at,
                    due_at=row.due_at,
                    ended_at=row.ended_at,
                    provisional=row.provisional,
                    elapsed=elapsed,
                    late_by=late_by,
                    late_seconds=late.get(key) if state == "late" else None,
                    warned=warned.get(key, 0),
                    further=further.get(key, 0),
                )
            )
        return found

    def _decisions(self, occurred: Sequence[Occurred]) -> Iterator[Decision]:
        """What is decided of a case, from the first thing that happened until the end of the replay, in order."""
        known = [
            Occurrence(str(place), one.names, one.at, (0, place), one.facts)
            for place, one in enumerate(occurred)
            if one.at <= self.until
        ]
        known.sort(key=lambda one: (one.at, one.place))
        case = Case(_NOBODY, self._procedure.key)
        latest: Decision | None = None
        for at, at_once in groupby(known, key=lambda one: one.at):
            for step in self._steps(latest, at, inclusive=False):
                case = step.case
                yield step
            case = Case(case.id, case.procedure, (*case.occurrences, *at_once), case.states, case.generation)
            latest = decide(case, self._procedure, self._calendars, at)
            case = latest.case
            yield latest
        yield from self._steps(latest, self.until, inclusive=True)

    def _steps(self, latest: Decision | None, end: datetime, *, inclusive: bool) -> Iterator[Decision]:
        """Move to each next step in turn, up to an instant."""
        now: datetime | None = None
        while latest is not None:
            coming = [row.next_at for row in latest.clocks if row.next_at and (now is None or row.next_at > now)]
            if not coming:
                return
            now = min(coming)
            if now > end or (now == end and not inclusive):
                return
            latest = decide(latest.case, self._procedure, self._calendars, now)
            yield latest

    def _state(self, row: ClockRow) -> State:
        if row.state == "cancelled":
            return "cancelled"
        if row.due_at is None and self._clocks[row.clock].due_field is not None:
            return "undated"
        match row.state:
            case "met":
                return "met"
            case "late":
                return "late"
            case "breached":
                return "breached"
        return "open"

    def _measured(self, row: ClockRow, state: State, case: Case) -> tuple[float | None, float | None]:
        if state not in ("met", "late", "undated") or row.ended_at is None:
            return None, None
        clock, measure = self._clocks[row.clock], self._measures[row.clock]
        pauses: list[tuple[datetime, datetime | None]] = []
        if clock.pauses:
            cycles = scheduled_cycles(self._procedure, ordered(case.occurrences), self._calendars)
            pauses = next(
                one.cycle.pauses for one in cycles if (one.clock.id, one.cycle.number) == (row.clock, row.cycle)
            )
        elapsed = measure.elapsed(row.started_at, row.ended_at, pauses)
        return elapsed, measure.late_by(row.due_at, row.ended_at) if state == "late" and row.due_at else None
