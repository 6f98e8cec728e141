"""Who may read what of a complaint, and when; and rules that do not fit together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.procedures.check import check_procedure
from shared.procedures.disclosures import Disclosed, bound_offices, disclosed_to
from shared.procedures.loader import parse_procedure
from shared.procedures.model import Confidentiality
from tests.unit.intake.disclosure_sample import PROCEDURE, TEXT

NOTHING = Disclosed(frozenset(), frozenset())
ABSTRACT = Disclosed(frozenset({"respondent"}), frozenset({"abstract"}))
OF_ITSELF = Disclosed(frozenset({"respondent"}), frozenset())
FIELDS = Disclosed(frozenset({"content", "respondent"}), frozenset({"agreement"}))
BOTH = Disclosed(frozenset({"content", "respondent"}), frozenset({"agreement", "abstract"}))


@pytest.mark.parametrize(
    ("offices", "happened", "may_read"),
    [
        (None, [], None),  # every office
        ([], [], None),  # a key between the services
        (["desk"], [], None),
        (["other-body", "desk"], [], None),  # bound in one of its offices only
        (["other-body"], [], NOTHING),
        (["other-body"], ["disclosure-approved"], NOTHING),
        (["other-body"], ["mediated"], FIELDS),
        (["respondent"], [], OF_ITSELF),
        (["respondent"], ["mediated"], OF_ITSELF),
        (["respondent"], ["disclosure-approved"], ABSTRACT),
        (["respondent", "other-body"], ["disclosure-approved", "mediated"], BOTH),
        (["representative"], ["mediated"], Disclosed(frozenset({"representative"}), frozenset())),
    ],
)
def test_an_office_that_is_bound_reads_what_is_disclosed_to_it(
    offices: list[str] | None, happened: list[str], may_read: Disclosed | None
) -> None:
    assert disclosed_to(PROCEDURE, offices, happened, {}) == may_read


@pytest.mark.parametrize(
    ("facts", "names"), [({}, set()), ({"consent": False}, set()), ({"consent": True}, {"content"})]
)
def test_a_condition_that_does_not_hold_discloses_nothing(facts: dict[str, Any], names: set[str]) -> None:
    rule = {"to": "other-body", "as": "original", "fields": ["content"], "when": {"field": "consent", "is": True}}
    part = Confidentiality.model_validate({"id": "x", "name": {"zh": "x", "en": "x"}, "disclose": [rule]})
    procedure = PROCEDURE.model_copy(update={"confidentiality": (part,)})
    assert disclosed_to(procedure, ["other-body"], [], facts) == Disclosed(frozenset(names), frozenset())


def test_parties_are_always_bound() -> None:
    assert bound_offices(PROCEDURE) == {"respondent", "representative", "other-body"}


def test_the_procedure_of_these_tests_is_sound() -> None:
    assert [one for one in check_procedure(PROCEDURE) if one.severity == "error"] == []


TOLD = """notices:
  - id: told
    name: {zh: 告知, en: Told}
    at: [mediated]
    to: [respondent]
    text: {zh: {subject: x, body: '{{documents.agreement}}'}, en: {subject: x, body: '{{documents.abstract}}'}}
milestones:
"""


@pytest.mark.parametrize(
    ("old", "new", "path", "says"),
    [
        ("as: abstract", "as: original, documents: [abstract]", "[0].as", "only an abstract may be disclosed here"),
        ("after: disclosure-approved", "after: mediated", "[0].after", "a milestone that only these report: chief"),
        (", after: disclosure-approved", "", "[0].after", "a milestone that only these report: chief"),
        ("to: respondent, as", "to: nobody, as", "[0].to", "no such role"),
        ("as: abstract", "as: abstract, documents: [other]", "[0].documents", "no such document: other"),
        ("fields: [content,", "fields: [contents,", "[0].fields", "no such field or party: contents"),
        ("after: mediated, f", "after: meditated, f", "[0].after", "neither a word of the language"),
        ("milestones:\n", TOLD, "notices[told].text", "agreement is not disclosed to respondent"),
    ],
)
def test_a_rule_that_does_not_fit_is_found(old: str, new: str, path: str, says: str) -> None:
    assert old in TEXT
    found = check_procedure(parse_procedure(TEXT.replace(old, new, 1), "disclosure.yaml"))
    assert any(path in one.path and says in one.en for one in found if one.severity == "error"), found


@pytest.mark.parametrize(
    "rule",
    [
        {"to": "x", "as": "abstract", "fields": ["content"]},
        {"to": "x", "as": "original"},
        {"to": "x", "as": "rumour", "fields": ["content"]},
    ],
)
def test_a_rule_that_discloses_nothing_clear_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Confidentiality.model_validate({"id": "x", "name": {"zh": "x", "en": "x"}, "disclose": [rule]})
