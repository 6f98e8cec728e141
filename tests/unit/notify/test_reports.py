"""Notices about recurring reports: opened as a case is, called by their names, and sent without the vault."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.notify.domain.addressees import addressee
from services.notify.domain.case import Case, fold_all
from services.notify.domain.notices import details, plan_notices
from services.notify.domain.wording import Contact, Language, values
from shared.events.base import EventData
from shared.events.deadlines import ClockBreached, ClockStarted
from shared.events.envelope import Event, make
from shared.events.reports import ReportOpened, report_id
from shared.procedures.loader import parse_procedure
from tests.unit.intake.report_sample import TEXT

NOTICE = """
notices:
  - id: late
    name: {zh: 报告逾期, en: Report is late}
    at: ['breached:monthly']
    to: head
    text:
      zh: {subject: '{{case_number}}', body: '{{clock}} {{due}}'}
      en: {subject: '{{case_number}}', body: '{{clock}} {{due}}'}
"""
PROCEDURE = parse_procedure(TEXT + NOTICE, "x.yaml")
TOLD = """
  - id: told
    name: {zh: 逾期报知, en: It is late}
    at: ['breached:monthly']
    to: [recipients, head]
    text:
      zh: {subject: '{{case_number}}', body: '{{due}}'}
      en: {subject: '{{case_number}}', body: '{{due}}'}
"""
DUE = datetime(2025, 4, 2, 16, tzinfo=UTC)
ID = report_id(PROCEDURE.id, "monthly", date(2025, 3, 1), 2)
CLOCK = {"clock": "monthly", "cycle": 1, "due_at": DUE}


def event(data: EventData, producer: str = "sla", subject: UUID = ID) -> Event:
    return make(producer, subject, PROCEDURE.key, data, cause="x", at=DUE)


OPENED = event(
    ReportOpened(
        report="monthly",
        period="2025-03",
        round=2,
        first_day=date(2025, 3, 1),
        last_day=date(2025, 3, 31),
        at=datetime(2025, 2, 28, 16, tzinfo=UTC),
        ready_at=datetime(2025, 3, 31, 16, tzinfo=UTC),
        due_at=DUE,
    ),
    "intake",
)
STARTED = event(ClockStarted(**CLOCK, started_at=DUE))
BREACHED = event(ClockBreached(**CLOCK, step="due", step_due_at=DUE, fired_at=DUE, late_by=0.0))


def test_a_report_is_opened_by_its_event_and_nothing_before_it_is_taken() -> None:
    cases: dict[UUID, Case] = {}
    assert fold_all(cases, [STARTED]) == []
    assert fold_all(cases, [OPENED, STARTED, BREACHED]) == [OPENED, STARTED, BREACHED]
    assert cases[ID].case_number == "monthly 2025-03 #2"


@pytest.mark.parametrize(
    ("language", "number", "clock", "due"),
    [
        ("zh", "月报 2025-03 #2", "月报", "2025年4月2日 24:00"),
        ("en", "Monthly report 2025-03 #2", "Monthly report", "2 April 2025, 24:00"),
    ],
)
def test_its_breach_causes_a_notice_to_the_office_that_calls_it_by_its_name(
    language: Language, number: str, clock: str, due: str
) -> None:
    cases: dict[UUID, Case] = {}
    fold_all(cases, [OPENED, STARTED, BREACHED])
    (planned,) = plan_notices(cases[ID], BREACHED, PROCEDURE)
    assert (planned.notice, planned.occurrence) == ("late", "breached:monthly")
    assert str(addressee(planned.to, cases[ID], PROCEDURE)) == "role:head"
    shown = values(
        "breached:monthly", DUE, details(BREACHED), cases[ID], PROCEDURE, language, Contact(), "https://x.example"
    )
    assert (shown["case_number"], shown["clock"], shown["due"]) == (number, clock, due)


def test_recipients_are_the_offices_that_the_report_goes_to() -> None:
    text = (TEXT + NOTICE + TOLD).replace("    to: [head]\n", "    to: [head, desk]\n", 1)
    procedure = parse_procedure(text, "x.yaml")
    cases: dict[UUID, Case] = {}
    fold_all(cases, [OPENED, STARTED, BREACHED])
    told = [one for one in plan_notices(cases[ID], BREACHED, procedure) if one.notice == "told"]
    assert [str(addressee(one.to, cases[ID], procedure)) for one in told] == ["role:head", "department:desk"]
    assert len({one.id for one in told}) == 2
