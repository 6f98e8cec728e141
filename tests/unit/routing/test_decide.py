"""Routing's decisions: class, department, level, milestones, escalation, reopening."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.routing.domain.case import Case
from services.routing.domain.decide import apply_counts, apply_report, record_repetition
from services.routing.domain.report import Report
from shared.errors import Conflict, HuiyinError, InvalidInput
from shared.events.assignments import (
    CaseAssigned,
    CaseClassified,
    CaseCounted,
    CaseReopened,
    CaseRepeated,
    MilestoneReached,
    MilestoneReport,
    ReportRejected,
)
from shared.events.complaints import ComplaintAdmitted, ComplaintMerged, ComplaintRegistered, ComplaintWithdrawn
from shared.events.envelope import make
from shared.events.notices import Dissatisfied
from tests.unit.routing.sample import CASE, NOW, PROCEDURE, RULES, after, assigned, breach, resolved


@pytest.mark.parametrize(
    ("attributes", "class_", "department", "level"),
    [
        ({}, "general", "desk", "clerk"),
        ({"people": 9}, "general", "desk", "clerk"),
        ({"people": 10}, "major", "centre", "leader"),
    ],
)
def test_an_admitted_case_gets_class_department_and_level(
    attributes: dict[str, Any], class_: str, department: str, level: str
) -> None:
    case = assigned(**attributes)
    assert (case.class_, case.department, case.level, case.status) == (class_, department, level, "assigned")


def test_a_held_complaint_is_not_assigned() -> None:
    case, emitted = after(
        Case(CASE, PROCEDURE.key), ComplaintRegistered(case_number="S1", channel="online", received_at=NOW)
    )
    assert (case.status, case.department, emitted) == ("registered", None, ())


def test_breaches_raise_the_case_rung_by_rung_and_stop_at_the_top() -> None:
    case = assigned()
    case, first = breach(case, NOW + timedelta(minutes=30))
    assert [type(one).__name__ for one in first] == ["CaseEscalated"]
    assert case.level == "leader"
    case, second = breach(case, NOW + timedelta(minutes=60))
    assert [type(one).__name__ for one in second] == ["CaseEscalated", "CaseReassigned", "CaseClassified"]
    assert (case.level, case.department, case.class_) == ("director", "centre", "major")
    assert breach(case, NOW + timedelta(minutes=90))[1] == ()


def test_a_breach_that_is_heard_of_after_the_resolution_moves_nobody() -> None:
    case = resolved(assigned(), NOW + timedelta(minutes=40))
    assert breach(case, NOW + timedelta(minutes=30))[1] == ()


def test_the_third_complainant_makes_the_matter_hot_for_all() -> None:
    case, emitted = apply_counts(assigned(), RULES, {"same": 3}, NOW)
    assert case.class_ == "hot"
    assert emitted == (
        CaseCounted(count="same", number=3, place=3),
        CaseClassified(class_="hot", previous="general", cause="counted"),
    )


def test_a_class_is_never_lowered() -> None:
    assert [type(one) for one in apply_counts(assigned(people=10), RULES, {"same": 3}, NOW)[1]] == [CaseCounted]


def test_a_case_keeps_its_place_in_a_count_whatever_comes_later() -> None:
    case, _ = apply_counts(assigned(), RULES, {"same": 1}, NOW)
    case, emitted = apply_counts(case, RULES, {"same": 4}, NOW)
    assert CaseCounted(count="same", number=4) in emitted
    assert (case.conditions()["place.same"], case.conditions()["count.same"]) == (1, 4)


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        (Report("unheard-of", NOW, "desk", {}), InvalidInput, "milestone"),
        (Report("resolved", NOW, "desk", {}), Conflict, "milestone"),
        (Report("investigated", NOW, "centre", {"investigators": 2}), InvalidInput, "by"),
        (Report("investigated", NOW, "nobody", {"investigators": 2}), InvalidInput, "by"),
        (Report("investigated", NOW, "desk", {}), InvalidInput, "fields.investigators"),
        (Report("investigated", NOW, "desk", {"investigators": 1}), InvalidInput, "fields.investigators"),
        (Report("investigated", NOW, "desk", {"investigators": True}), InvalidInput, "fields.investigators"),
        (Report("investigated", NOW, "desk", {"investigators": 2, "x": 1}), InvalidInput, "fields.x"),
        (
            Report("investigated", NOW, "desk", {"investigators": 2, "report": "周小满来访"}),
            InvalidInput,
            "fields.report",
        ),
        (Report("investigated", NOW + timedelta(hours=1), "desk", {"investigators": 2}), InvalidInput, "at"),
        (Report("investigated", NOW - timedelta(hours=1), "desk", {"investigators": 2}), InvalidInput, "at"),
        (Report("extension-approved", NOW, "desk", {}, "reply"), InvalidInput, "by"),
        (Report("extension-refused", NOW, "desk", {}, "reply"), InvalidInput, "by"),
        (Report("extension-approved", NOW, "head", {}, "none"), InvalidInput, "clock"),
        (Report("extension-requested", NOW, "desk", {}, "reply"), InvalidInput, "fields.reason"),
    ],
)
def test_a_report_that_the_rules_do_not_allow_names_the_field(
    given: Report, error: type[HuiyinError], field: str
) -> None:
    with pytest.raises(error) as caught:
        apply_report(assigned(), given, RULES, NOW)
    assert caught.value.field == field
    assert "周" not in caught.value.message


def test_the_same_report_again_says_nothing_new() -> None:
    given = Report("investigated", NOW, "desk", {"investigators": 2})
    case, emitted = apply_report(assigned(), given, RULES, NOW)
    assert [type(one) for one in emitted] == [MilestoneReached]
    assert apply_report(case, given, RULES, NOW) == (case, ())


def test_a_clock_is_extended_once_only() -> None:
    case, _ = apply_report(assigned(), Report("extension-approved", NOW, "head", {}, "reply"), RULES, NOW)
    with pytest.raises(Conflict):
        apply_report(case, Report("extension-approved", NOW + timedelta(minutes=1), "head", {}, "reply"), RULES, NOW)


def test_dissatisfaction_reopens_within_its_time_and_as_often_as_allowed() -> None:
    case = resolved(assigned(), NOW)
    again, emitted = after(case, Dissatisfied(at=NOW + timedelta(days=1)), NOW + timedelta(days=1))
    assert [type(one) for one in emitted] == [CaseReopened, CaseClassified]
    assert (again.cycle, again.status, again.has_occurred("resolved")) == (2, "assigned", False)
    twice = resolved(again, NOW + timedelta(days=2))
    assert after(twice, Dissatisfied(at=NOW + timedelta(days=3)), NOW + timedelta(days=3))[1] == ()


def test_dissatisfaction_after_its_time_reopens_nothing() -> None:
    case = resolved(assigned(), NOW)
    assert after(case, Dissatisfied(at=NOW + timedelta(days=40)), NOW + timedelta(days=40))[1] == ()


def test_a_merged_complaint_repeats_its_first_case() -> None:
    other = UUID("00000000-0000-4000-8000-000000000002")
    event = make("intake", other, PROCEDURE.key, ComplaintMerged(into=CASE), cause="x", at=NOW)
    case, emitted = record_repetition(assigned(), event, RULES)
    assert emitted == (CaseRepeated(case=other),)
    assert case.has_occurred("repeated")


def test_nothing_can_be_reported_on_a_withdrawn_complaint() -> None:
    case, _ = after(assigned(), ComplaintWithdrawn())
    with pytest.raises(Conflict):
        apply_report(case, Report("investigated", NOW, "desk", {"investigators": 2}), RULES, NOW)


def test_a_bad_report_from_a_topic_is_rejected_with_its_reason() -> None:
    case, emitted = after(assigned(), MilestoneReport(milestone="resolved", at=NOW, by="desk"))
    assert case.status == "assigned"
    assert [type(one) for one in emitted] == [ReportRejected]


def test_a_first_assignment_names_its_route() -> None:
    registered = ComplaintRegistered(case_number="S1", channel="online", received_at=NOW, attributes={"people": 12})
    case, _ = after(Case(CASE, PROCEDURE.key), registered)
    _, emitted = after(case, ComplaintAdmitted())
    assert CaseAssigned(department="centre", route="grave") in emitted
