"""A case is the same whatever order its events come in, and however often."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.case import Case, fold, opened
from shared.events.envelope import Event
from tests.unit.notify.samples import START, Story


def _life() -> list[Event]:
    story = Story()
    return [
        story.registered(),
        story.later(minutes=1).classified("plain"),
        story.assigned("water"),
        story.started(),
        story.later(hours=1).classified("grave"),
        story.later(days=1).reassigned("roads"),
        story.later(days=1).warned(),
        story.later(days=1).breached(),
        story.later(hours=1).resolved(upheld=True),
    ]


def _folded(events: list[Event]) -> Case:
    case = opened(_life()[0])
    for event in events:
        fold(case, event)
    for versions in case.given.values():
        versions.sort(key=lambda version: version[1:])
    return case


@given(order=st.permutations(range(9)), again=st.lists(st.integers(0, 8), max_size=5))
def test_any_order_and_any_repetition_give_the_same_case(order: list[int], again: list[int]) -> None:
    events = _life()

    assert _folded([events[index] for index in [*order, *again]]) == _folded(events)


def test_facts_can_be_asked_for_as_of_an_instant() -> None:
    case = _folded(_life())

    early, late = case.facts_at(START + timedelta(minutes=30)), case.facts_at()

    assert (early["class"], early["department"], early.get("reached:resolved")) == ("plain", "water", None)
    assert (late["class"], late["department"], late["reached:resolved"]) == ("grave", "roads", True)
    assert late["resolved.upheld"] is True


def test_a_milestone_reported_late_does_not_overrule_one_that_happened_after_it() -> None:
    from shared.events.assignments import MilestoneReached

    story = Story()
    case = opened(story.registered())
    second = MilestoneReached(milestone="resolved", at=START + timedelta(days=2), by="water", fields={"upheld": True})
    first = MilestoneReached(milestone="resolved", at=START + timedelta(days=1), by="water", fields={"upheld": False})

    fold(case, story.later(days=2).emit(second))
    fold(case, story.later(days=1).emit(first))

    assert case.current("resolved.upheld") is True
