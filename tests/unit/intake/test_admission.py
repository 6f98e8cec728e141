"""Admission: the procedure's verdict, an officer's, and the events of a new case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import admission as domain
from services.intake.domain.admission import Verdict, admission, registration_events, verdict_events
from services.intake.domain.decisions import officers_verdict
from services.intake.domain.forms import make_form
from shared.business_time.loader import load_calendars
from shared.errors import Conflict, HuiyinError, InvalidInput
from shared.procedures.model import Admissibility
from tests.unit.intake.sample import FORM, PROCEDURE, complaint

FIRST = UUID(int=1)


@pytest.mark.parametrize(
    ("emitted", "decision", "rule"),
    [
        ({"anonymous": True, "kind": "service"}, "refuse", "no-name"),  # the first true rule
        ({"outside": True, "kind": "service"}, "transfer-out", "elsewhere"),
        ({"kind": "service"}, "admit", "ours"),  # unknown rules before it do not hold it up
        ({}, "hold", None),
        ({"anonymous": False, "outside": False}, "hold", None),
    ],
)
def test_the_first_true_rule_decides(emitted: dict[str, Any], decision: str, rule: str | None) -> None:
    found = complaint({"content": "x", **emitted})
    verdict = admission(FORM, found.attributes, found.channel, found.missing)
    assert (verdict.decision, verdict.rule.id if verdict.rule else None) == (decision, rule)


def test_where_all_others_are_admitted_an_unknown_rule_still_waits_for_an_officer() -> None:
    rules = PROCEDURE.admissibility.rules[:2]
    form = make_form(
        PROCEDURE.model_copy(update={"admissibility": Admissibility(rules=rules, otherwise="admit")}),
        load_calendars(),
    )
    assert admission(form, {}, "letter", ()).decision == "hold"
    assert admission(form, {"anonymous": False}, "letter", ()).decision == "hold"
    assert admission(form, {"anonymous": False, "outside": False}, "letter", ()).decision == "admit"


@pytest.mark.parametrize(
    ("status", "decision", "by", "rule", "error"),
    [
        ("held", "admit", "chief", None, None),
        ("held", "refuse", "chief", "no-name", None),
        ("held", "transfer-out", "chief", None, None),
        ("held", "refuse", "chief", None, (InvalidInput, "rule")),  # states no reason
        ("held", "refuse", "chief", "ours", (InvalidInput, "rule")),  # a reason to admit
        ("held", "refuse", "chief", "made-up", (InvalidInput, "rule")),
        ("held", "admit", "desk", None, (InvalidInput, "by")),  # not one of decided_by
        ("admitted", "admit", "chief", None, (Conflict, None)),
        ("merged", "refuse", "chief", "no-name", (Conflict, None)),
    ],
)
def test_an_officer_decides_only_what_is_held_in_the_right_role_and_with_a_reason(
    status: str, decision: Any, by: str, rule: str | None, error: tuple[type[HuiyinError], str | None] | None
) -> None:
    if error is None:
        assert officers_verdict(FORM, status, decision, by, rule).decision == decision
        return
    with pytest.raises(error[0]) as caught:
        officers_verdict(FORM, status, decision, by, rule)
    assert caught.value.field == error[1]


def test_a_procedure_without_grounds_of_refusal_asks_for_none_and_any_office_of_it_may_decide() -> None:
    form = make_form(PROCEDURE.model_copy(update={"admissibility": Admissibility()}), load_calendars())
    assert officers_verdict(form, "held", "refuse", "desk", None) == Verdict("refuse")
    with pytest.raises(InvalidInput):
        officers_verdict(form, "held", "refuse", "nobody", None)


def types_of(verdict: Verdict, into: UUID | None, fields: dict[str, Any]) -> list[str]:
    emitted = registration_events(
        complaint(fields), number="T1", matters={}, merged_into=into, verdict=verdict, documents={"refusal-notice": "1"}
    )
    return [type(data).__name__ for data in emitted]


def test_what_is_said_of_a_new_case_stands_in_order() -> None:
    whole, lacking = {"content": "x", "name": "n"}, {"content": "x"}
    assert types_of(Verdict("hold"), None, whole) == ["ComplaintRegistered"]
    assert types_of(Verdict("hold"), None, lacking) == ["ComplaintRegistered", "SupplementRequested"]
    assert types_of(Verdict("admit"), None, lacking) == [
        "ComplaintRegistered",
        "SupplementRequested",
        "ComplaintAdmitted",
    ]
    assert types_of(Verdict("refuse"), None, whole) == ["ComplaintRegistered", "ComplaintRefused"]
    assert types_of(Verdict("admit"), FIRST, lacking) == ["ComplaintRegistered", "ComplaintMerged"]


def test_no_event_of_a_registration_holds_anything_from_the_vault() -> None:
    emitted = registration_events(
        complaint(), number="T1", matters={}, merged_into=None, verdict=Verdict("hold"), documents={}
    )
    text = " ".join(data.model_dump_json() for data in emitted)
    assert not [value for value in complaint().vault.values() if value in text]


def test_a_refusal_carries_its_document_numbers_and_a_transfer_where_to() -> None:
    rules = {rule.id: rule for rule in PROCEDURE.admissibility.rules}
    refused = verdict_events(Verdict("refuse", rules["no-name"]), "chief", {"refusal-notice": "不予受理[2025]1号"})
    assert refused[0].model_dump() == {
        "rule": "no-name",
        "decided_by": "chief",
        "document_numbers": {"refusal-notice": "不予受理[2025]1号"},
        "fields": {},
    }
    passed = Verdict("transfer-out", rules["elsewhere"])
    assert verdict_events(passed, None, {})[0].model_dump()["to"] == "other-body"
    assert verdict_events(passed, "chief", {}, to="desk")[0].model_dump()["to"] == "desk"


@pytest.mark.parametrize("status", ["refused", "transferred-out", "merged", "withdrawn", "closed", "archived"])
def test_a_case_that_has_ended_takes_nothing_more(status: str) -> None:
    assert not domain.is_live(status)
    with pytest.raises(Conflict):
        domain.require_open(status)
