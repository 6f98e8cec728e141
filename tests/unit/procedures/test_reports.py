"""Recurring reports in the language: their periods, when they are due, and what is wrong with one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.business_time.loader import load_calendars
from shared.business_time.zones import zone
from shared.errors import ProcedureError
from shared.procedures.check import check_procedure
from shared.procedures.loader import parse_procedure
from shared.procedures.model import Report, ReportDue
from shared.procedures.model.reports import Every
from shared.procedures.report_periods import Period, before, bounds, is_wanted, period_of, times_of
from tests.unit.intake.report_sample import TEXT
from tests.unit.procedures.sample import SAMPLE

CN = load_calendars()["cn"]
SHANGHAI = "Asia/Shanghai"
NAME = {"zh": "报告", "en": "Report"}
days = st.dates(date(2000, 1, 1), date(2080, 1, 1))
everies = st.sampled_from(get_args(Every))


def report(**given: Any) -> Report:
    return Report.model_validate({"id": "r", "name": NAME, "by": ["desk"], **given})


def local(instant: datetime) -> str:
    return f"{instant.astimezone(zone(SHANGHAI)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("every", "first", "last", "label"),
    [
        ("P1D", "2024-02-20", "2024-02-20", "2024-02-20"),
        ("P1W", "2024-02-19", "2024-02-25", "2024-W08"),
        ("half-month", "2024-02-16", "2024-02-29", "2024-02-H2"),
        ("P1M", "2024-02-01", "2024-02-29", "2024-02"),
        ("P3M", "2024-01-01", "2024-03-31", "2024-Q1"),
        ("P6M", "2024-01-01", "2024-06-30", "2024-S1"),
        ("P1Y", "2024-01-01", "2024-12-31", "2024"),
    ],
)
def test_a_day_lies_in_its_period(every: Every, first: str, last: str, label: str) -> None:
    expected = Period(date.fromisoformat(first), date.fromisoformat(last), label)
    assert period_of(every, date(2024, 2, 20)) == expected


@given(everies, days)
def test_periods_cover_every_day_once(every: Every, day: date) -> None:
    one = period_of(every, day)
    assert one.first <= day <= one.last
    assert period_of(every, one.first) == period_of(every, one.last) == one
    following = period_of(every, one.last + timedelta(days=1))
    assert following.first == one.last + timedelta(days=1)
    assert following.label != one.label
    assert bounds(one, SHANGHAI)[1] == bounds(following, SHANGHAI)[0]
    assert before(every, following, "previous") == one


@given(everies, days)
def test_a_year_before_lies_a_period_of_the_same_kind(every: Every, day: date) -> None:
    one = period_of(every, day)
    earlier = before(every, one, "P1Y")
    assert 363 <= (one.first - earlier.first).days <= 366
    assert earlier.label[4:] == one.label[4:] or every in ("P1W", "P1D")


# every, due, a day of the period, ready, due (local time of Shanghai)
DUE = [
    ("P1M", {"day": 3, "of": "next", "before": True}, "2025-03-10", "2025-04-01 00:00", "2025-04-03 00:00"),
    ("P1M", {"day": 3, "of": "next"}, "2025-03-10", "2025-04-01 00:00", "2025-04-04 00:00"),
    ("P1M", {"day": 31, "of": "next"}, "2025-03-10", "2025-04-01 00:00", "2025-05-01 00:00"),
    ("P1M", {"day": "last", "of": "period"}, "2024-02-10", "2024-02-29 00:00", "2024-03-01 00:00"),
    ("P1M", {"day": 27, "of": "period", "before": True}, "2025-03-10", "2025-03-26 00:00", "2025-03-27 00:00"),
    ("half-month", {"day": 18, "before": True}, "2025-03-10", "2025-03-16 00:00", "2025-03-18 00:00"),
    ("half-month", {"within": "P2D"}, "2025-03-20", "2025-04-01 00:00", "2025-04-03 00:00"),
    ("P3M", {"day": 4, "of": "next", "before": True}, "2025-05-10", "2025-07-01 00:00", "2025-07-04 00:00"),
    ("P6M", {"within": "P1M"}, "2025-05-10", "2025-07-01 00:00", "2025-07-31 00:00"),
    ("P1Y", {"day": 31, "of": "next"}, "2025-05-10", "2026-01-01 00:00", "2026-02-01 00:00"),
    ("P1W", {"day": 1, "of": "next"}, "2025-03-12", "2025-03-17 00:00", "2025-03-18 00:00"),
    ("P1D", {"day": 1, "of": "next"}, "2025-03-12", "2025-03-13 00:00", "2025-03-14 00:00"),
    ("P1D", {"within": "PT12H"}, "2025-03-12", "2025-03-13 00:00", "2025-03-13 12:00"),
    ("P1M", {"within": "P5WD"}, "2025-03-10", "2025-04-01 00:00", "2025-04-09 00:00"),  # Qingming, 4 to 6 April
    ("P1M", {"day": 5, "of": "next", "holiday": "later"}, "2025-03-10", "2025-04-01 00:00", "2025-04-08 00:00"),
    ("P1M", {"day": 5, "of": "next", "holiday": "earlier"}, "2025-03-10", "2025-04-01 00:00", "2025-04-04 00:00"),
    ("P1M", {"day": 5, "of": "next"}, "2025-03-10", "2025-04-01 00:00", "2025-04-06 00:00"),
]


@pytest.mark.parametrize(("every", "due", "day", "ready", "due_at"), DUE)
def test_a_report_is_ready_and_due(every: Every, due: dict[str, Any], day: str, ready: str, due_at: str) -> None:
    one = report(every=every, due=due, shows=["received"])
    found = times_of(one, period_of(every, date.fromisoformat(day)), SHANGHAI, CN)
    assert (local(found.ready_at), local(found.due_at)) == (ready, due_at)
    assert found.cut_at == min(found.ends_at, found.ready_at)


def test_what_counts_nothing_can_be_made_from_the_beginning_and_is_due_at_the_end() -> None:
    found = times_of(report(every="P1D"), period_of("P1D", date(2025, 3, 10)), SHANGHAI, CN)
    assert (local(found.ready_at), local(found.due_at)) == ("2025-03-10 00:00", "2025-03-11 00:00")


def test_a_report_may_be_made_of_one_half_or_of_some_months_only() -> None:
    months = [period_of("P1M", date(2025, month, 1)) for month in range(1, 13)]
    school = report(every="P1M", months=[3, 4, 5, 6, 9, 10, 11])
    assert [one.first.month for one in months if is_wanted(school, one)] == [3, 4, 5, 6, 9, 10, 11]
    halves = [period_of("half-month", date(2025, 3, day)) for day in (1, 16)]
    assert [is_wanted(report(every="half-month", half="second"), one) for one in halves] == [False, True]


@settings(deadline=None)  # a calendar is compiled year by year as a question reaches it
@given(everies, days, st.sampled_from([one for _, one, *_ in DUE]))
def test_due_instants_never_run_back(every: Every, day: date, due: dict[str, Any]) -> None:
    one, periods = report(every=every, due=due, shows=["received"]), [period_of(every, day)]
    for _ in range(5):
        periods.append(period_of(every, periods[-1].last + timedelta(days=1)))
    found = [times_of(one, period, SHANGHAI, CN) for period in periods]
    assert all(a.due_at <= b.due_at and a.cut_at <= b.cut_at for a, b in pairwise(found))
    assert all(times.starts_at <= times.ready_at <= max(times.due_at, times.ends_at) for times in found)


@pytest.mark.parametrize(
    "due",
    [{}, {"day": 3, "within": "P3D"}, {"within": "P3D", "of": "next"}, {"day": 32}, {"day": 0}, {"day": 3, "at": "x"}],
)
def test_a_due_date_has_one_form(due: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReportDue.model_validate(due)


@pytest.mark.parametrize(
    "figure",
    [{}, {"count": "received", "rate": ["closed", "received"]}, {"rate": ["closed"]}, {"against": "P1Y", "by": "kind"}],
)
def test_a_figure_has_one_form(figure: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        report(every="P1M", shows=[figure])


def test_a_mistake_in_a_figure_is_told_by_its_path() -> None:
    with pytest.raises(ProcedureError) as caught:
        parse_procedure(TEXT.replace("{by: channel}", "{bye: channel}"), "x.yaml")
    assert "reports[monthly].shows[4].bye: is not a word of the language here" in caught.value.message


def test_a_sound_procedure_with_reports_has_no_findings() -> None:
    assert check_procedure(parse_procedure(TEXT, "x.yaml")) == ()


# what is replaced, by what, severity, path, what the finding says
FINDINGS = [
    ("by: [desk, head]", "by: [desk, chief]", "error", "reports[monthly].by", "no such role or department or level"),
    ("to: [head]", "to: [chief]", "error", "reports[monthly].to", "no such role or department or level"),
    ("day: 3, of: next, before", "day: 18, before", "error", "reports[monthly].due.day", "before the period's end"),
    (
        "day: 3, of: next, before: true",
        "day: 1, of: period, before: true",
        "error",
        "reports[monthly].due.day",
        "begins",
    ),
    ("    due: {within: P5WD}\n", "", "error", "reports[unsolved].due", "say until when"),
    ("every: P1D", "every: half-month\n    due: {day: 18}", "error", "reports[patrol].due.day", "two halves"),
    ("every: P1D", "every: P1M\n    half: first", "error", "reports[patrol].half", "half-month"),
    ("every: P1D", "every: P1W\n    due: {day: 9, of: next}", "error", "reports[patrol].due.day", "1 (Monday) to 7"),
    ("every: P1D", "every: P1D\n    due: {day: 2, of: next}", "error", "reports[patrol].due.day", "day 1"),
    ("[closed, valid]", "[closed, sound]", "error", "reports[monthly].shows[6]", "neither an occurrence nor one"),
    ("      - breached\n", "      - broken\n", "error", "reports[monthly].shows[2]", "neither an occurrence nor one"),
    ("      - breached\n", "      - 'breached:x'\n", "error", "reports[monthly].shows[2]", "neither an occurrence"),
    ("      - breached\n", "      - report-made\n", "error", "reports[monthly].shows[2]", "happens to a report"),
    ("      - breached\n", "      - merged\n", "warning", "reports[monthly].shows[2]", "never happens"),
    ("{by: channel}", "{by: chanel}", "error", "reports[monthly].shows[4].by", "no such fact: chanel"),
    ("{by: channel}", "{by: content}", "error", "reports[monthly].shows[4].by", "no such fact: content"),
    ("judged.valid, is", "judged.sound, is", "error", "reports[monthly].measures[valid].when", "no such fact"),
    ("{reached: resolved}", "{reached: solved}", "error", "reports[unsolved].of.when.not.reached", "neither a word"),
    ("{id: valid, name", "{id: resolved, name", "error", "reports[monthly].measures[resolved]", "means something"),
    ("- id: patrol", "- id: handling", "error", "reports[handling]", "a clock has the id"),
    ("lists: true", "lists: bad", "error", "reports[unsolved].lists", "neither an occurrence nor one"),
    ("lists: true", "lists: closed", None, "", ""),
]


@pytest.mark.parametrize(("old", "new", "severity", "path", "message"), FINDINGS)
def test_each_mistake_has_its_finding(old: str, new: str, severity: str | None, path: str, message: str) -> None:
    assert TEXT.count(old) == 1, old
    found = check_procedure(parse_procedure(TEXT.replace(old, new), "x.yaml"))
    if severity is None:
        assert found == ()
        return
    assert any((one.severity, one.path) == (severity, path) and message in one.en for one in found), found


def test_a_count_of_the_same_matter_is_not_in_the_timeline() -> None:
    reports = """
