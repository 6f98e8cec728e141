"""A case that goes on under another version of its procedure: with the time that has elapsed, or anew."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.sla.domain.case import Case, Occurrence, from_event, pin_of
from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.decide import Decision, decide
from shared.events.complaints import ProcedureMigrated
from shared.events.deadlines import ClockCancelled, ClockRescheduled
from shared.events.envelope import make
from shared.procedures.model import Procedure
from tests.unit.sla.scenes import CALENDARS, CASE, at, occurrence, procedure, words

FIVE = {"from": ["admitted"], "until": ["resolved"], "duration": "P5WD"}
OLD = procedure(FIVE)
MONDAY = occurrence("2025-11-03 09:00", "admitted")
MIGRATION = UUID("00000000-0000-4000-8000-0000000000aa")


def second(*clocks: dict[str, object]) -> Procedure:
    return procedure(*clocks).model_copy(update={"version": 2})


NEW = second({**FIVE, "duration": "P3WD"})


def migrated(when: str, mode: str, *, to: int = 2) -> Occurrence:
    data = ProcedureMigrated(from_version=1, to_version=to, mode=mode, migration=MIGRATION, by="office")
    (found,) = from_event(make("intake", CASE, ("sample", to), data, cause=f"{when}|{to}", at=at(when)))
    return found


def go_on(case: Case, now: str, rules: Procedure, *new: Occurrence) -> Decision:
    after = replace(case, occurrences=(*case.occurrences, *new))
    return decide(replace(after, procedure=pin_of(after)), rules, CALENDARS, at(now))


def begun(*more: Occurrence, now: str = "2025-11-04 09:00") -> Case:
    return decide(Case(CASE, OLD.key, (MONDAY, *more)), OLD, CALENDARS, at(now)).case


def test_with_the_time_elapsed_a_clock_is_counted_from_its_original_start() -> None:
    # 3 working days from Mon 3 Nov 2025: Thu 6, until 24:00; under the old version 5: Mon 10
    after = go_on(begun(), "2025-11-05 09:00", NEW, migrated("2025-11-05 09:00", "keep-elapsed"))
    assert words(after) == ["Rescheduled"]
    emitted = next(one.data for one in after.emitted if isinstance(one.data, ClockRescheduled))
    assert (emitted.previous_due_at, emitted.due_at) == (at("2025-11-11 00:00"), at("2025-11-07 00:00"))
    assert emitted.cause == "procedure:sample@2"
    assert after.case.procedure == ("sample", 2)


def test_anew_the_open_cycle_ends_as_it_was_and_the_next_begins_at_the_migration() -> None:
    after = go_on(begun(), "2025-11-05 09:00", NEW, migrated("2025-11-05 09:00", "restart"))
    assert words(after) == ["Cancelled", "Started"]
    cancelled = next(one.data for one in after.emitted if isinstance(one.data, ClockCancelled))
    assert (cancelled.cause, cancelled.cycle, cancelled.due_at) == ("migrated", 1, at("2025-11-11 00:00"))
    first, again = after.clocks
    assert (first.state, again.cycle, again.started_at) == ("cancelled", 2, at("2025-11-05 09:00"))
    assert again.due_at == at("2025-11-11 00:00")  # Thu 6 (1), Fri 7 (2), Mon 10 (3), until 24:00
    assert words(go_on(after.case, "2025-11-05 10:00", NEW)) == []


@pytest.mark.parametrize("mode", ["keep-elapsed", "restart"])
def test_a_cycle_that_ended_before_stays_as_it_was(mode: str) -> None:
    case = begun(occurrence("2025-11-07 09:00", "resolved"), now="2025-11-07 09:00")
    assert case.states[CycleKey("reply", 1)].end == "met"  # late by the new version
    after = go_on(case, "2025-11-08 09:00", NEW, migrated("2025-11-08 09:00", mode))
    assert words(after) == []
    assert [row.state for row in after.clocks] == ["met"]


def test_a_clock_that_the_new_version_does_not_have_is_cancelled_and_one_that_ended_stays() -> None:
    rules = procedure(FIVE, {**FIVE, "id": "visit", "until": ["visited"]})
    stories = (MONDAY, occurrence("2025-11-04 09:00", "visited"))
    case = decide(Case(CASE, rules.key, stories), rules, CALENDARS, at("2025-11-04 10:00")).case
    other = second({**FIVE, "id": "other"})
    after = go_on(case, "2025-11-05 09:00", other, migrated("2025-11-05 09:00", "keep-elapsed"))
    assert words(after) == ["Started", "Cancelled"]
    assert next(one.data for one in after.emitted if isinstance(one.data, ClockCancelled)).cause == "migrated"
    assert after.gone == (("reply", 1),)
    assert after.case.states[CycleKey("visit", 1)].end == "met"
    assert words(go_on(after.case, "2025-11-06 09:00", other)) == []


def test_the_pin_is_that_of_the_latest_migration_in_any_order() -> None:
    moves = [migrated("2025-11-05 09:00", "restart"), migrated("2025-11-06 09:00", "keep-elapsed", to=3), MONDAY]
    pins = {pin_of(Case(CASE, OLD.key, order)) for order in itertools.permutations(moves)}
    assert pins == {("sample", 3)}


@pytest.mark.parametrize("mode", ["keep-elapsed", "restart"])
def test_any_order_of_arrival_leads_to_the_same_clocks(mode: str) -> None:
    stories = (
        MONDAY,
        migrated("2025-11-05 09:00", mode),
        occurrence("2025-11-06 09:00", "resolved"),
        occurrence("2025-11-07 09:00", "reopened"),
    )
    ends = set()
    for order in itertools.permutations(stories):
        case = Case(CASE, OLD.key)
        for number, one in enumerate(order):
            known = Case(CASE, OLD.key, (*case.occurrences, one))
            rules = NEW if pin_of(known) == NEW.key else OLD
            case = go_on(case, f"2025-11-07 1{number}:00", rules, one).case
        final = decide(case, NEW, CALENDARS, datetime(2025, 11, 8, tzinfo=UTC))
        ends.add(tuple((row.cycle, row.state, row.started_at, row.ended_at) for row in final.clocks))
    assert len(ends) == 1


def test_a_group_begins_anew_as_one() -> None:
    fast = {**FIVE, "id": "fast", "group": "reply", "duration": "P1WD", "when": {"field": "urgent", "is": True}}
    slow = {**FIVE, "id": "slow", "group": "reply"}
    rules = procedure(fast, slow)
    case = decide(Case(CASE, rules.key, (MONDAY,)), rules, CALENDARS, at("2025-11-04 09:00")).case
    new = rules.model_copy(update={"version": 2})
    after = go_on(case, "2025-11-05 09:00", new, migrated("2025-11-05 09:00", "restart"))
    assert words(after) == ["Cancelled", "Started"]
    assert [(row.clock, row.cycle, row.state) for row in after.clocks] == [
        ("slow", 1, "cancelled"),
        ("slow", 2, "running"),
    ]
