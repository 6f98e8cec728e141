"""Which offices a complaint is about."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.domain.admission import check
from services.intake.domain.forms import make_form
from services.intake.domain.recusal import recused_offices, recusing_fields
from shared.business_time.loader import load_calendars
from shared.procedures.loader import parse_procedure
from tests.unit.intake.sample import FIELDS, MONDAY, TEXT

CONFIDENTIAL = """confidentiality:
  - {id: accused, name: {zh: 回避, en: Recusal}, recused: [accused, unit]}
numbering:
"""
UNIT = """  - {id: unit, label: {zh: 单位, en: Unit}, type: choice, choices: [
      {id: desk, name: {zh: 前台, en: Front}}, {id: elsewhere, name: {zh: 别处, en: Elsewhere}}]}
numbering:
"""
LEVELS = """levels:
  - {id: first, name: {zh: 首级, en: First}}
  - {id: top, name: {zh: 顶级, en: Top rung}, department: audit}
departments:
  - {id: audit, name: {zh: 稽核部, en: Audit}}
"""
WHOLE = TEXT.replace("numbering:\n", UNIT, 1).replace("numbering:\n", CONFIDENTIAL, 1)
WHOLE = WHOLE.replace("departments:\n", LEVELS, 1).replace("id: test-desk", "id: test-recusal", 1)
PROCEDURE = parse_procedure(WHOLE, "recusal.yaml")


@pytest.mark.parametrize(
    ("values", "offices"),
    [
        ({}, ()),
        ({"accused": "某店"}, ()),
        ({"accused": "窗口的王某"}, ("desk",)),  # the name of a department stands in it
        ({"accused": "稽 核 部"}, ("audit", "top")),  # and the level on which it takes over
        ({"accused": "AUDIT"}, ("audit", "top")),
        ({"accused": "chief"}, ("chief",)),
        ({"accused": "顶级"}, ()),  # a rung is no unit
        ({"accused": "某局科长"}, ()),  # a post of another body: only the name alone means the post here
        ({"unit": "desk"}, ("desk",)),
        ({"unit": "desk", "accused": "科长"}, ("chief", "desk")),
        ({"unit": "elsewhere"}, ()),
        ({"content": "窗口"}, ()),  # a field that recuses nobody
    ],
)
def test_an_office_is_recused_by_its_id_or_by_its_name(values: dict[str, Any], offices: tuple[str, ...]) -> None:
    assert recused_offices(PROCEDURE, values) == offices


def test_without_such_fields_nobody_is_recused() -> None:
    procedure = parse_procedure(TEXT, "test-desk.yaml")
    assert recusing_fields(procedure) == frozenset()
    assert recused_offices(procedure, {"accused": "窗口"}) == ()


def test_a_complaint_knows_whom_it_is_about() -> None:
    form = make_form(PROCEDURE, load_calendars())
    found = check(form, "letter", None, "zh", {**FIELDS, "accused": "窗口"}, MONDAY)
    assert not isinstance(found, list)
    assert found.recused == ("desk",)
