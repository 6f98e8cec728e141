"""The test procedure with parties: a respondent, and representatives of five persons or more."""

from __future__ import annotations

from services.intake.domain.forms import make_form
from shared.business_time.loader import load_calendars
from shared.procedures.loader import parse_procedure
from tests.unit.intake.sample import TEXT

PARTIES = """
parties:
  - id: respondent
    name: {zh: 被投诉方, en: Respondent}
    required: requested
    fields:
      - {id: name, label: {zh: 名称, en: Name}, holds: identity, required: true}
      - {id: phone, label: {zh: 电话, en: Telephone}, holds: identity}
      - {id: founded, label: {zh: 成立, en: Founded}, type: date, holds: identity}
  - id: representative
    name: {zh: 推选代表, en: Representative}
    required: registration
    when: {field: people, at_least: 5}
    at_most: 5
    fields: [{id: name, label: {zh: 姓名, en: Name}, holds: identity, required: true}]
numbering:
"""
PEOPLE = "  - {id: people, label: {zh: 人数, en: People}, type: integer}\nnumbering:\n"
WHOLE = TEXT.replace("numbering:\n", PEOPLE, 1).replace("numbering:\n", PARTIES.lstrip("\n"), 1)
WHOLE = WHOLE.replace("id: test-desk", "id: test-parties", 1)
PROCEDURE = parse_procedure(WHOLE, "parties.yaml")
FORM = make_form(PROCEDURE, load_calendars())
