"""Armed steps: what timers say in a case's absence is what the case would have said itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.sla.domain.arming import Cursor, absorbed
from services.sla.domain.case import Case, Occurrence
from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.decide import ClockRow, decide
from tests.unit.sla.scenes import CALENDARS, CASE, at, decided, occurrence, procedure, words

RULES = procedure(
    {
        "from": ["received"],
        "until": ["resolved"],
        "duration": "PT30M",
        "steps": [{"id": "half", "percent": 50}, {"id": "hour-over", "after": "PT1H"}],
        "pauses": [{"from": "asked", "until": ["answered"], "at_most": "PT20M"}],
    }
)
START = at("2025-09-29 09:00")
HOUR = timedelta(hours=1)
LAST = UUID(int=2**128 - 1)


def test_all_steps_to_come_are_armed_at_once() -> None:
    row = decided(RULES, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:00").clocks[0]
    assert [(step.id, step.at - START) for step in row.steps] == [
        ("half", timedelta(minutes=15)),
        ("due", timedelta(minutes=30)),
        ("hour-over", timedelta(minutes=90)),
    ]
    assert (row.generation, row.rearmed) == (1, True)


def test_an_event_that_changes_no_step_leaves_the_timers_alone() -> None:
    first = decided(RULES, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:00")
    second = decided(RULES, [occurrence("2025-09-29 09:05", "assigned")], "2025-09-29 09:05", first.case)
    assert (second.clocks[0].generation, second.clocks[0].rearmed, second.clocks[0].changed) == (1, False, False)


def test_a_pause_voids_the_timers_and_arms_its_own_end() -> None:
    first = decided(RULES, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:00")
    paused = decided(RULES, [occurrence("2025-09-29 09:05", "asked")], "2025-09-29 09:05", first.case).clocks[0]
    assert (paused.generation, paused.rearmed) == (2, True)
    assert (paused.steps[0].id, paused.steps[0].at) == ("pause-ends", at("2025-09-29 09:25"))
    assert not paused.steps[0].plain


@pytest.mark.parametrize(
    ("cursor", "fired"),
    [
        (Cursor(at("2025-09-29 09:14"), LAST), set()),
        (Cursor(at("2025-09-29 09:15"), UUID(int=CASE.int - 1)), set()),  # the shard stopped just before this case
        (Cursor(at("2025-09-29 09:15"), CASE), {"half"}),
        (Cursor(at("2025-09-29 09:30"), LAST), {"half", "due"}),
    ],
)
def test_what_the_cursor_has_passed_has_fired(cursor: Cursor, fired: set[str]) -> None:
    case = decided(RULES, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:00").case
    assert set(absorbed(case, cursor).states[CycleKey("reply", 1)].fired) == fired


def test_a_stop_that_comes_after_timers_announced_the_breach_takes_it_back() -> None:
    case = decided(RULES, [occurrence("2025-09-29 09:00", "received")], "2025-09-29 09:00").case
    breached = absorbed(case, Cursor(at("2025-09-29 09:40"), LAST))
    late = decided(RULES, [occurrence("2025-09-29 09:29", "resolved")], "2025-09-29 09:41", breached)
    assert words(late) == ["BreachRetracted", "Met"]


NAMES = ("received", "asked", "answered", "resolved", "reopened", "withdrawn", "assigned")
STORIES = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 200), st.integers(0, 60)), min_size=1, max_size=6)
Received = tuple[str, str, int, str, datetime | None]


class ByHand:
    """Decides on the case anew at the instant of each step."""

    def __init__(self) -> None:
        self.case, self.received = Case(CASE, RULES.key), Counter[Received]()
        self.rows: tuple[ClockRow, ...] = ()
        self.cursor: Cursor | None = None

    def decide(self, now: datetime, new: tuple[Occurrence, ...] = ()) -> None:
        """Decide at `now`, with what has come."""
        case = self.case if self.cursor is None else absorbed(self.case, self.cursor)
        known = {one.id for one in case.occurrences}
        occurrences = case.occurrences + tuple(one for one in new if one.id not in known)
        decision = decide(replace(case, occurrences=occurrences), RULES, CALENDARS, now)
        self.case, self.rows = decision.case, decision.clocks
        for emitted in decision.emitted:
            data = emitted.data.model_dump()
            self.received[
                type(emitted.data).__name__, data["clock"], data["cycle"], data.get("step", ""), data["due_at"]
            ] += 1

    def until(self, now: datetime) -> None:
        """Let all steps come that come by then."""
        while (at := min((row.next_at for row in self.rows if row.next_at), default=now + HOUR)) <= now:
            self.decide(at)


class ByTimer(ByHand):
    """Lets timers say plain steps without looking at the case."""

    def __init__(self) -> None:
        super().__init__()
        self.fired: set[tuple[str, int, int, str]] = set()

    def until(self, now: datetime) -> None:
        """Fire armed steps in their order; a step that is not plain is decided on."""
        while armed := sorted(
            (step.at, step.kind == "after", row.clock, row.cycle, row.generation, row.due_at, step.id, step.plain)
            for row in self.rows
            for step in row.steps
            if step.at <= now and (row.clock, row.cycle, row.generation, step.id) not in self.fired
        ):
            at, _, clock, cycle, generation, due_at, step, plain = armed[0]
            self.fired.add((clock, cycle, generation, step))
            if plain:
                kind = "ClockBreached" if step == "due" else "ClockWarned"
                self.received[kind, clock, cycle, step, due_at] += 1
            else:
                self.decide(at)
            self.cursor = Cursor(at, LAST)


@settings(max_examples=300, deadline=None)
@given(story=STORIES)
def test_timers_say_what_the_case_would_have_said(story: list[tuple[str, int, int]]) -> None:
    """Two systems hear the same events at the same times: one decides at each step, one lets timers fire it."""
    arrivals = sorted(
        (START + timedelta(minutes=minute + delay), minute, number, name)
        for number, (name, minute, delay) in enumerate(story)
    )
    by_hand, by_timer = ByHand(), ByTimer()
    for arrival, minute, number, name in arrivals:
        event = occurrence(f"2025-09-29 {9 + minute // 60:02}:{minute % 60:02}", name, place=number)
        for system in (by_hand, by_timer):
            system.until(arrival)
            system.decide(arrival, (event,))
    for system in (by_hand, by_timer):
        system.until(START + timedelta(days=2))
        system.decide(START + timedelta(days=2))
    assert by_timer.received == by_hand.received
    assert by_timer.rows == by_hand.rows
