"""A recurring report runs one clock, its own deadline; a case runs none of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from services.sla.domain.case import Case, from_event
from services.sla.domain.decide import Decision, decide
from services.sla.domain.rules import rules_for
from shared.events.base import EventData
from shared.events.envelope import make
from shared.events.reports import ReportMade, ReportOpened, ReportRescheduled, report_id
from tests.unit.intake.report_sample import PROCEDURE
from tests.unit.sla.scenes import CALENDARS, at, words

ID = report_id(PROCEDURE.id, "monthly", date(2025, 3, 1), 1)
NAMED = {"report": "monthly", "period": "2025-03"}
DUE = at("2025-04-03 00:00")
OPENED = ReportOpened(
    **NAMED,
    first_day=date(2025, 3, 1),
    last_day=date(2025, 3, 31),
    at=at("2025-03-01 00:00"),
    ready_at=at("2025-04-01 00:00"),
    due_at=DUE,
)


def made(when: datetime) -> ReportMade:
    return ReportMade(**NAMED, at=when, by="desk", edition=1)


def told(case: Case, *events: EventData, emitted: datetime) -> Case:
    for number, data in enumerate(events):
        event = make("intake", case.id, PROCEDURE.key, data, cause=f"{emitted}|{number}", at=emitted).numbered(number)
        case = replace(case, occurrences=case.occurrences + from_event(event))
    return case


def decided(case: Case, now: datetime) -> Decision:
    return decide(case, rules_for(case.id, PROCEDURE), CALENDARS, now)


def test_it_runs_from_its_opening_to_its_sign_off_and_warns_before_it_is_due() -> None:
    start = decided(told(Case(ID, PROCEDURE.key), OPENED, emitted=OPENED.at), OPENED.at)
    (row,) = start.clocks
    assert (row.clock, row.state, row.started_at, row.due_at) == ("monthly", "running", OPENED.at, DUE)
    assert [(step.kind, step.at) for step in row.steps] == [("warn", DUE - timedelta(days=1)), ("breach", DUE)]
    assert all(step.plain for step in row.steps)  # timers say them without a look at the case
    end = decided(told(start.case, made(DUE), emitted=DUE), DUE)
    assert (words(end)[-1], end.clocks[0].state) == ("Met", "met")


def test_made_a_moment_too_late_it_was_breached() -> None:
    late = DUE + timedelta(microseconds=1)
    found = decided(told(Case(ID, PROCEDURE.key), OPENED, made(late), emitted=OPENED.at), late)
    assert words(found)[-2:] == ["Breached:due", "StoppedLate"]


def test_opened_after_a_downtime_it_is_warned_of_and_breached_at_once() -> None:
    now = at("2025-05-01 00:00")
    found = decided(told(Case(ID, PROCEDURE.key), OPENED, emitted=now), now)
    assert words(found) == ["Started", "Warned:before-p1d", "Breached:due"]


def test_another_due_instant_moves_it() -> None:
    start = decided(told(Case(ID, PROCEDURE.key), OPENED, emitted=OPENED.at), OPENED.at)
    later = DUE + timedelta(days=1)
    moved = ReportRescheduled(**NAMED, due_at=later, previous_due_at=DUE)
    found = decided(told(start.case, moved, emitted=OPENED.at + timedelta(days=1)), OPENED.at + timedelta(days=1))
    assert words(found) == ["Rescheduled"]
    assert found.clocks[0].due_at == later


def test_a_case_has_the_procedures_clocks_and_a_report_its_own() -> None:
    assert rules_for(uuid4(), PROCEDURE) is PROCEDURE
    assert rules_for(UUID(int=1), PROCEDURE) is PROCEDURE
    assert [one.id for one in rules_for(ID, PROCEDURE).clocks] == ["monthly", "unsolved", "own-summary", "patrol"]
    assert rules_for(ID, PROCEDURE) is rules_for(ID, PROCEDURE)
