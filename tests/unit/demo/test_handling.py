"""What departments have to report is read from each procedure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huiyin.demo.people import handling
from huiyin.demo.people.casefile import CaseFile
from shared.events.assignments import AssistantAssigned, CaseAssigned, CaseReopened, MilestoneReached
from shared.events.base import EventData
from shared.events.complaints import ComplaintRegistered
from shared.events.deadlines import BreachRetracted, ClockBreached, ClockStarted
from shared.procedures.loader import load_library
from shared.procedures.model import Procedure
from tests.unit.demo.making import CASE, START, emitted


def procedure(name: str) -> Procedure:
    return load_library().get(name)


def file_of(name: str, *, department: str, channel: str = "telephone", **facts: object) -> CaseFile:
    file = CaseFile(CASE, procedure(name).key)
    registered = ComplaintRegistered(case_number="1", channel=channel, received_at=START, attributes=facts)
    file.apply(emitted(registered))
    file.apply(emitted(CaseAssigned(department=department), minutes=1))
    return file


# The chains as the procedures' texts order them.
CHAINS = [
    (
        "baoshan-efficiency",
        {"department": "town-sub-centre"},
        "resolved",
        # investigators, their transcript, the leader's approval of report and form
        ("investigators-assigned", "transcript-made", "leader-approved", "resolved"),
    ),
    ("shopping-mall", {"department": "floor"}, "resolved", ("resolved",)),
    # only a card is handed over
    ("shopping-mall", {"department": "floor"}, "card-handed-over", ()),
    ("shopping-mall", {"department": "floor", "channel": "suggestion-card"}, "card-handed-over", ("card-handed-over",)),
    (
        "social-insurance-levy-complaints",
        {"department": "audit-post"},
        "closed",
        ("rectification-opinion-issued", "resolved", "result-notice-issued", "delivered:result", "closed"),
    ),
    # five people: the head of the company meets them first
    ("vanke-developer", {"department": "sales-department", "people": 5}, "resolved", ("head-involved", "resolved")),
    ("vanke-developer", {"department": "sales-department", "people": 1}, "resolved", ("resolved",)),
    ("vanke-developer", {"department": "sales-department"}, "escalated:commissioner", ()),
]


@pytest.mark.parametrize(("name", "given", "target", "expected"), CHAINS)
def test_the_chain_follows_what_the_procedure_requires(
    name: str, given: dict[str, object], target: str, expected: tuple[str, ...]
) -> None:
    file = file_of(name, **given)  # type: ignore[arg-type]

    assert handling.chain(procedure(name), file, target) == expected


def test_departments_that_assist_contribute_first() -> None:
    rules = procedure("shopping-mall")
    file = file_of("shopping-mall", department="mall-management")
    file.apply(emitted(AssistantAssigned(department="floor", assisting=("floor",), cause="by:chief"), minutes=2))

    steps = handling.chain(rules, file, "resolved")
    contributed = handling.step(rules, file, "contributed:floor", START, yes=True)

    assert steps[-2:] == ("contributed:floor", "resolved")
    assert (contributed.milestone, contributed.by) == ("contributed", "floor")


def test_what_was_reported_is_not_reported_again() -> None:
    file = file_of("baoshan-efficiency", department="town-sub-centre")
    reached = MilestoneReached(milestone="leader-approved", at=START, by="leader-in-charge")
    file.apply(emitted(reached, minutes=2, sequence=2))

    assert handling.chain(procedure("baoshan-efficiency"), file, "resolved") == ("resolved",)


def test_a_reopened_case_is_handled_from_the_beginning() -> None:
    file = file_of("shopping-mall", department="floor")
    done = MilestoneReached(milestone="resolved", at=START, by="floor")
    file.apply(emitted(done, minutes=2, sequence=2))
    assert file.answered

    file.apply(emitted(CaseReopened(cycle=2, cause="dissatisfied"), minutes=3, sequence=3))

    assert (file.status, file.cycle, handling.chain(procedure("shopping-mall"), file, "resolved")) == (
        "assigned",
        2,
        ("resolved",),
    )


def test_a_report_holds_the_required_fields_and_the_names_of_documents() -> None:
    rules = procedure("social-insurance-levy-complaints")
    file = file_of("social-insurance-levy-complaints", department="audit-post")

    granted = handling.step(rules, file, "extension-approved", START, yes=True)

    assert granted.documents == tuple(granted.fields.values()) == ("extension-approved-circumstances",)


def held(**facts: object) -> CaseFile:
    file = CaseFile(CASE, procedure("social-insurance-levy-complaints").key)
    file.apply(
        emitted(ComplaintRegistered(case_number="1", channel="letter", received_at=START, attributes=dict(facts)))
    )
    return file


# kind, wanted -> what is reported before, with which answer, and the documents of the decision
DECISIONS = [
    ("complaint", "admit", ("verified", True), ("register-form", "filing-approval")),
    ("complaint", "refuse", ("verified", False), ("non-filing-notice",)),
    ("report", "admit", None, ("register-form", "filing-approval")),
]


@pytest.mark.parametrize(("kind", "wanted", "before", "documents"), DECISIONS)
def test_what_a_decision_needs_is_done_first(
    kind: str, wanted: str, before: tuple[str, bool] | None, documents: tuple[str, ...]
) -> None:
    rules = procedure("social-insurance-levy-complaints")

    found = handling.decision(rules, held(kind=kind), wanted, START)

    assert found is not None
    told = [(one.milestone, one.fields["conditions-met"], one.documents) for one in found.steps]
    assert told == ([(*before, ("register-form",))] if before else [])
    assert (found.by, found.documents) == ("section-chief", documents)


def test_nobody_refuses_what_the_procedure_does_not_let_be_refused() -> None:
    rules = procedure("social-insurance-levy-complaints")

    assert handling.decision(rules, held(kind="report"), "refuse", START) is None


def test_a_document_bears_what_it_must_state_and_its_signatures() -> None:
    rules = procedure("social-insurance-levy-complaints")

    notice = handling.document(rules, held(kind="complaint"), "non-filing-notice", START)

    assert (notice.by, notice.signed_by) == ("acceptance-post", ("audit-department",))
    assert notice.fields.keys() == {"received-on", "employer", "reasons", "dated"}


def test_documents_that_a_milestone_requires_are_put_in_with_the_report() -> None:
    rules = procedure("baoshan-efficiency")
    file = file_of("baoshan-efficiency", department="town-sub-centre")

    transcript = handling.step(rules, file, "transcript-made", START, yes=True)
    approval = handling.step(rules, file, "leader-approved", START, yes=True)

    assert transcript.persons == ("staff-1", "staff-2")  # the least that the procedure allows
    assert transcript.documents == ("transcript",)
    assert approval.documents == ("investigation-report", "handling-form")
    assert (transcript.by, approval.by) == ("town-sub-centre", "leader-in-charge")


@pytest.mark.parametrize(
    ("yes", "fields"),
    [
        (True, {"substantiated": True, "measure": "criticism-and-education"}),
        (False, {"substantiated": False}),
    ],
)
def test_a_report_meets_what_the_procedure_demands_of_it(yes: bool, fields: dict[str, object]) -> None:
    rules = procedure("baoshan-efficiency")
    file = file_of("baoshan-efficiency", department="town-sub-centre")

    assert handling.step(rules, file, "resolved", START, yes=yes).fields == fields


HELD = [
    ("social-insurance-levy-complaints", "filing", handling.ADMISSION),  # until an officer decides
    ("vanke-developer", "forward", None),  # nobody can forward what is not admitted
]


@pytest.mark.parametrize(("name", "clock", "expected"), HELD)
def test_a_held_complaint_waits_for_an_officer(name: str, clock: str, expected: str | None) -> None:
    rules = procedure(name)
    spec = next(one for one in rules.clocks if one.id == clock)

    assert handling.target_of(rules, spec, CaseFile(CASE, rules.key)) == expected


CLOCK: dict[str, object] = {"clock": "handling", "cycle": 1, "due_at": START + timedelta(days=1)}
FIRED: dict[str, object] = {"step": "due", "step_due_at": START, "fired_at": START, "late_by": 0.0}
COURSES: list[tuple[list[EventData], int]] = [
    ([ClockStarted(**CLOCK, started_at=START)], 0),
    ([ClockStarted(**CLOCK, started_at=START), ClockBreached(**CLOCK, **FIRED)], 1),
    ([ClockBreached(**CLOCK, **FIRED), BreachRetracted(**CLOCK, stopped_at=START)], 0),
]


@pytest.mark.parametrize(("course", "breaches"), COURSES)
def test_a_breach_counts_until_it_is_retracted(course: list[EventData], breaches: int) -> None:
    file = CaseFile(CASE, ("baoshan-efficiency", 1))
    for number, data in enumerate(course, start=1):
        file.apply(emitted(data, sequence=number))

    assert len(file.breaches) == breaches
