"""A machine that plays random procedures with random events, in any order, with repetition and with outages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.sla.domain.arming import absorbed
from services.sla.domain.case import Case, Occurrence, ordered
from services.sla.domain.decide import ClockRow, decide
from services.sla.domain.schedule import length_of
from services.sla.domain.scheduled_cycles import scheduled_cycles
from shared.business_time.due import elapsed_seconds
from shared.business_time.durations import Unit
from shared.procedures.model import Procedure
from tests.unit.sla.ledger import Ledger
from tests.unit.sla.running import System
from tests.unit.sla.scenes import CALENDARS, CASE, at, procedure

START = at("2025-09-29 16:00")  # a Monday; the holidays begin on Wednesday
NIGHT = {"from": "22:00", "until": "07:00"}
NOON = {"from": "11:30", "until": "13:30"}

STEP = st.fixed_dictionaries(
    {},
    optional={
        "time": st.sampled_from(["elapsed", "business"]),
        "calendar": st.sampled_from(["cn", "always"]),
        "quiet": st.sampled_from([[], [NIGHT], [NIGHT, NOON]]),
    },
)
BEFORE = st.sampled_from([{"percent": 50}, {"percent": 99}, {"before": "PT10M"}, {"before": "PT3H"}])
AFTER = st.sampled_from(["PT10M", "PT8H", "P1D", "P1WD"])
PAUSES = st.lists(
    st.sampled_from(
        [
            {"from": "asked", "until": ["answered"]},
            {"from": "asked", "until": ["answered"], "at_most": "PT2H"},
            {"from": "held", "until": ["released", "resolved"], "at_most": "P1D"},
        ]
    ),
    max_size=2,
)
EXTENSIONS = st.sampled_from(
    [
        {"to": "PT5H"},
        {"to": "P2D", "approved_by": ["head"]},
        {"to": "PT5H", "times": 3, "each": "PT2H", "max": "PT8H", "request_required": True},
    ]
)
CONDITIONS = st.sampled_from([{"field": "class", "is": "major"}, {"field": "class", "is_not": "major"}])
BY_CLASS = {"by": "class", "major": "PT30M", "else": "P1WD"}
OWN = st.fixed_dictionaries(
    {"duration": st.sampled_from(["PT30M", "PT30M", "PT4H", "P1WD", "P1D", "IMMEDIATE", BY_CLASS])},
    optional={
        "time": st.sampled_from(["elapsed", "business"]),
        "boundary": st.sampled_from(["closing-time", "same-time"]),
        "when": CONDITIONS,
        "while": CONDITIONS,
        "until": st.sampled_from([["resolved", "escalated:leader"], ["answered", "resolved"], ["left"]]),
        "cancel_on": st.just(["transferred"]),
        "pauses": PAUSES,
        "extension": EXTENSIONS,
        "quiet": st.just([NIGHT]),
        "catch_up": st.sampled_from([{"catch_up": "latest"}, {"catch_up": "skip", "skip_after": "PT1H"}]),
        "every": st.sampled_from([{"every": "PT3H"}, {"every": "P1WD", "times": 2}, {"every": "PT30M", "times": 1}]),
        "within": st.sampled_from(["c0", "first"]),
        "before": st.lists(st.tuples(BEFORE, STEP), max_size=2),
        "after": st.lists(st.tuples(AFTER, STEP), max_size=2),
    },
)
STARTS = st.fixed_dictionaries(
    {"from": st.sampled_from([["received"], ["received", "assigned"], ["assigned"]])},
    optional={"starts_again": st.just(value=True), "restart_on": st.sampled_from([[], ["asked", "reopened"]])},
)
FACTS = st.sampled_from([{}, {"class": "major"}, {"class": "general"}])
NAMES = (
    *("received", "assigned", "asked", "answered", "held", "released", "resolved", "reopened", "classified"),
    *("escalated:leader", "transferred", "withdrawn", "procedure-migrated:restart"),
    *("extension-requested:c0", "extension-approved:c0", "extension-approved:c1", "extension-refused:c0"),
)
MINUTES = st.one_of(st.integers(0, 90), st.integers(0, 3000))


def clock(id_: str, starts: dict[str, Any], own: dict[str, Any], group: str | None) -> dict[str, Any]:
    """A clock as a procedure has it, from what was drawn."""
    found = {"until": ["resolved"], **starts, **own, "id": id_}
    found |= found.pop("catch_up", {})
    found["steps"] = [
        *({"id": f"w{n}", **of, **at} for n, (of, at) in enumerate(found.pop("before", ()))),
        *({"id": f"a{n}", "after": of, **at} for n, (of, at) in enumerate(found.pop("after", ()))),
        *([found.pop("every")] if "every" in found else []),
    ]
    if group is not None:
        found["group"] = group
    return found


class Clocks(RuleBasedStateMachine):
    """Events come late, twice and out of order; timers fire at once, or after an outage in pages."""

    played: Procedure
    system: System
    ledger: Ledger
    now: datetime
    read: int
    known: list[Occurrence]

    @initialize(starts=STARTS, other=STARTS, clocks=st.lists(OWN, min_size=1, max_size=3), grouped=st.booleans())
    def begin(self, starts: dict[str, Any], other: dict[str, Any], clocks: list[dict[str, Any]], grouped: bool) -> None:
        """A procedure of one to three clocks, the first two perhaps a group."""
        self.played = procedure(
            *(
                clock(f"c{n}", starts if n < 2 else other, own, "first" if grouped and n < 2 else None)
                for n, own in enumerate(clocks)
            )
        )
        self.system, self.ledger, self.read = System(self.played), Ledger(), 0
        self.now, self.known = START, []
        self.system.apply(self.now, self._new("received", 0, {}))

    @rule(name=st.sampled_from(NAMES), ago=MINUTES, facts=FACTS)
    def comes(self, name: str, ago: int, facts: dict[str, Any]) -> None:
        """Something that happened some minutes ago comes to be known."""
        self.system.apply(self.now, self._new(name, ago, facts))

    @rule(name=st.sampled_from(NAMES), facts=FACTS)
    def happens(self, name: str, facts: dict[str, Any]) -> None:
        """Something happens and is known at once."""
        self.system.apply(self.now, self._new(name, 0, facts))

    @precondition(lambda self: self.known)
    @rule(which=st.integers(0, 99))
    def comes_again(self, which: int) -> None:
        """An event is delivered again."""
        self.system.apply(self.now, self.known[which % len(self.known)])

    @rule(minutes=MINUTES)
    def time_goes_on(self, minutes: int) -> None:
        """Timers fire at their instants."""
        self.now += timedelta(minutes=minutes)
        self.system.run(self.now)

    @rule(minutes=MINUTES, each=st.integers(1, 4), event=st.booleans())
    def an_outage(self, minutes: int, each: int, event: bool) -> None:
        """Nothing is said for a while; then pages of timers fire, perhaps with an event between two."""
        self.now += timedelta(minutes=minutes)
        self.system.fire(self.now, each)
        if event:
            self.system.apply(self.now, self._new("assigned", minutes // 2, {}))
        while self.system.fire(self.now, each):
            pass

    @invariant()
    def nothing_is_said_twice_or_early(self) -> None:
        """Every event is booked; the ledger fails on what must not be."""
        for event in self.system.received[self.read :]:
            self.ledger.note(event)
        self.read = len(self.system.received)

    @invariant()
    def the_clocks_are_those_of_the_set(self) -> None:
        """Decided once on everything that happened, in order, the clocks are the same, and so are the breaches."""
        self.nothing_is_said_twice_or_early()
        whole = Case(CASE, self.played.key, tuple(ordered(self.system.case.occurrences)))
        decision = decide(whole, self.played, CALENDARS, self.now)
        look = decide(self._absorbed(), self.played, CALENDARS, self.now)
        assert look.emitted == (), "everything has been said"
        assert [replace(row, steps=()) for row in look.clocks] == [replace(row, steps=()) for row in decision.clocks]
        stands = {(row.clock, row.cycle): row.due_at for row in decision.clocks if self._stands(row)}
        assert {key: due for key, due in self.ledger.breach.items() if due} == stands

    @invariant()
    def what_is_to_come_is_armed(self) -> None:
        """Of each open clock all steps that have not been said are with the timers, the breach among them."""
        for row in decide(self._absorbed(), self.played, CALENDARS, self.now).clocks:
            wanted = {(step.id, step.at) for step in row.steps}
            assert self.system.armed(row) == wanted, f"{row.clock}#{row.cycle}"
            if row.state == "running" and row.due_at is not None and row.due_at > self.now:
                assert ("due", row.due_at) in wanted

    @invariant()
    def pauses_do_not_count(self) -> None:
        """The time between start and due instant, pauses taken out, is the clock's length; no step lies in a pause."""
        for scheduled in scheduled_cycles(self.played, ordered(self.system.case.occurrences), CALENDARS):
            cycle, due_at, length = (
                scheduled.cycle,
                scheduled.schedule.due_at,
                length_of(scheduled.clock, scheduled.cycle),
            )
            for step in scheduled.schedule.steps:
                assert not any(begins < step.at and (ends is None or step.at < ends) for begins, ends in cycle.pauses)
            if due_at is not None and length is not None and length.unit is Unit.SECONDS and not scheduled.capped:
                used = elapsed_seconds(
                    cycle.started_at, due_at, scheduled.calendar, scheduled.clock.time, tuple(cycle.pauses)
                )
                assert used == length.count

    def _absorbed(self) -> Case:
        return absorbed(self.system.case, self.system.cursor)

    def _stands(self, row: ClockRow) -> bool:
        """Whether the due instant came while the clock went on; nobody hears of what had ended before it was known."""
        if row.due_at is None or row.due_at > self.now or (row.clock, row.cycle) not in self.ledger.state:
            return False
        if row.state == "cancelled" and row.ended_at is not None:
            return row.ended_at > row.due_at
        return row.state != "met"

    def _new(self, name: str, ago: int, facts: dict[str, Any]) -> Occurrence:
        number = len(self.known)
        names = (name.partition(":")[0], name) if ":" in name else (name,)
        when: datetime = self.now - timedelta(minutes=ago)
        cause = "breached:c0" if name == "escalated:leader" and number % 2 else None
        given = {**facts, **({"extension-approved.by": "desk"} if number % 3 == 0 else {})}
        self.known.append(Occurrence(f"e{number}", names, when, (1, number), given, cause))
        return self.known[-1]


TestClocks = Clocks.TestCase
TestClocks.settings = settings(
    max_examples=150, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
