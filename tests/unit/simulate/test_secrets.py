"""Stories of whom a complaint is about, how long a case is kept, and what is published on how to complain."""

from __future__ import annotations

import pytest

from shared.procedures.loader import parse_procedure
from tests.unit.simulate import bureau

SECRETS = (
    bureau.BUREAU.replace(
        "default_department: desk\n",
        """default_department: desk
confidentiality:
  - id: respondent
    name: {zh: 告知被投诉人, en: What the respondent reads}
    disclose:
      - {to: accused-unit, as: abstract, after: resolved}
      - {to: archive, as: original, fields: [content], documents: [reply]}
    recused: [accused]
""",
    )
    .replace(
        "  - {id: desk, name: {zh: 窗口, en: Desk}}\n",
        """  - {id: desk, name: {zh: 窗口, en: Desk}}
  - {id: second-desk, name: {zh: 二科, en: Second desk}}
  - {id: accused-unit, name: {zh: 被投诉单位, en: The unit}}
  - {id: archive, name: {zh: 档案室, en: Archive}}
""",
    )
    .replace(
        "numbering:\n",
        """  - {id: accused, label: {zh: 被投诉人, en: Accused}, holds: evidence}
numbering:
""",
        1,
    )
    .replace("form: written}", "form: written, contact: {address: {zh: 中山路1号, en: 1 Zhongshan Road}}}", 1)
)
PROCEDURE = parse_procedure(SECRETS, "secrets.yaml")
ADMIT = "    when:\n      - {at: 2025-09-01 11:00, by: chief, decide: admit}\n"

HOLDS = {
    "who is complained of does not get the case": """\
    when:
      - {at: 2025-09-01 10:30, supplement: {accused: 局窗口}, expect: {recused: [desk]}}
      - {at: 2025-09-01 11:00, by: chief, decide: admit, expect: {department: second-desk}}
      - {at: 2025-09-01 12:00, by: chief, reassign: desk, refused: {field: department}}
""",
    # closed on 2 September 2025; kept five years
    "a case is erased when its time is over": ADMIT
    + """\
      - {at: 2025-09-02 10:00, documents: [reply], by: desk, report: resolved}
      - {at: 2025-09-02 10:01, by: desk, delivered: reply, form: written}
      - {at: 2025-09-02 12:00, documents: [record], by: desk, report: closed}
    until: 2030-09-02 12:00
    expect: {happened: {erased: 2030-09-02 12:00}}
""",
    "not a second before": ADMIT
    + """\
      - {at: 2025-09-02 10:00, documents: [reply], by: desk, report: resolved}
      - {at: 2025-09-02 10:01, by: desk, delivered: reply, form: written}
      - {at: 2025-09-02 12:00, documents: [record], by: desk, report: closed}
    until: 2030-09-02 11:59:59
    expect: {not_happened: [erased]}
""",
    "what is published": "    expect: {how_to: [中山路1号, 1 Zhongshan Road, 来信]}\n",
}


@pytest.mark.parametrize("story", HOLDS.values(), ids=HOLDS.keys())
def test_what_holds_of_secrets_holds(story: str) -> None:
    assert bureau.failures(story, procedure=PROCEDURE) == []


FAILS = {
    "    expect: {how_to: [12345]}\n": "None: how to complain: does not say 12345",
    "    expect: {recused: [desk]}\n": "None: recused: expected ('desk',), is ()",
}


@pytest.mark.parametrize(("story", "failure"), FAILS.items())
def test_what_does_not_hold_of_secrets_is_said(story: str, failure: str) -> None:
    (found,) = bureau.failures(story.replace("[12345]", "['12345']"), procedure=PROCEDURE)
    assert found.startswith(failure)
