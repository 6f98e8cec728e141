"""What a document must be, and what a case's contents list shows."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.domain.documents import Contents, Held, check_contents, check_copy, contents_list, shown_text
from shared.errors import Conflict, HuiyinError, InvalidInput
from shared.procedures.fields import Scalar
from shared.procedures.loader import load_library
from tests.unit.intake.sample import MONDAY, PROCEDURE

RECORD = {
    "text": "",
    "fields": {"place": "三楼", "persons": 2},
    "by": "chief",
    "signed_by": ["chief", "desk"],
}


def checked(name: str = "inspection-record", **changed: Any) -> Contents:
    given: dict[str, Any] = {**RECORD, **changed}
    return check_contents(PROCEDURE, name, {}, **given)


def test_a_document_that_states_what_it_must_is_taken() -> None:
    assert checked() == Contents("", {"place": "三楼", "persons": 2}, "chief", ("chief", "desk"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"by": "desk"}, "by"),
        ({"by": None}, "by"),
        ({"signed_by": ["chief"]}, "signed_by"),
        ({"signed_by": ["chief", "desk", "made-up"]}, "signed_by"),
        ({"fields": {"persons": 2}}, "fields.place"),
        ({"fields": {"place": " ", "persons": 2}}, "fields.place"),
        ({"fields": {"place": "x", "persons": 1}}, "fields.persons"),
        ({"fields": {**RECORD["fields"], "other": 1}}, "fields.other"),  # type: ignore[dict-item]
        ({"fields": {**RECORD["fields"], "三": 1}}, "fields"),  # type: ignore[dict-item]
        ({"name": "reply", "fields": {"place": "x"}, "by": None, "signed_by": []}, "fields.place"),
        ({"name": "reply", "fields": {}, "by": None, "signed_by": []}, "text"),
    ],
)
def test_a_document_that_lacks_something_is_refused_by_the_name_of_what_it_lacks(
    changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(**changed)
    assert caught.value.field == field


def test_a_document_that_no_procedure_declares_takes_any_text() -> None:
    assert checked("reply", text="x", fields={}, by="desk", signed_by=[]) == Contents("x", {}, "desk")


SETTLED = {"mediated.settled": True}


def held(name: str, files: int = 0) -> Held:
    return Held(name, MONDAY, "desk", (), files, files * 100)


def test_the_dossier_comes_first_in_its_order_then_what_is_declared_then_what_is_there() -> None:
    found = contents_list(PROCEDURE, {"agreement": "A1"}, [held("reply"), held("evidence", 2)], SETTLED, None)
    assert [(one.place, one.document, one.held is not None, one.in_dossier) for one in found.entries] == [
        (1, "agreement", False, True),
        (2, "inspection-record", False, True),
        (3, "refusal-notice", False, False),
        (4, "evidence", True, False),
        (5, "dossier-cover", False, False),
        (6, "reply", True, False),
    ]
    assert found.entries[0].number == "A1"
    assert (found.missing, found.kept_until) == (("agreement", "inspection-record"), None)


def test_a_document_that_the_case_has_no_use_for_is_not_missing() -> None:
    assert contents_list(PROCEDURE, {}, [], {"mediated.settled": False}, None).missing == ("inspection-record",)


# language -> what a notice shows of the document
SHOWN = [
    (
        "zh",
        "经核实：\n收到日期：2025-09-26\n被投诉用人单位：甲公司\n不予立案理由：没有劳动关系\n"
        "通知日期：2025-09-28\n签章：稽核部门",
    ),
    (
        "en",
        "经核实：\nReceived on: 2025-09-26\nEmployer complained of: 甲公司\nReasons for not filing: 没有劳动关系\n"
        "Date of the notice: 2025-09-28\nSigned and sealed: Audit department",
    ),
]


@pytest.mark.parametrize(("language", "text"), SHOWN)
def test_a_notice_shows_what_a_document_states_and_who_signed_it(language: str, text: str) -> None:
    levy = load_library().get("social-insurance-levy-complaints")
    fields: dict[str, Scalar] = {
        "received-on": "2025-09-26",
        "employer": "甲公司",
        "reasons": "没有劳动关系",
        "dated": "2025-09-28",
    }
    contents = Contents("经核实：", fields, "acceptance-post", ("audit-department",))

    assert shown_text(levy, "non-filing-notice", contents, language) == text
    assert shown_text(levy, "letter", contents, language) == "经核实："


@pytest.mark.parametrize(
    ("name", "to", "by", "there", "error"),
    [
        ("inspection-record", "complainant", "chief", ["inspection-record"], None),
        ("inspection-record", "desk", "chief", ["inspection-record"], (InvalidInput, "to")),
        ("evidence", "complainant", "chief", ["evidence"], (InvalidInput, "to")),  # nobody gets a copy of it
        ("reply", "complainant", "chief", ["reply"], (InvalidInput, "to")),
        ("inspection-record", "complainant", "desk", ["inspection-record"], (InvalidInput, "by")),
        ("inspection-record", "complainant", "chief", ["evidence"], (Conflict, "name")),
    ],
)
def test_a_copy_goes_to_whom_the_procedure_gives_one(
    name: str, to: str, by: str, there: list[str], error: tuple[type[HuiyinError], str] | None
) -> None:
    documents = [held(one) for one in there]
    if error is None:
        assert check_copy(PROCEDURE, name, to, documents, by).id == name
        return
    with pytest.raises(error[0]) as caught:
        check_copy(PROCEDURE, name, to, documents, by)
    assert caught.value.field == error[1]


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        ({}, []),
        ({"reached:mediated": True}, []),  # it is not known whether they agreed
        ({"reached:mediated": True, "mediated.settled": False}, []),
        ({"reached:mediated": True, "mediated.settled": True}, ["agreement"]),
        ({"reached:refused": True}, ["refusal-notice"]),
    ],
)
def test_a_document_whose_occurrence_has_happened_is_due_until_it_is_there(
    facts: dict[str, Any], due: list[str]
) -> None:
    def shown(*there: str) -> list[str]:
        entries = contents_list(PROCEDURE, {}, [held(one) for one in there], facts, None).entries
        return [one.document for one in entries if one.due]

    assert shown() == due
    assert shown(*due) == []