reports:
  - id: monthly
    name: {zh: 月报, en: Monthly}
    every: P1M
    due: {day: 3, of: next}
    by: [desk]
    of: {when: {field: count.again, at_least: 2}}
    shows: [{by: count.again}]
"""
    found = [one.path for one in check_procedure(parse_procedure(SAMPLE + reports, "x.yaml"))]
    assert found == ["reports[monthly].of.when", "reports[monthly].shows[0].by"]


@pytest.mark.parametrize(
    ("cause", "to", "sound"),
    [
        ("breached:monthly", "head", True),
        ("warned:monthly", "desk", True),
        ("report-due:monthly", "complainant", False),
        ("report-made:monthly", "department", False),
        ("listed:unsolved", "department", True),
        ("breached:patrol", "level", False),
        ("breached:own-summary", "department", True),
        ("breached:own-summary", "level", False),
        ("report-made:monthly", "recipients", True),
        ("report-made", "recipients", True),
        ("breached:patrol", "recipients", False),  # it goes to nobody
        ("resolved", "recipients", False),  # happens to a case
    ],
)
def test_a_notice_of_a_report_goes_to_an_office_by_its_id(cause: str, to: str, sound: bool) -> None:
    text = "{subject: '{{case_number}}', body: '{{due}}'}"
    notice = f"""
notices:
  - {{id: told, name: {{zh: 告知, en: Told}}, at: ['{cause}'], to: {to}, text: {{zh: {text}, en: {text}}}}}
"""
    found = check_procedure(parse_procedure(TEXT + notice, "x.yaml"))
    assert [one.path for one in found if one.severity == "error"] == ([] if sound else ["notices[told].to"])


def test_a_clock_does_not_wait_for_a_report_but_for_its_listing() -> None:
    def clock(word: str) -> list[str]:
        added = (
            f"clocks:\n  - {{id: mark, name: {{zh: 标注, en: Mark}}, from: ['{word}'], until: [judged], duration: P1D, "
            "no_consequence: none is meant}"
        )
        return [one.en for one in check_procedure(parse_procedure(TEXT.replace("clocks:", added), "x.yaml"))]

    assert clock("listed:unsolved") == []
    assert any("never start" in one for one in clock("report-due:unsolved"))
    assert any("never start" in one for one in clock("listed:monthly"))
