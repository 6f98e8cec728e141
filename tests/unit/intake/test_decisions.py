"""Officers' decisions: after admission, by their own office, and what must be given with them."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.domain.admission import admission
from services.intake.domain.decisions import officers_verdict, particulars
from services.intake.domain.forms import Form, make_form
from services.intake.domain.history import History
from shared.business_time.loader import load_calendars
from shared.errors import Conflict, HuiyinError, InvalidInput
from shared.procedures.check import check_procedure
from shared.procedures.loader import parse_procedure
from tests.unit.intake.sample import TEXT

RULES = """
    - {id: not-ours-after-all, decision: transfer-out, officer: true, after_admission: true, decided_by: [desk],
       when: {field: kind, is: service}, reason: {zh: 非本部门, en: Not ours}}
    - {id: own-fault, decision: refuse, officer: true, after_admission: true, reason: {zh: 自身责任, en: Own fault}}
  otherwise: hold
"""
MILESTONES = """
  - id: refused
    name: {zh: 不予受理, en: Refused}
    by: [chief, handler]
    requires: [{reached: mediated, when: {field: kind, is: goods}}]
    when: {field: kind, known: true}
    fields:
      - {id: approval, label: {zh: 审批表, en: Approval}, holds: evidence, required: true}
      - {id: grounds, label: {zh: 条款, en: Grounds}, type: integer, at_least: 1}
"""
WHOLE = TEXT.replace("  otherwise: hold\n", RULES.lstrip("\n")) + MILESTONES.lstrip("\n")
PROCEDURE = parse_procedure(WHOLE, "decisions.yaml")
FORM: Form = make_form(PROCEDURE, load_calendars())
SERVICE = {"kind": "service"}


def test_the_procedure_of_these_tests_is_sound() -> None:
    assert [one for one in check_procedure(PROCEDURE) if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("status", "decision", "by", "rule", "facts", "error"),
    [
        ("admitted", "transfer-out", "desk", "not-ours-after-all", SERVICE, None),
        ("accepted-by-department", "refuse", "chief", "own-fault", {}, None),
        ("reopened", "refuse", "chief", "own-fault", {}, None),
        ("held", "refuse", "chief", "own-fault", {}, None),
        ("admitted", "transfer-out", "chief", "not-ours-after-all", SERVICE, (InvalidInput, "by")),
        ("admitted", "transfer-out", "desk", "not-ours-after-all", {"kind": "goods"}, (Conflict, "rule")),
        ("admitted", "transfer-out", "desk", "not-ours-after-all", {}, (Conflict, "rule")),
        ("admitted", "refuse", "chief", "no-name", {}, (InvalidInput, "rule")),  # a reason at the door only
        ("admitted", "refuse", "chief", None, {}, (InvalidInput, "rule")),
        ("admitted", "admit", "chief", None, {}, (Conflict, None)),
        ("resolved", "refuse", "chief", "own-fault", {}, (Conflict, None)),
        ("closed", "refuse", "chief", "own-fault", {}, (Conflict, None)),
        ("refused", "transfer-out", "desk", "not-ours-after-all", SERVICE, (Conflict, None)),
    ],
)
def test_after_admission_only_the_reasons_meant_for_it_count(
    status: str, decision: Any, by: str, rule: str | None, facts: dict[str, Any],
    error: tuple[type[HuiyinError], str | None] | None,
) -> None:  # fmt: skip
    if error is None:
        assert officers_verdict(FORM, status, decision, by, rule, facts).decision == decision
        return
    with pytest.raises(error[0]) as caught:
        officers_verdict(FORM, status, decision, by, rule, facts)
    assert caught.value.field == error[1]


def given(by: str = "chief", happened: tuple[str, ...] = ("documented:form-7",), **fields: Any) -> dict[str, Any]:
    history = History(frozenset(happened), {"kind": "service"})
    return dict(particulars(PROCEDURE, "refused", by, {"approval": "form-7", **fields}, history, ["desk"]))


def test_what_the_procedure_demands_of_a_refusal_is_given_with_it() -> None:
    assert given() == {"approval": "form-7"}
    assert given("desk", grounds=7) == {"approval": "form-7", "grounds": 7}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"by": "other-body"}, (InvalidInput, "by")),
        ({"approval": None}, (InvalidInput, "fields.approval")),
        ({"approval": "张三的审批表"}, (InvalidInput, "fields.approval")),  # never a text
        ({"approval": "form-8"}, (Conflict, "fields.approval")),  # no such document yet
        ({"happened": ()}, (Conflict, "fields.approval")),
        ({"grounds": 0}, (InvalidInput, "fields.grounds")),
        ({"reason": 1}, (InvalidInput, "fields.reason")),
    ],
)
def test_a_decision_that_lacks_something_is_refused_by_its_name(
    changed: dict[str, Any], error: tuple[type[HuiyinError], str]
) -> None:
    with pytest.raises(error[0]) as caught:
        given(**changed)
    assert caught.value.field == error[1]


def test_what_must_come_first_and_where_it_applies_hold() -> None:
    goods = History(frozenset(("documented:form-7",)), {"kind": "goods"})
    with pytest.raises(Conflict, match="mediated must come first"):
        particulars(PROCEDURE, "refused", "chief", {"approval": "form-7"}, goods)
    with pytest.raises(Conflict, match="does not provide"):
        particulars(PROCEDURE, "refused", "chief", {"approval": "form-7"}, History(goods.happened, {}))


def test_a_decision_that_nothing_refines_takes_no_fields() -> None:
    nothing = History(frozenset(), {})
    assert particulars(PROCEDURE, "withdrawn", "complainant", {}, nothing) == {}
    with pytest.raises(InvalidInput):
        particulars(PROCEDURE, "withdrawn", "complainant", {"why": True}, nothing)


def test_a_machine_never_decides_what_somebody_must_give_something_for() -> None:
    assert admission(FORM, {"anonymous": True}, "letter", ()).decision == "hold"
    assert admission(FORM, {"outside": True}, "letter", ()).decision == "transfer-out"
    assert admission(FORM, {"kind": "goods"}, "letter", ()).decision == "admit"


@pytest.mark.parametrize(("at", "facts", "missing"), [
    ("withdrawn", {}, "inspection-record"),
    ("withdrawn", {"mediated.settled": True}, "agreement"),
    ("withdrawn", {"reached:documented:inspection-record": True}, None),
    ("refused", {}, None),  # the dossier is closed off at another occurrence
])  # fmt: skip
def test_a_decision_that_closes_the_dossier_off_waits_for_its_documents(
    at: str, facts: dict[str, Any], missing: str | None
) -> None:
    procedure = parse_procedure(TEXT.replace("{at: archived, contains", f"{{at: {at}, contains"), "dossier.yaml")
    happened = frozenset(name.removeprefix("reached:") for name in facts if name.startswith("reached:"))
    known = History(happened, facts)
    if missing is None:
        assert particulars(procedure, "withdrawn", "desk", {}, known) == {}
        return
    with pytest.raises(Conflict) as caught:
        particulars(procedure, "withdrawn", "desk", {}, known)
    assert caught.value.field == f"dossier.{missing}"


def test_no_machine_takes_a_decision_that_closes_the_dossier_off() -> None:
    procedure = parse_procedure(TEXT.replace("{at: archived, contains", "{at: admitted, contains"), "dossier.yaml")
    form = make_form(procedure, load_calendars())
    assert admission(form, {"kind": "goods"}, "letter", ()).decision == "hold"
