"""Parties: what a complaint must say of them, where it is kept, and what conditions know."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.domain.admission import Complaint, admission, check
from services.intake.domain.field_errors import FieldError
from services.intake.domain.forms import make_form
from services.intake.domain.parties import given_names, opened_parties, without_parties
from shared.business_time.loader import load_calendars
from shared.procedures.check import check_procedure
from shared.procedures.loader import parse_procedure
from shared.procedures.model import Party
from tests.unit.intake.parties_sample import FORM, PROCEDURE, WHOLE
from tests.unit.intake.sample import FIELDS, MONDAY

SHOP = {"name": "某店", "phone": "0571-1"}
ONE = {"name": "甲"}


def checked(**fields: Any) -> Complaint | list[FieldError]:
    return check(FORM, "letter", None, "zh", {**FIELDS, **fields}, MONDAY)


def complaint(**fields: Any) -> Complaint:
    found = checked(**fields)
    assert isinstance(found, Complaint), found
    return found


def test_the_procedure_of_these_tests_is_sound() -> None:
    assert [one for one in check_procedure(PROCEDURE) if one.severity == "error"] == []


def test_what_identifies_a_party_is_in_the_vault_and_only_how_many_there_are_is_a_fact() -> None:
    found = complaint(respondent=SHOP, people=5, representative=[ONE, {"name": "乙"}])
    kept = {name: value for name, value in found.vault.items() if "." in name}
    assert kept == {
        "respondent.1.name": "某店",
        "respondent.1.phone": "0571-1",
        "representative.1.name": "甲",
        "representative.2.name": "乙",
    }
    facts = {name: value for name, value in found.attributes.items() if name.startswith("party.")}
    assert facts == {"party.respondent": 1, "party.representative": 2}
    assert not any(name in str(found.attributes) for name in ("某店", "甲", "乙"))
    assert opened_parties(PROCEDURE, found.vault) == {
        "respondent": [SHOP],
        "representative": [ONE, {"name": "乙"}],
    }
    assert without_parties(found.vault).keys() == {"name", "phone", "content", "accused"}


@pytest.mark.parametrize(
    ("people", "representatives", "wrong"),
    [
        (None, None, []),
        (4, None, []),
        (5, None, ["fields.representative"]),
        (5, [], ["fields.representative"]),
        (5, [ONE], []),
        (12, [ONE] * 5, []),
        (12, [ONE] * 6, ["fields.representative"]),
        (12, ONE, []),
        (3, [ONE], []),  # nobody is kept from naming one
    ],
)
def test_from_five_persons_on_one_to_five_represent_them(
    people: int | None, representatives: Any, wrong: list[str]
) -> None:
    given = {"people": people, "representative": representatives}
    found = checked(respondent=SHOP, **{name: value for name, value in given.items() if value is not None})
    assert [one.field for one in found] == wrong if isinstance(found, list) else wrong == []


@pytest.mark.parametrize(
    ("respondent", "wrong"),
    [
        ({"phone": "1"}, ["fields.respondent.name"]),
        ({"name": " "}, ["fields.respondent.name"]),
        ({"name": "x", "founded": "soon"}, ["fields.respondent.founded"]),
        ({"name": "x", "email": "a@b"}, ["fields.respondent.email"]),
        ({"name": "x", "三": "a@b"}, ["fields.respondent"]),
        ([{"name": "x"}, {"name": "y"}], ["fields.respondent"]),
        ([{"phone": "1"}], ["fields.respondent[0].name"]),
        ("某店", ["fields.respondent"]),
        ({}, ["fields.respondent"]),
        ([None], ["fields.respondent[0]"]),
    ],
)
def test_a_party_that_breaks_the_form_is_refused_by_the_name_of_its_field(respondent: Any, wrong: list[str]) -> None:
    found = checked(respondent=respondent)
    assert isinstance(found, list)
    assert [one.field for one in found] == wrong
    assert not any("某店" in one.message for one in found)


def test_a_party_that_is_asked_for_is_missing_until_it_is_named() -> None:
    assert complaint().missing == ("respondent",)
    assert complaint(respondent=SHOP).missing == ()
    assert FORM.labels["respondent"].en == "Respondent"


def test_an_admission_rule_reads_how_many_are_named() -> None:
    text = WHOLE.replace("when: {field: kind, known: true}", "when: {field: party.respondent, at_least: 1}")
    form = make_form(parse_procedure(text, "parties.yaml"), load_calendars())
    facts = {"anonymous": False, "outside": False}
    verdicts = [admission(form, {**facts, "party.respondent": n}, "letter", ()).decision for n in (0, 1)]
    assert verdicts == ["hold", "admit"]


def test_the_fields_that_came_are_named_without_what_is_in_them() -> None:
    names = ["respondent.1.name", "representative.2.name", "party.representative", "content", "received.period"]
    assert given_names(PROCEDURE, names[:4]) == {"respondent", "representative", "content"}


@pytest.mark.parametrize(
    "changed",
    [
        {"fields": []},
        {"at_least": 2},
        {"fields": [{"id": "a", "label": {"zh": "a", "en": "a"}, "type": "integer"}]},
        {"fields": [{"id": "a", "label": {"zh": "a", "en": "a"}, "holds": "identity", "required": "requested"}]},
        {"fields": [{"id": "a", "label": {"zh": "a", "en": "a"}, "holds": "identity", "default": "x"}]},
    ],
)
def test_a_party_that_cannot_be_is_refused(changed: dict[str, Any]) -> None:
    whole = {
        "id": "p",
        "name": {"zh": "p", "en": "p"},
        "fields": [{"id": "a", "label": {"zh": "a", "en": "a"}, "holds": "identity"}],
    }
    assert Party.model_validate(whole)
    with pytest.raises(ValidationError):
        Party.model_validate({**whole, **changed})
