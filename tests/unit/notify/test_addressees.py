"""Whom a notice is for, and over which endpoint it goes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.notify.domain.addressees import addressee, each_once, endpoint
from services.notify.domain.case import Case, fold, opened
from services.notify.domain.recipients import Recipients
from shared.events.assignments import AssistantAssigned, CaseEscalated
from shared.events.complaints import ComplaintRegistered, ComplaintSupplemented
from shared.events.envelope import Event
from shared.procedures.model import Party
from tests.unit.notify.samples import Story, procedure


def _case(*events: Event) -> Case:
    case = opened(events[0])
    for event in events:
        fold(case, event)
    return case


@pytest.mark.parametrize(
    ("to", "meant"),
    [
        ("complainant", "complainant"),
        ("department", "department:water"),
        ("level", "level:head"),
        ("role:chief", "role:chief"),
        ("department:roads", "department:roads"),
        ("level:front", "level:front"),
        ("chief", "role:chief"),
        ("roads", "department:roads"),
        ("front", "level:front"),
        ("both", "role:both"),  # a role before a department of the same id
    ],
)
def test_every_way_to_name_an_addressee(to: str, meant: str) -> None:
    story = Story()
    case = _case(story.registered(), story.assigned("water"), story.emit(CaseEscalated(level="head")))

    assert str(addressee(to, case, procedure())) == meant


def test_a_level_without_an_endpoint_goes_to_the_department_that_takes_over() -> None:
    story = Story()
    case = _case(story.registered())
    recipients = Recipients.model_validate({"department": {"roads": {"sink": "console"}}})

    assert endpoint(addressee("level:head", case, procedure()), procedure(), recipients).sink == "console"
    assert endpoint(addressee("level:front", case, procedure()), procedure(), recipients).sink == "file"


def test_assistants_are_the_departments_that_assist_now_each_once() -> None:
    story = Story()
    assisting = story.emit(AssistantAssigned(department="roads", assisting=("roads", "both")))
    case = _case(story.registered(), story.assigned("water"))
    assert each_once(["assistants"], case, procedure()) == []
    fold(case, assisting)
    found = each_once(["department", "roads", "assistants"], case, procedure())
    assert [str(addressee(one, case, procedure())) for one in found] == [
        "department:water",
        "department:roads",
        "department:both",
    ]


PARTY = {"id": "respondent", "name": {"zh": "被诉方", "en": "Respondent"}, "fields": [
    {"id": "name", "label": {"zh": "名称", "en": "Name"}, "holds": "identity"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("recipients", "sink"),
    [
        ({}, "file"),
        ({"complainant": {"sink": "smtp"}}, "smtp"),
        ({"complainant": {"sink": "smtp"}, "party": {"respondent": {"sink": "console"}}}, "console"),
    ],
)
def test_a_party_is_reached_as_complainants_are_unless_it_has_an_endpoint_of_its_own(
    recipients: dict[str, object], sink: str
) -> None:
    story = Story()
    rules = procedure().model_copy(update={"parties": (Party.model_validate(PARTY),)})
    who = addressee("respondent", _case(story.registered()), rules)
    assert (str(who), addressee("party:respondent", _case(story.registered()), rules)) == ("party:respondent", who)
    assert endpoint(who, rules, Recipients.model_validate(recipients)).sink == sink


def test_no_webhook_gets_what_is_a_partys() -> None:
    webhook = {"sink": "webhook", "url": "https://example.org", "secret_file": "x"}
    with pytest.raises(ValidationError):
        Recipients.model_validate({"party": {"respondent": webhook}})


def test_no_office_gets_a_notice_of_a_case_that_is_about_it() -> None:
    story = Story()
    registered = ComplaintRegistered(
        case_number="1", channel="online", received_at=story.now, recused=("chief", "roads")
    )
    case = _case(story.emit(registered), story.assigned("water"))
    to = ["complainant", "department", "chief", "department:roads", "level:front"]
    assert each_once(to, case, procedure()) == ["complainant", "department", "level:front"]
    fold(case, story.later(minutes=1).emit(ComplaintSupplemented(recused=("front",))))
    assert each_once(to, case, procedure()) == ["complainant", "department", "chief", "department:roads"]
