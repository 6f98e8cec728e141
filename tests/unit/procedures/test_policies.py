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
MALL = LIBRARY.get("shopping-mall")
VANKE = LIBRARY.get("vanke-developer")
LEVY = LIBRARY.get("social-insurance-levy-complaints")


def admission(procedure: Procedure, facts: dict[str, Any]) -> str:
    """What the rules decide: the first that is true; a hold if none is and one is unknown."""
    rules = [rule for rule in procedure.admissibility.rules if not rule.officer]
    verdicts = [(rule.decision, holds(rule.when, facts)) for rule in rules]
    decided = next((decision for decision, verdict in verdicts if verdict is True), None)
    unknown = any(verdict is None for _, verdict in verdicts)
    return decided or ("hold" if unknown else procedure.admissibility.otherwise)


def route(procedure: Procedure, facts: dict[str, Any]) -> tuple[str, str | None]:
    found = next(one for one in procedure.routes if holds(one.when, facts) is True)
    return found.department, found.level


def clock(procedure: Procedure, id: str) -> Clock:
    return next(one for one in procedure.clocks if one.id == id)


ADMISSIONS = [
    (LEVY, {"kind": "report"}, "admit"),  # .08
    (LEVY, {"kind": "complaint"}, "hold"),  # .09: the section chief files
    (LEVY, {}, "hold"),
]


@pytest.mark.parametrize(("procedure", "facts", "decision"), ADMISSIONS)
def test_a_complaint_is_admitted_held_or_passed_on_by_the_rules(
    procedure: Procedure, facts: dict[str, Any], decision: str
) -> None:
    assert admission(procedure, facts) == decision


ROUTES = [
    (LEVY, {"kind": "report"}, ("audit-post", "audit-post")),  # .10
]


@pytest.mark.parametrize(("procedure", "facts", "expected"), ROUTES)
def test_a_case_goes_to_the_department_and_level_that_the_rules_name(
    procedure: Procedure, facts: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert route(procedure, facts) == expected


# procedure, clock, duration, the fact
TIMES = [
    (LEVY, "filing", "P5WD"),  # .13
    (LEVY, "audit", "P60WD"),  # .14
]


@pytest.mark.parametrize(("procedure", "id", "duration"), TIMES)
def test_a_clock_has_the_time_that_is_written(procedure: Procedure, id: str, duration: str) -> None:
    assert clock(procedure, id).duration == duration


def test_extensions_are_totals_with_an_approver() -> None:
    audit = clock(LEVY, "audit").extension
    assert audit is not None
    assert audit.to == "P90WD"  # .15


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
