"""A case is the same whatever order its events come in, and however often; it follows its migrations."""

from __future__ import annotations

import itertools
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.case import Case, fold, fold_all, opened
from shared.events.assignments import MilestoneReached
from shared.events.complaints import ProcedureMigrated
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

    first, last = case.facts_at(START + timedelta(minutes=30)), case.facts_at()

    assert (first["class"], first["department"], first.get("reached:resolved")) == ("plain", "water", None)
    assert (last["class"], last["department"], last["reached:resolved"]) == ("grave", "roads", True)
    assert last["resolved.upheld"] is True


def test_a_milestone_reported_late_does_not_overrule_one_that_happened_after_it() -> None:
    story = Story()
    case = opened(story.registered())
    second = MilestoneReached(milestone="resolved", at=START + timedelta(days=2), by="water", fields={"upheld": True})
    first = MilestoneReached(milestone="resolved", at=START + timedelta(days=1), by="water", fields={"upheld": False})

    fold(case, story.later(days=2).emit(second))
    fold(case, story.later(days=1).emit(first))

    assert case.current("resolved.upheld") is True


def _migrated(to: int) -> ProcedureMigrated:
    return ProcedureMigrated(from_version=1, to_version=to, mode="restart", migration=UUID(int=to), by="office")


def test_the_latest_migration_holds_whatever_was_emitted_under_the_old_version_since() -> None:
    story = Story()
    events = [
        story.registered(),
        story.later(minutes=1).emit(_migrated(2)),
        story.later(minutes=1).emit(_migrated(3)),
        story.later(minutes=1).assigned("water"),  # emitted under version 1: routing had not received the migration yet
    ]
    for order in itertools.permutations(events):
        case = opened(events[0])
        for event in order:
            fold(case, event)
        assert (case.procedure, case.version) == ("sample", 3)


def test_a_registration_opens_its_case_and_what_comes_before_it_is_left_out() -> None:
    known, new, absent = Story(1), Story(2), Story(3)
    cases = {known.case: opened(known.registered())}
    assigned = known.assigned("roads")
    before, registered, after = new.assigned("roads"), new.registered(), new.assigned("water")

    taken = fold_all(cases, [assigned, before, registered, after, absent.assigned()])

    assert taken == [assigned, registered, after]
    assert {id: case.current("department") for id, case in cases.items()} == {known.case: "roads", new.case: "water"}
