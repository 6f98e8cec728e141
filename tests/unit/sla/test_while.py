"""`while`: a clock runs only as long as its condition holds, counted from the same start; `when` is judged once."""

from __future__ import annotations

from typing import Any

import pytest

from services.sla.domain.case import Occurrence
from tests.unit.sla.scenes import at, decided, occurrence, procedure, words

MAJOR = {"field": "class", "is": "major"}
CLOCK: dict[str, Any] = {"from": ["received"], "until": ["resolved"], "duration": "PT2H"}
RECEIVED = occurrence("2025-09-15 09:00", "received")


def classified(when: str, as_: str) -> Occurrence:
    return occurrence(f"2025-09-15 {when}", "classified", f"classified:{as_}", **{"class": as_})


def test_it_comes_when_the_condition_does_goes_with_it_and_comes_back_from_the_same_start() -> None:
    rules = procedure({**CLOCK, "while": MAJOR})
    begun = decided(rules, [RECEIVED], "2025-09-15 09:00")
    assert begun.clocks == ()
    major = decided(rules, [classified("09:10", "major")], "2025-09-15 09:10", begun.case)
    assert (words(major), major.clocks[0].due_at) == (["Started"], at("2025-09-15 11:00"))
    minor = decided(rules, [classified("09:20", "minor")], "2025-09-15 09:20", major.case)
    assert [(one.data.cause, one.data.cycle) for one in minor.emitted] == [("condition-ended", 1)]  # type: ignore[attr-defined]
    assert minor.clocks[0].steps == ()
    again = decided(rules, [classified("09:30", "major")], "2025-09-15 09:30", minor.case)
    assert (words(again), again.clocks[0].cycle) == (["Started"], 1)
    assert again.clocks[0].due_at == at("2025-09-15 11:00")


def test_when_is_judged_at_the_start_alone() -> None:
    rules = procedure({**CLOCK, "when": MAJOR})
    begun = decided(rules, [RECEIVED, classified("09:10", "major")], "2025-09-15 09:10")
    assert begun.clocks == ()
    held = occurrence("2025-09-15 09:00", "received", **{"class": "major"})
    running = decided(rules, [held, classified("09:10", "minor")], "2025-09-15 09:10")
    assert [row.state for row in running.clocks] == ["running"]


def test_in_a_group_when_is_judged_at_the_start_and_while_again() -> None:
    urgent = {**CLOCK, "id": "urgent", "group": "g", "duration": "PT1H", "when": {"field": "vip", "is": True}}
    rest = {**CLOCK, "id": "rest", "group": "g"}
    rules = procedure({**urgent, "while": MAJOR}, rest)
    plain = decided(rules, [RECEIVED, classified("09:10", "major")], "2025-09-15 09:10")
    assert [row.clock for row in plain.clocks] == ["rest"]
    known = occurrence("2025-09-15 09:00", "received", vip=True)
    raised = decided(rules, [known, classified("09:10", "major")], "2025-09-15 09:10")
    assert [(row.clock, row.state) for row in raised.clocks] == [("urgent", "running"), ("rest", "cancelled")]


LEVELS = ["escalated:clerk"]
# how the clock starts, what happens at 09:30, whether that is leaving
LEAVING = [
    (LEVELS, ("escalated", "escalated:head"), True),
    (LEVELS, ("escalated", "escalated:clerk"), False),
    (LEVELS, ("reassigned", "reassigned:office"), False),
    (LEVELS, ("resolved",), True),
    (LEVELS, ("closed",), True),
    (LEVELS, ("archived",), True),
    ([*LEVELS, "escalated:head"], ("escalated", "escalated:head"), False),
    (["assigned:desk"], ("reassigned", "reassigned:office"), True),
    (["assigned:desk", "reassigned:desk"], ("reassigned", "reassigned:desk"), False),
    (["assigned:desk"], ("escalated", "escalated:head"), False),
    (["received"], ("reassigned", "reassigned:office"), False),
    (["received"], ("resolved",), True),
]


@pytest.mark.parametrize(("starts", "names", "leaves"), LEAVING)
def test_left_is_whatever_takes_the_case_away_from_whoever_has_it(
    starts: list[str], names: tuple[str, ...], *, leaves: bool
) -> None:
    start = occurrence("2025-09-15 09:00", *starts[:1])
    for key, state in (("until", "met"), ("cancel_on", "cancelled")):
        clock = {**CLOCK, "until": ["inspected"], "from": starts, key: ["left"]}
        found = decided(procedure(clock), [start, occurrence("2025-09-15 09:30", *names)], "2025-09-15 09:30")
        assert [row.state for row in found.clocks] == [state if leaves else "running"]


def test_a_level_that_was_left_before_is_not_timed_after_the_end() -> None:
    rules = procedure({**CLOCK, "from": LEVELS, "until": ["left"]})
    events = [occurrence("2025-09-15 09:00", "closed"), occurrence("2025-09-15 09:30", "escalated", *LEVELS)]
    assert decided(rules, events, "2025-09-15 09:30").clocks == ()


BY_CLASS = {"by": "class", "major": "PT1H", "minor": "P1D", "else": "PT4H"}


def test_a_duration_goes_by_a_fact_and_moves_with_it() -> None:
    rules = procedure({**CLOCK, "duration": BY_CLASS, "steps": [{"id": "soon", "before": "PT10M"}]})
    begun = decided(rules, [RECEIVED], "2025-09-15 09:00")
    assert begun.clocks[0].due_at == at("2025-09-15 13:00")
    raised = decided(rules, [classified("09:10", "major")], "2025-09-15 09:10", begun.case)
    assert words(raised) == ["Rescheduled"]
    assert raised.emitted[0].data.cause == "later-knowledge"  # type: ignore[attr-defined]
    assert [(step.id, step.at) for step in raised.clocks[0].steps] == [
        ("soon", at("2025-09-15 09:50")),
        ("due", at("2025-09-15 10:00")),
    ]
    late = decided(rules, [], "2025-09-15 10:00", raised.case)
    assert words(late) == ["Warned:soon", "Breached:due"]
    lowered = decided(rules, [classified("10:10", "minor")], "2025-09-15 10:10", late.case)
    assert words(lowered) == ["Rescheduled", "BreachRetracted"]
    assert lowered.clocks[0].due_at == at("2025-09-17 00:00")  # one day after that day, at its end


def test_without_else_nothing_is_due_before_the_fact_is_known() -> None:
    rules = procedure({**CLOCK, "duration": {"by": "class", "major": "PT1H"}})
    begun = decided(rules, [RECEIVED], "2025-09-15 09:00")
    assert (words(begun), begun.clocks[0].due_at, begun.clocks[0].steps) == (["Started"], None, ())
    known = decided(rules, [classified("09:10", "major")], "2025-09-15 09:10", begun.case)
    assert known.clocks[0].due_at == at("2025-09-15 10:00")
    assert words(known) == ["Rescheduled"]


def test_true_and_false_are_values_of_a_table_too() -> None:
    rules = procedure({**CLOCK, "duration": {"by": "anonymous", "true": "PT1H", "false": "PT2H"}})
    for anonymous, due in ((True, "10:00"), (False, "11:00")):
        events = [occurrence("2025-09-15 09:00", "received", anonymous=anonymous)]
        assert decided(rules, events, "2025-09-15 09:00").clocks[0].due_at == at(f"2025-09-15 {due}")
