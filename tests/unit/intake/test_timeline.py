"""Where a case stands is a function of the set of its occurrences, not of the order in which they came."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.history import data_of
from services.intake.domain.timeline import Occurrence, Projection, entries, project
from shared.events import assignments as a
from shared.events import complaints as c
from shared.events import deadlines as d
from shared.events import notices as n
from shared.events.base import EventData
from shared.events.envelope import make
from tests.unit.intake.sample import MONDAY

CASE = UUID(int=1)


def occurrence(text: str) -> Occurrence:
    """`r3 escalated:chief @5`: routing's third event about the case happened 5 minutes after its receipt."""
    source, name, at = text.split()
    word, _, qualifier = name.partition(":")
    service = {"i": "intake", "r": "routing", "s": "sla", "n": "notify"}[source[0]]
    happened_at = MONDAY + timedelta(minutes=int(at[1:]))
    return Occurrence(f"/huiyin/{service}", int(source[1:]), word, qualifier or None, happened_at)


def story(text: str) -> list[Occurrence]:
    return [occurrence(line) for line in text.split("|")]


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("i1 registered @0", "held"),
        ("i1 registered @0|i2 supplement-requested @0", "held"),
        ("i1 registered @0|i2 admitted @0", "admitted"),
        ("i1 registered @0|i2 refused @9", "refused"),
        ("i1 registered @0|i2 merged @0", "merged"),
        ("i1 registered @0|i2 admitted @0|r1 assigned:desk @0", "assigned"),
        ("r1 assigned:desk @0", "assigned"),  # intake's own events come last
        ("i1 registered @0|i2 admitted @0|r1 assigned:desk @1|r2 accepted-by-department @2", "accepted-by-department"),
        # handed on: the department that has it now has not accepted it
        ("r1 assigned:desk @1|r2 accepted-by-department @2|r3 reassigned:centre @3", "assigned"),
        (
            "r1 assigned:desk @1|r2 accepted-by-department @2|r3 reassigned:centre @3|r4 accepted-by-department @4",
            "accepted-by-department",
        ),
        # resolved by telephone before it was typed in and assigned: reported with its own, earlier instant
        ("i1 registered @5|i2 admitted @5|r1 assigned:desk @5|r2 resolved @1", "resolved"),
        ("r1 assigned:desk @1|r2 resolved @2|r3 closed @3", "closed"),
        ("r1 assigned:desk @1|r2 resolved @2|r3 closed @3|r4 archived @9", "archived"),
        ("r1 assigned:desk @1|r2 resolved @2|r3 reopened @3", "reopened"),
        ("r1 assigned:desk @1|r2 resolved @2|r3 reopened @3|r4 reassigned:centre @3", "reopened"),
        ("r1 assigned:desk @1|r2 resolved @2|r3 reopened @3|r4 accepted-by-department @4", "accepted-by-department"),
        ("r1 assigned:desk @1|r2 resolved @2|r3 reopened @3|r4 resolved @4", "resolved"),
        ("r2 resolved @2|r3 reopened @3|r4 resolved @4|r5 reopened @5", "reopened"),
        # one source's sequence numbers give its order, whatever instants were reported
        ("r2 resolved @9|r3 reopened @3", "reopened"),
        ("r2 resolved @2|r3 reopened @5|r4 resolved @4", "resolved"),
        ("i1 registered @0|i2 admitted @0|r1 assigned:desk @1|i3 withdrawn @2", "withdrawn"),
        ("i1 registered @0|i2 admitted @0|r1 resolved @1|i3 withdrawn @2|r2 closed @3", "withdrawn"),
    ],
)
def test_the_status_is_the_furthest_stage_since_the_case_was_last_opened(shown: str, status: str) -> None:
    assert project(story(shown)).status == status


def test_class_department_and_level_are_the_last_that_routing_gave() -> None:
    found = project(
        story(
            "i1 registered @0|i2 admitted @0|r1 classified:ordinary @0|r2 assigned:desk @0|r3 escalated:floor @5"
            "|r4 classified:grave @5|r5 reassigned:centre @5|r6 escalated:centre @9|r7 resolved @11|r8 closed @12"
        )
    )
    assert found == Projection(
        status="closed",
        class_="grave",
        department="centre",
        level="centre",
        admitted_at=MONDAY,
        resolved_at=MONDAY + timedelta(minutes=11),
        closed_at=MONDAY + timedelta(minutes=12),
    )


