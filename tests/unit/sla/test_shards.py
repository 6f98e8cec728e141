"""Shards: which cases are checked together, and what a check finds."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.sla.domain.case import Case
from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.decide import decide
from services.sla.domain.shards import SHARDS, checked, checked_together, shard_of
from tests.unit.sla.scenes import CALENDARS, CASE, at, occurrence, procedure

RULES = procedure({"from": ["received"], "until": ["resolved"], "duration": "PT30M"})
KEY = CycleKey("reply", 1)


def test_ids_are_shared_out_by_their_last_four_bits() -> None:
    assert [shard_of(UUID(int=number)) for number in (0, 1, 15, 16, 2**128 - 1)] == [0, 1, 15, 0, 15]
    assert len({shard_of(UUID(int=number)) for number in range(100)}) == SHARDS


def test_few_cases_of_the_first_ones_shard_are_checked_together() -> None:
    unchecked = [UUID(int=number) for number in (5, 6, 21, 37, 22, 53, 69)]

    assert [one.int for one in checked_together(unchecked, 3)] == [5, 21, 37]
    assert [one.int for one in checked_together(unchecked[1:], 3)] == [6, 22]


def running(id_: UUID) -> Case:
    """A case with an armed clock."""
    started = occurrence("2025-09-29 09:00", "received")
    return decide(Case(id_, RULES.key, (started,)), RULES, CALENDARS, at("2025-09-29 09:00")).case


def test_a_case_whose_rows_know_another_generation_is_mended() -> None:
    one, other = running(CASE), running(UUID(int=CASE.int + 1))

    found = checked({one.id: one, other.id: other}, {one.id: {KEY: 1}, other.id: {KEY: 2}})

    assert found.sound == [one]
    assert [case.id for case in found.mended] == [other.id]
    assert [case.states[KEY].armed for case in found.mended] == [()]
    assert found.lost == 1


def test_a_case_without_armed_steps_is_sound_whatever_its_rows_have() -> None:
    case = running(CASE)
    bare = replace(case, states={KEY: replace(case.states[KEY], armed=())})

    assert checked({case.id: bare}, {case.id: {}}).sound == [bare]
