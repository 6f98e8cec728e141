"""One case in a system that runs: events come in, timers are armed and fire in pages, without looking at the case."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.sla.domain.arming import Cursor, absorbed
from services.sla.domain.case import Case, Occurrence
from services.sla.domain.cycle_state import from_json, to_json
from services.sla.domain.decide import ClockRow, decide
from shared.procedures.model import Procedure
from tests.unit.sla.scenes import CALENDARS, CASE

LAST = UUID(int=2**128 - 1)
LONG_AGO = Cursor(datetime(2000, 1, 1, tzinfo=UTC), LAST)


class Timer(NamedTuple):
    """A timer as it is stored: never changed, void when its clock's generation is another."""

    at: datetime
    number: int
    clock: str
    cycle: int
    generation: int
    step: str
    plain: bool
    due_at: datetime | None


class Received(NamedTuple):
    """An event of the sla service; `data` as in `shared.events.deadlines`."""

    type: str
    cause: str
    data: dict[str, Any]


@dataclass
class System:
    """What the sla service keeps of one case, and all that it has said."""

    rules: Procedure
    case: Case = field(init=False)
    rows: dict[tuple[str, int], ClockRow] = field(default_factory=dict)
    timers: list[Timer] = field(default_factory=list)
    cursor: Cursor = LONG_AGO
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.case = Case(CASE, self.rules.key)

    def apply(self, now: datetime, *new: Occurrence) -> None:
        """Events come in at `now`, the same ones perhaps again."""
        case = absorbed(self.case, self.cursor)
        known = {one.id for one in case.occurrences}
        unknown = {one.id: one for one in new if one.id not in known}
        self._decide(replace(case, occurrences=case.occurrences + tuple(unknown.values())), now)

    def fire(self, now: datetime, each: int = 100) -> bool:
        """Fire one page of `each` due timers at most, as the scheduler does; whether there was one."""
        due = sorted(one for one in self.timers if Cursor(one.at, CASE) > self.cursor and one.at <= now)
        page = due[:each]
        if len(page) == each:  # the timers of one instant are not torn apart
            page = [one for one in page if one.at < page[-1].at] or [one for one in due if one.at == page[-1].at]
        if not page:
            return False
        valid = [one for one in page if self.is_valid(one)]
        if any(not one.plain for one in valid):
            self._decide(absorbed(self.case, self.cursor), now)
        else:
            for one in valid:
                self._emit(one, now)
        self.cursor = Cursor(page[-1].at, LAST)
        return True

    def run(self, until: datetime) -> None:
        """Let time go on, each timer firing at its instant."""
        while (
            at := min((one.at for one in self.timers if self._waits(one) and one.at <= until), default=None)
        ) is not None:
            self.fire(at)

    def is_valid(self, timer: Timer) -> bool:
        """Whether the timer still says what its clock is about to say."""
        row = self.rows.get((timer.clock, timer.cycle))
        return row is not None and row.generation == timer.generation

    def armed(self, row: ClockRow) -> set[tuple[str, datetime]]:
        """The steps of a clock that timers will say."""
        return {
            (one.step, one.at)
            for one in self.timers
            if (one.clock, one.cycle) == (row.clock, row.cycle) and self.is_valid(one) and self._waits(one)
        }

    def _waits(self, timer: Timer) -> bool:
        return Cursor(timer.at, CASE) > self.cursor

    def _decide(self, case: Case, now: datetime) -> None:
        decision = decide(case, self.rules, CALENDARS, now)
        stored = json.dumps(to_json(decision.case.states))
        assert from_json(json.loads(stored)) == decision.case.states
        self.case = decision.case
        self.rows = {(row.clock, row.cycle): row for row in decision.clocks}
        for row in decision.clocks:
            for step in row.steps if row.rearmed else ():
                place = (len(self.timers), row.clock, row.cycle, row.generation, step.id, step.plain, row.due_at)
                self.timers.append(Timer(step.at, *place))
        for emitted in decision.emitted:
            name = type(emitted.data).__name__.removeprefix("Clock")
            self.received.append(Received(name, emitted.cause, emitted.data.model_dump()))

    def _emit(self, timer: Timer, now: datetime) -> None:
        name = "Breached" if timer.step == "due" else "Warned"
        due = timer.due_at.isoformat() if timer.due_at else None
        data = {
            "clock": timer.clock,
            "cycle": timer.cycle,
            "due_at": timer.due_at,
            "step": timer.step,
            "step_due_at": timer.at,
            "fired_at": now,
        }
        self.received.append(Received(name, f"{timer.clock}#{timer.cycle}|{timer.step}|{due}", data))
