"""The test procedure with rules of disclosure: an abstract to the respondent, some fields to another body."""

from __future__ import annotations

from shared.procedures.loader import parse_procedure
from tests.unit.intake.parties_sample import WHOLE

DISCLOSURE = """confidentiality:
  - id: abstract-to-the-respondent
    name: {zh: 只转摘要, en: An abstract only}
    abstract_only: true
    disclosure_by: [chief]
    disclose: [{to: respondent, as: abstract, after: disclosure-approved}]
  - id: other-body
    name: {zh: 其他机关, en: Another body}
    disclose: [{to: other-body, as: original, after: mediated, fields: [content, respondent], documents: [agreement]}]
documents:
  - {id: abstract, name: {zh: 摘要, en: Abstract}, by: [chief]}
  - {id: settlement, name: {zh: 和解协议, en: Settlement}, copies: [complainant, respondent]}
"""
APPROVED = """milestones:
  - {id: disclosure-approved, name: {zh: 批准转交, en: Disclosure approved}, by: [chief]}
"""
TEXT = WHOLE.replace("documents:\n", DISCLOSURE, 1).replace("milestones:\n", APPROVED, 1)
TEXT = TEXT.replace("id: test-parties", "id: test-disclosure", 1)
PROCEDURE = parse_procedure(TEXT, "disclosure.yaml")
