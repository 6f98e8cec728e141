"""Stories that say what an office may read: what is disclosed to it, and nothing of what is about it."""

from __future__ import annotations

import pytest

from shared.procedures.loader import parse_procedure
from tests.unit.simulate.bureau import BUREAU
from tests.unit.simulate.bureau import failures as of

RULES = """\
confidentiality:
  - {id: recusal, name: {zh: 回避, en: Recusal}, recused: [content]}
  - id: abstract
    name: {zh: 只转摘要, en: An abstract only}
    disclosure_by: [chief]
    abstract_only: true
    disclose: [{to: respondent, as: abstract, after: approved}]
roles:
  - {id: respondent, name: {zh: 被投诉人, en: Respondent}}
"""
PARTS = {
    "roles:\n": RULES,
    "documents:\n": "documents:\n  - {id: abstract, name: {zh: 摘要, en: Abstract}}\n",
    "milestones:\n": "milestones:\n  - {id: approved, name: {zh: 批准, en: Approved}, by: [chief]}\n",
}
HEAD = """\
procedure: bureau
complaint: {channel: letter, fields: {content: 噪声}}
examples:
  - id: one
    given: {received: 2025-09-08 10:00}
"""


def failures(story: str) -> list[str]:
    text = BUREAU
    for old, new in PARTS.items():
        assert old in text
        text = text.replace(old, new, 1)
    return of(story, procedure=parse_procedure(text, "bureau.yaml"), head=HEAD)


DISCLOSED = """\
    when:
      - {at: 2025-09-08 10:30, by: chief, decide: admit, expect: {may_read: {respondent: [], desk: everything}}}
      - {at: 2025-09-08 11:00, by: desk, report: approved, refused: {field: by}}
      - {at: 2025-09-08 12:00, by: chief, report: approved, expect: {may_read: {respondent: [abstract]}}}
"""
RECUSED = """\
    when:
      - {at: 2025-09-08 11:00, supplement: {content: 窗口态度差}, expect: {may_read: {desk: hidden, chief: everything}}}
      - {at: 2025-09-08 12:00, supplement: {content: 噪声}, expect: {may_read: {desk: everything}}}
"""


@pytest.mark.parametrize("story", [DISCLOSED, RECUSED])
def test_what_an_office_may_read_is_as_expected(story: str) -> None:
    assert failures(story) == []


WRONG = [
    (DISCLOSED, "respondent: []", "respondent: [abstract]", "may_read respondent: expected abstract, is nothing"),
    (DISCLOSED, "respondent: [abstract]", "respondent: []", "may_read respondent: expected nothing, is abstract"),
    (DISCLOSED, "desk: everything", "desk: hidden", "may_read desk: expected hidden, is everything"),
    (DISCLOSED, "desk: everything", "dusk: everything", "may_read dusk: expected everything, is no office"),
    (RECUSED, "desk: hidden", "desk: everything", "may_read desk: expected everything, is hidden"),
]


@pytest.mark.parametrize(("story", "old", "new", "says"), WRONG)
def test_what_an_office_may_not_read_is_found(story: str, old: str, new: str, says: str) -> None:
    (failure,) = failures(story.replace(old, new, 1))
    assert says in failure
