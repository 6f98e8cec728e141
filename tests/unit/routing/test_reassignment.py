"""Who may reassign a case by hand: today's outcome for each input."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.routing.domain.case import Occurrence, Status
from services.routing.domain.reassignment import reassign_by_hand
from shared.errors import Conflict, HuiyinError, InvalidInput
from shared.events.assignments import CaseReassigned
from tests.unit.routing.sample import NOW, PROCEDURE, assigned


@pytest.mark.parametrize("by", ["head", "desk", "centre"])
def test_a_role_or_a_department_gives_the_case_to_another_department(by: str) -> None:
    case, emitted = reassign_by_hand(assigned(), PROCEDURE, "centre", by, NOW)
    assert case.department == "centre"
    assert emitted == (CaseReassigned(department="centre", previous="desk", cause=f"by:{by}"),)
    assert case.occurrences[-2:] == (
        Occurrence("reassigned", NOW, 1, by),
        Occurrence("reassigned:centre", NOW, 1, by),
    )


def test_the_department_that_has_the_case_already_changes_nothing() -> None:
    case = assigned()
    assert reassign_by_hand(case, PROCEDURE, "desk", "head", NOW) == (case, ())


@pytest.mark.parametrize(
    ("department", "by", "status", "error", "field"),
    [
        ("nowhere", "head", "assigned", InvalidInput, "department"),
        ("head", "head", "assigned", InvalidInput, "department"),  # a role is no department
        ("centre", "nobody", "assigned", InvalidInput, "by"),
        ("centre", "leader", "assigned", InvalidInput, "by"),  # a level reports milestones, but does not reassign
        ("centre", "head", "registered", Conflict, "case"),
        ("centre", "head", "resolved", Conflict, "case"),
        ("centre", "head", "closed", Conflict, "case"),
        ("centre", "head", "ended", Conflict, "case"),
        ("nowhere", "nobody", "ended", InvalidInput, "department"),  # the input is checked before the case
        ("centre", "nobody", "ended", InvalidInput, "by"),
        ("desk", "head", "ended", Conflict, "case"),  # even where nothing would change
    ],
)
def test_what_is_not_allowed_names_the_field(
    department: str, by: str, status: Status, error: type[HuiyinError], field: str
) -> None:
    case = replace(assigned(), status=status)
    with pytest.raises(error) as caught:
        reassign_by_hand(case, PROCEDURE, department, by, NOW)
    assert caught.value.field == field
