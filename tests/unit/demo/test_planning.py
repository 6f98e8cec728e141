"""Who means to do what, and when, because of which event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huiyin.demo.people import planning
from huiyin.demo.people.behaviour import Manner, manner_of
from huiyin.demo.people.casefile import CaseFile
from huiyin.demo.people.planning import Call, Decide, Extend, Reach, Stop, Supplement
from shared.events.assignments import CaseAssigned, MilestoneReached
from shared.events.base import EventData
from shared.events.complaints import ComplaintRegistered, SupplementRequested
from shared.events.deadlines import ClockBreached, ClockExtended, ClockStarted
from shared.events.notices import CallBackDue, Satisfied
from shared.procedures.loader import load_library
from tests.unit.demo.making import CASE, START, emitted

DUE = START + timedelta(days=10)
CLOCK: dict[str, Any] = {"clock": "handling", "cycle": 1, "due_at": DUE}
STARTED = ClockStarted(**CLOCK, started_at=START)
BREACHED = ClockBreached(**CLOCK, step="due", step_due_at=DUE, fired_at=DUE, late_by=0.0)


def seed_of(manner: Manner) -> str:
    """A seed under which `CASE` is handled in this manner."""
    return next(seed for seed in map(str, range(1000)) if manner_of(seed, CASE) is manner)


def planned(data: EventData, manner: Manner, *, name: str = "baoshan-efficiency") -> list[planning.Task]:
    rules = load_library().get(name)
    file = CaseFile(CASE, rules.key)
    event = emitted(data, procedure=rules.key)
    file.apply(event)
    return list(planning.reactions(event, file, rules, seed_of(manner)))


def test_in_time_is_before_the_due_instant_and_late_is_after_it() -> None:
    [in_time] = planned(STARTED, Manner.IN_TIME)
    [late] = planned(STARTED, Manner.LATE)

    assert isinstance(in_time.what, Stop)
    assert isinstance(late.what, Stop)
    assert START < in_time.at < in_time.what.final < DUE < late.what.final


def test_who_never_answers_plans_nothing() -> None:
    assert planned(STARTED, Manner.NEVER) == []


def test_a_report_that_is_due_again_and_again_comes_to_an_end_even_so() -> None:
    repeating = ClockStarted(clock="weekly-bulletin", cycle=1, due_at=DUE, started_at=START)

    [task] = planned(repeating, Manner.NEVER, name="vanke-developer")

    assert isinstance(task.what, Stop)
    assert task.what.final > DUE


def test_an_extension_is_asked_for_while_the_clock_runs_and_used_afterwards() -> None:
    [asked] = planned(STARTED, Manner.EXTENDED)
    new_due = DUE + timedelta(days=20)
    granted = ClockExtended(clock="handling", cycle=1, due_at=new_due, previous_due_at=DUE)
    [answer] = planned(granted, Manner.EXTENDED)

    assert asked.what == Extend("handling", 1)
    assert asked.at < DUE
    assert isinstance(answer.what, Stop)
    assert DUE < answer.what.final < new_due


REACTIONS = [
    (ComplaintRegistered(case_number="1", channel="online", received_at=START), "baoshan-efficiency", Decide()),
    (CallBackDue(task_id="t", cause="x"), "vanke-developer", Call("t")),
    (Satisfied(at=START), "vanke-developer", Reach("closed")),
    (MilestoneReached(milestone="resolved", at=START, by="floor"), "shopping-mall", Reach("closed")),
]


@pytest.mark.parametrize(("data", "name", "what"), REACTIONS)
def test_an_event_calls_somebody_to_work(data: EventData, name: str, what: planning.What) -> None:
    [task] = planned(data, Manner.IN_TIME, name=name)

    assert task.what == what
    assert task.at > START


def test_where_complainants_are_called_back_the_case_is_not_closed_before() -> None:
    assert planned(MilestoneReached(milestone="resolved", at=START, by="x"), Manner.LATE, name="vanke-developer") == []


def test_about_half_of_the_complainants_give_what_was_missing() -> None:
    rules = load_library().get("baoshan-efficiency")
    event = emitted(SupplementRequested(missing=("phone",)))
    file = CaseFile(CASE, rules.key)

    answers = [list(planning.reactions(event, file, rules, str(seed))) for seed in range(400)]

    given = [tasks[0].what for tasks in answers if tasks]
    assert 150 < len(given) < 250
    assert set(given) == {Supplement(("phone",))}


def _assigned(*more: EventData) -> CaseFile:
    file = CaseFile(CASE, ("baoshan-efficiency", 1))
    for number, data in enumerate((CaseAssigned(department="district-centre"), *more), start=1):
        file.apply(emitted(data, sequence=number))
    return file


def test_a_case_that_nobody_has_in_hand_is_brought_to_its_answer() -> None:
    task = planning.next_goal(_assigned(), seed_of(Manner.IN_TIME), START)

    assert task is not None
    assert task.what == Reach("resolved")


@pytest.mark.parametrize(("manner", "again"), [(Manner.LATE, True), (Manner.NEVER, False)])
def test_a_decision_that_came_to_nothing_is_taken_up_again_once_it_is_overdue(manner: Manner, again: bool) -> None:
    file = CaseFile(CASE, ("social-insurance-levy-complaints", 1))
    file.apply(emitted(STARTED, sequence=1))
    assert planning.next_goal(file, seed_of(manner), START) is None  # its clock's own task brings it
    file.apply(emitted(BREACHED, sequence=2))

    task = planning.next_goal(file, seed_of(manner), START)
    assert (task is not None and task.what == Stop(STARTED.clock, STARTED.cycle, task.at)) is again


ENDS = [
    (_assigned(), Manner.NEVER, False),
    (_assigned(STARTED, BREACHED), Manner.NEVER, True),
    (_assigned(STARTED, BREACHED), Manner.LATE, False),
    (_assigned(MilestoneReached(milestone="resolved", at=START, by="x")), Manner.LATE, True),
]


@pytest.mark.parametrize(("file", "manner", "ended"), ENDS)
def test_a_case_ends_with_its_answer_or_with_the_breach_of_who_never_answers(
    file: CaseFile, manner: Manner, ended: bool
) -> None:
    assert planning.has_end(file, seed_of(manner)) is ended
