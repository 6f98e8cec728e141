"""Rows of a history as cases: nothing is lost, and what cannot have been is refused with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.replay.cases import Cases, Columns, Past, latest, occurred
from huiyin.replay.cells import Facts, Moments
from huiyin.tabular.text_rows import EXCEL_EPOCH, Cell, Row
from huiyin.tabular.values import Reading
from shared.business_time.zones import zone
from tests.unit.sla.scenes import at, procedure

READING = Reading(zone("Asia/Shanghai"), EXCEL_EPOCH)
RULES = procedure({"from": ["received"], "until": ["resolved"], "duration": "P3WD"})


def taken(rows: list[dict[str, Cell]], *, midnight_is_day: bool = False, **columns: Any) -> tuple[Cases, list[Past]]:
    chosen = Columns("in", "out", **columns)
    cases = Cases(chosen, Moments(READING, midnight_is_day), Facts(RULES, READING))
    for number, cells in enumerate(rows, start=2):
        cases.take(Row(number, cells, cells))
    return cases, cases.finish()


def codes(cases: Cases) -> list[tuple[list[int], list[str]]]:
    return [(rows, [one.code for one in reasons]) for rows, reasons in cases.refused]


@pytest.mark.parametrize(
    ("cell", "received", "answered"),
    [
        ("2025-09-29 09:30", "2025-09-29 09:30", "2025-09-29 09:30"),
        ("2025-09-29", "2025-09-29 00:00", "2025-09-30 00:00"),
        ("2025年9月29日", "2025-09-29 00:00", "2025-09-30 00:00"),
        ("20250929", "2025-09-29 00:00", "2025-09-30 00:00"),
        ("45929", "2025-09-29 00:00", "2025-09-30 00:00"),  # the serial number of a spreadsheet
        ("2025-09-29 00:00:00", "2025-09-29 00:00", "2025-09-29 00:00"),  # a time is given: it is that instant
        ("2025-09-29T01:30:00Z", "2025-09-29 09:30", "2025-09-29 09:30"),
    ],
)
def test_a_date_without_a_time_is_its_start_for_the_receipt_and_its_end_for_the_answer(
    cell: str, received: str, answered: str
) -> None:
    _, [past] = taken([{"in": cell, "out": cell}])
    assert past.received is not None
    assert past.answered is not None
    assert (past.received.first, past.answered.last) == (at(received), at(answered))


def test_midnight_may_be_said_to_be_a_date_without_a_time() -> None:
    row: dict[str, Cell] = {"in": "2025-09-29 10:00:00", "out": "2025-09-29 00:00:00"}
    refusing, none = taken([row])
    _, [past] = taken([row], midnight_is_day=True)
    assert (codes(refusing), none) == ([([2], ["answered-before-received"])], [])
    assert past.answered is not None
    assert past.answered.last == at("2025-09-30 00:00")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"in": "2025-09-29 10:00", "out": "2025-09-28 10:00"}, "answered-before-received"),
        ({"in": "", "out": "2025-09-28 10:00"}, "no-received"),
        ({"in": "last week", "out": ""}, "not-a-time"),
        ({"in": "2025-09-31", "out": ""}, "not-a-time"),
        ({"in": "9999-12-31", "out": ""}, "not-a-time"),
        ({"in": "2025-09-29", "out": "soon"}, "not-a-time"),
        ({"in": "2025-09-29", "out": "", "due": "soon"}, "not-a-time"),
        ({"in": "2025-09-29", "out": "", "to": "2025-09-01"}, "before-received"),
    ],
)
def test_what_cannot_have_been_is_refused_with_its_reason(row: dict[str, Cell], code: str) -> None:
    cases, pasts = taken([row], due="due", milestones=(("assigned", "to"),))
    assert (codes(cases), pasts) == ([([2], [code])], [])


def test_a_row_that_could_not_be_read_is_refused_and_an_empty_one_is_none() -> None:
    cases, _ = taken([{"in": "", "out": " "}])
    cases.take(Row(3, problem="2 columns instead of 3"))
    assert (cases.rows, cases.empty, codes(cases)) == (1, 1, [([3], ["malformed"])])


def test_rows_of_one_case_are_joined_from_the_earliest_receipt_to_the_latest_answer() -> None:
    rows: list[dict[str, Cell]] = [
        {"id": "a", "in": "2025-09-29 12:00", "out": "", "to": "2025-10-09 10:00", "due": "2025-10-10", "who": "x"},
        {"id": "b", "in": "2025-09-30 12:00", "out": "", "to": "", "due": "", "who": ""},
        {
            "id": "a",
            "in": "2025-09-29 09:00",
            "out": "2025-10-11 09:00",
            "to": "2025-10-08 10:00",
            "due": "",
            "who": "",
        },
        {"id": "a", "in": "", "out": "2025-10-10 09:00", "to": "", "due": "2025-10-13", "who": "y"},
    ]
    cases, [one, other] = taken(rows, case="id", due="due", by="who", milestones=(("decided", "to"),))
    assert (one.rows, other.rows, cases.refused) == ([2, 4, 5], [3], [])
    assert one.received is not None
    assert one.answered is not None
    assert one.milestones[0] is not None
    shown = (one.received.first, one.milestones[0].first, one.answered.last)
    assert shown == (at("2025-09-29 09:00"), at("2025-10-08 10:00"), at("2025-10-11 09:00"))
    assert (one.due, one.by, other.answered) == ("2025-10-13", "y", None)


def test_a_case_of_several_rows_is_refused_whole_if_one_of_them_cannot_be_read() -> None:
    rows: list[dict[str, Cell]] = [
        {"id": "a", "in": "2025-09-29 12:00", "out": "2025-09-30 09:00"},
        {"id": "a", "in": "2025-09-29 12:00", "out": "no idea"},
        {"id": "", "in": "2025-09-29 12:00", "out": ""},
    ]
    cases, pasts = taken(rows, case="id")
    assert (codes(cases), pasts) == ([([4], ["no-case"]), ([2, 3], ["not-a-time"])], [])


CELLS = st.sampled_from(["", "2025-09-29", "2025-09-30 10:00", "2025-10-05T08:00:00Z", "?", "2025-09-29 11:00"])


@given(st.lists(st.fixed_dictionaries({"in": CELLS, "out": CELLS, "id": st.sampled_from(["a", "b", ""])})))
def test_every_row_is_in_a_case_or_refused_or_empty_exactly_once(rows: list[dict[str, Cell]]) -> None:
    for case in (None, "id"):
        cases, pasts = taken(rows, case=case)
        shown = [row for past in pasts for row in past.rows] + [row for numbers, _ in cases.refused for row in numbers]
        assert len(set(shown)) == len(shown) == cases.rows
        assert cases.rows + cases.empty == len(rows)


def names(past: Past, columns: Columns) -> list[tuple[str, ...]]:
    return [one.names for one in occurred(past, columns, columns.at_receipt(), {})]


def test_registration_admission_and_assignment_happen_with_the_receipt_unless_a_column_says_otherwise() -> None:
    row: dict[str, Cell] = {"in": "2025-09-29 09:00", "out": "2025-09-30 09:00", "to": "2025-09-29 12:00"}
    plain, [past] = taken([row])
    moved, [other] = taken([row], milestones=(("admitted", None), ("assigned:office", "to")))
    assert names(past, plain.columns) == [("received",), ("registered",), ("admitted",), ("assigned",), ("resolved",)]
    assert names(other, moved.columns) == [
        ("received",),
        ("registered",),
        ("assigned", "assigned:office"),
        ("resolved",),
    ]


def test_a_milestone_on_the_date_of_the_answer_comes_before_the_answer() -> None:
    row: dict[str, Cell] = {"in": "2025-09-29", "out": "2025-09-30 09:00", "to": "2025-09-30"}
    cases, [past] = taken([row], milestones=(("assigned", "to"),))
    shown = occurred(past, cases.columns, (), {})
    assert [(one.names[0], one.at) for one in shown[1:]] == [
        ("assigned", at("2025-09-30 09:00")),
        ("resolved", at("2025-09-30 09:00")),
    ]


def test_the_history_ends_at_its_latest_instant_and_a_due_date_is_none() -> None:
    rows: list[dict[str, Cell]] = [
        {"in": "2025-09-29 09:00", "out": "2025-09-30 09:00", "due": "2025-12-01"},
        {"in": "2025-10-13 09:00", "out": "", "due": ""},
    ]
    _, pasts = taken(rows, due="due")
    assert latest(pasts) == at("2025-10-13 09:00")
    assert latest([]) is None
