"""No complaint is handled by whom it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.routing.domain.assignment import assign, assist, raise_level
from services.routing.domain.case import Case
from services.routing.domain.decide import apply_report
from services.routing.domain.reassignment import reassign_by_hand
from services.routing.domain.report import Report
from services.routing.store.case_details import CaseDetails
from shared.errors import Conflict, InvalidInput
from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered, ComplaintSupplemented
from shared.procedures.model import Procedure
from tests.unit.routing.sample import CASE, NOW, PROCEDURE, RULES, after, assigned


def admitted(*recused: str) -> Case:
    registered = ComplaintRegistered(case_number="S1", channel="online", received_at=NOW, recused=recused)
    case, _ = after(Case(CASE, PROCEDURE.key), registered)
    return after(case, ComplaintAdmitted())[0]


def test_another_department_gets_it() -> None:
    usual = admitted().department
    assert usual is not None
    others = [one.id for one in PROCEDURE.departments if one.id != usual]
    assert admitted(usual).department in others
    assert admitted(*(one.id for one in PROCEDURE.departments)).department == usual  # there is nobody else


def test_a_supplement_may_say_whom_it_is_about() -> None:
    case, _ = after(assigned(), ComplaintSupplemented(recused=("office",)))
    assert case.recused == ("office",)
    assert after(case, ComplaintSupplemented())[0].recused == ("office",)
    assert CaseDetails.decode(CaseDetails.of(case).encode()).recused == ("office",)


def test_nobody_gives_it_to_them_and_nothing_of_theirs_is_taken() -> None:
    department = next(one.id for one in PROCEDURE.departments if one.id != assigned().department)
    case = replace(assigned(), recused=(department,))
    with pytest.raises(Conflict) as caught:
        reassign_by_hand(case, PROCEDURE, department, PROCEDURE.roles[0].id, NOW)
    assert caught.value.field == "department"
    assert assist(case, [department], "x").emitted == ()
    with pytest.raises(InvalidInput) as refused:
        apply_report(case, Report("accepted-by-department", NOW, department, {}), RULES, NOW)
    assert (refused.value.field, refused.value.message) == ("by", "the complaint is about this office")


LEVELS: list[dict[str, Any]] = [
    {"id": level, "name": {"zh": level, "en": level}} | ({"department": "office"} if level == "two" else {})
    for level in ("one", "two", "three")
]


@pytest.mark.parametrize(
    ("recused", "level"),
    [((), "two"), (("two",), "three"), (("two", "three"), "one"), (("three",), "two")],
)
def test_a_rung_that_it_is_about_is_left_out(recused: tuple[str, ...], level: str) -> None:
    text = PROCEDURE.model_dump(by_alias=True, exclude_none=True) | {"levels": LEVELS, "routes": [], "escalations": []}
    procedure = Procedure.model_validate(text | {"reopenings": []})
    case = replace(assigned(), level="one", recused=recused)
    assert raise_level(case, procedure, "two", "x").case.level == level


@pytest.mark.parametrize(("recused", "level"), [((), "one"), (("one",), "two"), (("one", "two", "three"), None)])
def test_a_case_begins_on_the_lowest_rung_that_it_is_not_about(recused: tuple[str, ...], level: str | None) -> None:
    text = PROCEDURE.model_dump(by_alias=True, exclude_none=True) | {"levels": LEVELS, "routes": [], "escalations": []}
    procedure = Procedure.model_validate(text | {"reopenings": []})
    case = Case(CASE, procedure.key, recused=recused)
    assert assign(case, procedure, "admitted").case.level == level