def test_a_reopened_case_has_no_resolution_any_more() -> None:
    found = project(story("r1 assigned:desk @1|r2 resolved @2|r3 closed @3|r4 reopened @4"))
    assert (found.resolved_at, found.closed_at) == (None, None)


NAMES = (
    "registered", "admitted", "withdrawn", "refused", "assigned:desk", "reassigned:centre", "accepted-by-department",
    "resolved", "closed", "archived", "reopened", "classified:grave", "escalated:floor", "breached:handling",
)  # fmt: skip
_INTAKE = frozenset(("registered", "admitted", "withdrawn", "refused"))


@st.composite
def stories(draw: st.DrawFn) -> list[Occurrence]:
    """Numbered as their sources number them; the instants are whatever was reported."""
    happened, counts = [], {"i": 0, "r": 0}
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=12)):
        source = "i" if name in _INTAKE else "r"
        counts[source] += 1
        happened.append(occurrence(f"{source}{counts[source]} {name} @{draw(st.integers(0, 20))}"))
    return happened


@settings(deadline=None)  # a busy machine is no mistake
@given(stories().flatmap(lambda happened: st.tuples(st.just(happened), st.permutations(happened))))
def test_any_order_gives_the_same(pair: tuple[list[Occurrence], list[Occurrence]]) -> None:
    assert project(pair[1]) == project(pair[0])


@settings(deadline=None)  # a busy machine is no mistake
@given(stories(), st.data())
def test_an_occurrence_that_comes_twice_changes_nothing(happened: list[Occurrence], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(happened), max_size=4)) if happened else []
    assert project([*happened, *again]) == project(happened)


_RANK = ("held", "admitted", "assigned", "accepted-by-department", "resolved", "closed", "archived")


@settings(deadline=None)  # a busy machine is no mistake
@given(stories(), st.sampled_from(["admitted", "assigned:desk", "accepted-by-department"]), st.integers(0, 20))
def test_a_late_event_never_sets_a_finished_case_back(happened: list[Occurrence], name: str, at: int) -> None:
    before = project(happened).status
    late = occurrence(f"{'i' if name in _INTAKE else 'r'}{len(happened) + 1} {name} @{at}")
    after = project([*happened, late]).status
    if before in ("resolved", "closed", "archived", "refused", "withdrawn"):
        assert after == before


def test_every_event_has_an_entry_with_the_name_that_procedures_know() -> None:
    clock = {"clock": "handling", "cycle": 1, "due_at": MONDAY}
    emitted: list[tuple[EventData, list[str]]] = [
        (c.ComplaintRegistered(case_number="T1", channel="letter", received_at=MONDAY), ["received", "registered"]),
        (a.CaseAssigned(department="desk"), ["assigned:desk"]),
        (a.MilestoneReached(milestone="resolved", at=MONDAY, by="desk"), ["resolved"]),
        (
            a.MilestoneReached(milestone="extension-approved", at=MONDAY, by="chief", clock="handling"),
            ["extension-approved:handling"],
        ),
        (a.ReportRejected(milestone="resolved", by="desk", reason="too-early"), ["report-rejected"]),
        (d.ClockPaused(**clock, at=MONDAY), ["paused:handling"]),
        (d.ClockMet(**clock, stopped_at=MONDAY), ["met:handling"]),
        (n.CallBackDue(task_id="t", cause="c"), ["call-back-due"]),
    ]
    for data, names in emitted:
        found = entries(make("x", CASE, ("test-desk", 1), data, cause="c", at=MONDAY))
        assert [f"{e.occurrence}:{e.qualifier}" if e.qualifier else e.occurrence for e in found] == names


def test_an_event_is_read_back_from_the_timeline_whatever_it_does_not_know() -> None:
    paused = d.ClockPaused(clock="x", cycle=1, due_at=None, at=MONDAY)
    (entry,) = entries(make("sla", UUID(int=1), ("sample", 1), paused, cause="x", at=MONDAY))
    assert "due_at" not in entry.details
    assert data_of(entry) == paused


def test_receipt_and_registration_stand_at_their_own_instants_and_show_no_hashes() -> None:
    earlier = MONDAY - timedelta(hours=3)
    data = c.ComplaintRegistered(
        case_number="T1", channel="letter", received_at=earlier, matters={"repeated": c.Matter(key="k")}
    )
    received, registered = entries(make("intake", CASE, ("test-desk", 1), data, cause="c", at=MONDAY))
    assert (received.happened_at, registered.happened_at) == (earlier, MONDAY)
    assert "matters" not in received.details
