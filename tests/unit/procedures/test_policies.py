"""The shipped procedures decide as the written rules say: golden tables, each row with the fact behind it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.business_time.loader import load_calendars
from shared.business_time.zones import zone
from shared.procedures.conditions import holds
from shared.procedures.loader import load_library
from shared.procedures.model import Clock, Procedure
from shared.procedures.report_periods import period_of, times_of

LIBRARY = load_library()
BAOSHAN = LIBRARY.get("baoshan-efficiency")
MALL = LIBRARY.get("shopping-mall")
VANKE = LIBRARY.get("vanke-developer")
LEVY = LIBRARY.get("social-insurance-levy-complaints")


def admission(procedure: Procedure, facts: dict[str, Any]) -> str:
    """What the rules decide: the first that is true; a hold if none is and one is unknown."""
    verdicts = [(rule.decision, holds(rule.when, facts)) for rule in procedure.admissibility.rules]
    decided = next((decision for decision, verdict in verdicts if verdict is True), None)
    unknown = any(verdict is None for _, verdict in verdicts)
    return decided or ("hold" if unknown else procedure.admissibility.otherwise)


def class_of(procedure: Procedure, facts: dict[str, Any]) -> str:
    return next(one.id for one in procedure.classes if holds(one.when, facts) is True)


def route(procedure: Procedure, facts: dict[str, Any]) -> tuple[str, str | None]:
    found = next(one for one in procedure.routes if holds(one.when, facts) is True)
    return found.department, found.level


def clock(procedure: Procedure, id: str) -> Clock:
    return next(one for one in procedure.clocks if one.id == id)


ADMISSIONS = [
    (BAOSHAN, {"ground": "rude-conduct"}, "admit"),  # .31
    (BAOSHAN, {}, "hold"),  # no ground told: an officer decides
    (BAOSHAN, {"subject-kind": "outside", "ground": "other-failure"}, "transfer-out"),  # .36
    (BAOSHAN, {"special-provision": True, "ground": "other-failure"}, "transfer-out"),  # .03
    (VANKE, {}, "admit"),  # .61: nothing is refused at the door
    (LEVY, {"kind": "report"}, "admit"),  # .08
    (LEVY, {"kind": "complaint"}, "hold"),  # .09: the section chief files
    (LEVY, {}, "hold"),
]


@pytest.mark.parametrize(("procedure", "facts", "decision"), ADMISSIONS)
def test_a_complaint_is_admitted_held_or_passed_on_by_the_rules(
    procedure: Procedure, facts: dict[str, Any], decision: str
) -> None:
    assert admission(procedure, facts) == decision


CLASSES = [
    (VANKE, {"lawsuit-brought": True, "people": 1}, "major"),  # .68
    (VANKE, {"media-exposed": True}, "major"),  # .69
    (VANKE, {"people": 10}, "major"),  # .70: ten included
    (VANKE, {"people": 9}, "hot"),  # .74
    (VANKE, {"people": 3}, "hot"),  # .74: three included
    (VANKE, {"people": 2}, "general"),  # .79
    (VANKE, {"lawsuit-or-exposure-possible": True}, "hot"),  # .72
    (VANKE, {"count.same-matter": 3}, "hot"),  # .73
    (VANKE, {"count.same-matter": 2}, "general"),
    (VANKE, {"second-complaint": True}, "important"),  # .76
    (VANKE, {"second-complaint": True, "people": 4}, "hot"),  # .77: a graver class stays
    (VANKE, {"needs-outside-support": True}, "important"),  # .78
    (VANKE, {}, "general"),
]


@pytest.mark.parametrize(("procedure", "facts", "expected"), CLASSES)
def test_a_complaint_gets_the_gravest_class_that_its_facts_give(
    procedure: Procedure, facts: dict[str, Any], expected: str
) -> None:
    assert class_of(procedure, facts) == expected


ROUTES = [
    (BAOSHAN, {"subject-rank": "body"}, ("district-centre", "district-centre")),  # .33
    (BAOSHAN, {"subject-rank": "division"}, ("district-centre", "district-centre")),  # .33
    (BAOSHAN, {"subject-rank": "section", "assigned-by-leader": True}, ("district-centre", "district-centre")),  # .33
    (BAOSHAN, {"subject-rank": "section", "grave-or-complex": True}, ("district-centre", "district-centre")),  # .35
    (BAOSHAN, {"subject-rank": "section", "subject-unit": "town"}, ("town-sub-centre", "sub-centre")),  # .34
    (BAOSHAN, {"subject-rank": "section"}, ("department-sub-centre", "sub-centre")),  # .34
    (BAOSHAN, {}, ("district-centre", "district-centre")),
    (
        VANKE,
        {"content-type": "engineering-quality", "move-in": "after", "in-warranty": True},
        ("project-commissioner", "commissioner"),
    ),  # .27
    (
        VANKE,
        {"content-type": "engineering-quality", "move-in": "after", "in-warranty": False},
        ("property-commissioner", "commissioner"),
    ),  # .29
    (VANKE, {"content-type": "property-management"}, ("property-commissioner", "commissioner")),  # .29
    (VANKE, {}, ("customer-service-centre", "customer-service-centre")),  # .42
    (LEVY, {"kind": "report"}, ("audit-post", "audit-post")),  # .10
]


@pytest.mark.parametrize(("procedure", "facts", "expected"), ROUTES)
def test_a_case_goes_to_the_department_and_level_that_the_rules_name(
    procedure: Procedure, facts: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert route(procedure, facts) == expected


# channel, when it came, the forwarding clock that runs
FORWARDING = [
    ("telephone", "business-hours", "forward"),  # .43
    ("email", "business-hours", "forward"),  # .44
    ("forum", "business-hours", "forward-forum"),  # .45
    ("forum", "off-hours", "forward-off-hours"),  # .46
    ("email", "off-hours", "forward-off-hours"),  # .46
    ("telephone", "holiday", "forward-holiday"),  # .48
    ("forum", "holiday", "forward-holiday"),  # .48
    ("employee", "business-hours", "forward"),  # .50
]


@pytest.mark.parametrize(("channel", "period", "expected"), FORWARDING)
def test_exactly_one_forwarding_clock_runs_whenever_a_complaint_comes(channel: str, period: str, expected: str) -> None:
    facts = {"channel": channel, "received.period": period}
    running = [one.id for one in VANKE.clocks if one.id.startswith("forward") and holds(one.when, facts) is True]
    assert running == [expected]


# procedure, clock, duration, the fact
TIMES = [
    (BAOSHAN, "handling", "P10WD"),  # .44
    (LEVY, "filing", "P5WD"),  # .13
    (LEVY, "audit", "P60WD"),  # .14
    (VANKE, "forward", "PT30M"),  # .43
    (VANKE, "forward-forum", "PT1H"),  # .45
    (VANKE, "forward-off-hours", "PT1H"),  # .46
    (VANKE, "forward-holiday", "P0D"),  # .48
    (VANKE, "response", "PT4H"),  # .51
    (VANKE, "web-reply", "PT4H"),  # .53
    (VANKE, "qualification-referral", "PT4H"),  # .12
    (VANKE, "qualification-answer", "PT4H"),  # .14
    (VANKE, "report-to-centre", "PT4H"),  # .31
    (VANKE, "major-reply", "PT24H"),  # .15
    (VANKE, "week-unresolved", "P7D"),  # .75
    (VANKE, "month-unresolved", "P1M"),  # .71
    (VANKE, "hot-bulletin", "P1WD"),  # .85
    (VANKE, "major-bulletin", "IMMEDIATE"),  # .88
    (VANKE, "weekly-bulletin", "P7D"),  # .89
]


@pytest.mark.parametrize(("procedure", "id", "duration"), TIMES)
def test_a_clock_has_the_time_that_is_written(procedure: Procedure, id: str, duration: str) -> None:
    assert clock(procedure, id).duration == duration


def test_extensions_are_totals_with_an_approver() -> None:
    handling, audit = clock(BAOSHAN, "handling").extension, clock(LEVY, "audit").extension
    assert handling is not None
    assert (handling.to, handling.approved_by) == ("P30WD", ("unit-head", "superior-authority"))  # .45, .46
    assert audit is not None
    assert audit.to == "P90WD"  # .15


def test_time_alone_raises_no_class_without_a_reason_on_our_side() -> None:
    raises = {one.at: one for one in VANKE.escalations if one.at.startswith("breached:")}
    week, month = raises["breached:week-unresolved"], raises["breached:month-unresolved"]
    assert (week.class_, month.class_) == ("hot", "major")  # .75, .71
    assert holds(week.when, {}) is None
    assert holds(week.when, {"reason-ours": False, "reason-stated.ours": True}) is True
    assert holds(month.when, {"reason-ours": False}) is not True


def test_reports_due_before_a_day_are_due_before_it() -> None:
    cn = load_calendars()["cn"]
    last = {}
    for one in (*VANKE.reports, *MALL.reports):
        times = times_of(one, period_of(one.every, date(2025, 4, 10)), "Asia/Shanghai", cn)
        last[one.id] = f"{times.due_at.astimezone(zone('Asia/Shanghai')):%m-%d %H:%M}"
    assert last["half-month-report"] == "04-18 00:00"  # .102
    assert last["month-report"] == "05-03 00:00"  # .103
    assert last["warranty-record"] == "04-27 00:00"  # .100
    assert last["quarterly-record"] == "07-04 00:00"  # shopping-mall.47


def test_the_non_filing_notice_carries_its_number() -> None:
    (document,) = LEVY.documents
    assert document.number is not None
    assert document.number.scheme is not None
    assert (document.at, document.number.scheme.pattern.format(year=2025, number=7, month=1, day=1)) == (
        "refused",
        "不立字[2025]第7号",
    )
