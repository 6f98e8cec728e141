"""Awards: suggested at their occurrence, computed anew while open, applied by nobody but a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.routing.domain.awards import MOST_OPEN
from services.routing.domain.case import Case
from services.routing.domain.decide import Rules, apply_report
from services.routing.domain.report import Report
from shared.errors import Conflict, HuiyinError, InvalidInput
from shared.events.assignments import AwardSuggested, MilestoneReached
from shared.events.occurrences import names_of
from tests.unit.routing.sample import NAME, NOW, assigned
from tests.unit.routing.test_binding import rules_with

MINUTE = timedelta(minutes=1)
MONEY = [{"id": name, "label": NAME, "type": "money"} for name in ("loss", "charge")]
LOSS = {"min": [{"field": "confirmed.loss"}, {"times": 5, "of": "confirmed.charge"}]}


def rules(**award: Any) -> Rules:
    """The sample's rules with one award at `confirmed`."""
    given = {"id": "loss", "name": NAME, "kind": "compensation", "at": ["confirmed"], "amount": LOSS, "payer": "desk",
             "payee": "complainant", "approved_by": ["head"]}  # fmt: skip
    return rules_with({"id": "confirmed", "fields": MONEY}, awards=[given | award])


def confirmed(by: Rules, case: Case | None = None, minute: int = 0, **fields: str) -> tuple[Case, list[AwardSuggested]]:
    """The case after `confirmed`, and what was suggested."""
    at = NOW + minute * MINUTE
    case, emitted = apply_report(case or assigned(), Report("confirmed", at, "desk", fields), by, at)
    return case, [one for one in emitted if isinstance(one, AwardSuggested)]


def decided(
    by: Rules, case: Case, word: str = "approved", office: str = "head", minute: int = 5, **fields: str
) -> Case:
    """The case after a decision on the award."""
    at = NOW + minute * MINUTE
    return apply_report(case, Report(f"award-{word}", at, office, fields, award="loss"), by, at).case


def test_an_award_is_suggested_with_its_formula_and_what_went_into_it() -> None:
    case, (suggested,) = confirmed(rules(), loss="100", charge="12.5")
    assert suggested.model_dump() == {
        "award": "loss", "kind": "compensation", "cause": "confirmed", "amount": "62.50", "at_least": None,
        "at_most": None, "problem": None, "currency": "CNY", "unit": None, "payer": "desk", "payee": "complainant",
        "formula": "min(confirmed.loss, 5 × confirmed.charge)",
        "inputs": {"confirmed.loss": "100.00", "confirmed.charge": "12.50"},
    }  # fmt: skip
    assert names_of(suggested) == ("award-suggested", "award-suggested:loss")
    assert case.has_occurred("award-suggested:loss")
    assert [one.status for one in case.awards] == ["suggested"]


def test_where_its_condition_does_not_hold_nothing_is_suggested() -> None:
    for when in ({"field": "confirmed.loss", "more_than": 1000}, {"field": "people", "at_least": 3}):
        assert confirmed(rules(when=when), loss="100", charge="12.5")[1] == []


def test_what_is_not_known_yet_is_suggested_anew_when_it_is() -> None:
    case, (first,) = confirmed(rules(at=["confirmed", "investigated"]), loss="100")
    assert (first.amount, first.problem) == (None, "not-known: confirmed.charge")
    with pytest.raises(Conflict) as caught:
        decided(rules(), case)
    assert caught.value.field == "award"
    case, suggested = confirmed(rules(at=["investigated"]), case, 1, charge="10")
    assert [one.amount for one in suggested] == ["50.00"]
    assert decided(rules(), case).awards[0].approved == "50.00"


@pytest.mark.parametrize(
    ("amount", "fields", "problem"),
    [
        (
            {"share": ["confirmed.loss", "confirmed.charge"], "of": 100},
            {"loss": "5", "charge": "0"},
            "division-by-zero",
        ),
        ({"times": 999_999_999_999, "of": "confirmed.loss"}, {"loss": "2"}, "out-of-range"),
        ({"by": "people", "else": "confirmed.charge"}, {"loss": "2"}, "not-known: confirmed.charge"),
    ],
)
def test_an_amount_that_cannot_be_computed_says_why_and_is_not_approved(
    amount: Any, fields: dict[str, Any], problem: str
) -> None:
    case, (suggested,) = confirmed(rules(amount=amount), **fields)
    assert (suggested.amount, suggested.problem) == (None, problem)
    with pytest.raises(Conflict, match="cannot be computed yet") as caught:
        decided(rules(amount=amount), case)
    assert (caught.value.field, caught.value.hint) == ("award", problem)


def test_what_was_decided_is_not_computed_anew() -> None:
    case = decided(rules(), confirmed(rules(), loss="100", charge="10")[0])
    after, suggested = confirmed(rules(at=["investigated"]), case, 6, charge="1")
    assert suggested == []
    assert after.awards == case.awards


@pytest.mark.parametrize(
    ("award", "office", "fields", "field"),
    [
        ({}, "head", {}, None),
        ({}, "head", {"amount": "60"}, None),  # the amount itself
        ({}, "head", {"amount": "60.01"}, "fields.amount"),
        ({}, "desk", {}, "by"),
        ({}, "nobody", {}, "by"),
        ({"choose": {"from": 10, "to": "confirmed.loss"}}, "head", {"amount": "100"}, None),
        ({"choose": {"from": 10, "to": "confirmed.loss"}}, "head", {"amount": "10"}, None),
        ({"choose": {"from": 10, "to": "confirmed.loss"}}, "head", {"amount": "9.99"}, "fields.amount"),
        ({"choose": {"from": 10, "to": "confirmed.loss"}}, "head", {"amount": "100.01"}, "fields.amount"),
        ({"choose": {"from": 10, "to": "confirmed.loss"}}, "head", {}, None),  # as suggested
        ({"choose": {"from": 10}}, "head", {"amount": "9.99"}, "fields.amount"),
        ({"choose": {"from": 10}}, "head", {"amount": "100000.01"}, None),
        ({"amount": None, "choose": {"from": 100, "to": 1000}}, "head", {}, "fields.amount"),
        ({"amount": None, "choose": {"from": 100, "to": 1000}}, "head", {"amount": "500"}, None),
        ({"amount": None, "choose": {"from": 1000, "to": "confirmed.loss"}}, "head", {"amount": "500"}, "award"),
    ],
)
def test_only_who_may_approves_and_only_what_the_rule_leaves(
    award: dict[str, Any], office: str, fields: dict[str, str], field: str | None
) -> None:
    by = rules(**award)
    case, _ = confirmed(by, loss="100", charge="12")
    found: str | None = None
    try:
        case = decided(by, case, "approved", office, 5, **fields)
    except HuiyinError as error:
        found = error.field
    assert found == field
    assert (case.awards[0].status == "approved") == (field is None)


def test_each_occurrence_is_an_award_of_its_own_and_the_oldest_is_decided_first() -> None:
    case, _ = confirmed(rules(), loss="1", charge="1")
    case, _ = confirmed(rules(), case, 1, loss="2", charge="2")
    case = decided(rules(), case, minute=5)
    case = decided(rules(), case, "refused", minute=6)
    assert [(one.status, one.approved) for one in case.awards] == [("approved", "2.00"), ("refused", None)]
    with pytest.raises(Conflict, match="nothing of this award is open"):
        decided(rules(), case, minute=7)


def test_the_decision_is_an_occurrence_with_the_award_and_the_same_again_changes_nothing() -> None:
    case, _ = confirmed(rules(), loss="1", charge="1")
    report = Report("award-approved", NOW + MINUTE, "head", {}, award="loss")
    case, (reached,) = apply_report(case, report, rules(), NOW + MINUTE)
    assert isinstance(reached, MilestoneReached)
    assert names_of(reached) == ("award-approved", "award-approved:loss")
    assert apply_report(case, report, rules(), NOW + MINUTE) == (case, ())


@pytest.mark.parametrize("award", [None, "unheard-of"])
def test_a_decision_names_an_award_of_the_procedure(award: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        apply_report(assigned(), Report("award-approved", NOW, "head", {}, award=award), rules(), NOW)
    assert caught.value.field == "award"


def test_nothing_is_approved_before_it_was_suggested() -> None:
    case, _ = confirmed(rules(), minute=3, loss="1", charge="1")
    with pytest.raises(InvalidInput) as caught:
        decided(rules(), case, minute=2)
    assert caught.value.field == "at"


def test_open_awards_are_limited() -> None:
    case = assigned()
    for minute in range(MOST_OPEN + 3):
        case, _ = confirmed(rules(), case, minute, loss="1", charge="1")
    assert len(case.awards) == MOST_OPEN
