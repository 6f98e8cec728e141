"""Recurring reports are nobody's to route: their events are neither held for a registration nor make a case."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from services.routing.consumer import Consumer
from services.routing.rule_book import RuleBook
from shared.business_time.loader import load_calendars
from shared.events.assignments import CaseEscalated
from shared.events.base import EventData
from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered
from shared.events.deadlines import ClockBreached
from shared.events.envelope import make
from shared.events.reports import CaseListed, ReportComputed, report_id
from shared.procedures.loader import Library
from shared.procedures.model import Escalation
from tests.integration.conftest import Open
from tests.unit.routing.sample import NOW, PROCEDURE

pytestmark = pytest.mark.asyncio

ID = report_id(PROCEDURE.id, "monthly", date(2025, 3, 1), 1)


async def test_a_reports_events_are_passed_over_and_none_waits(open_service: Open) -> None:
    engine = await open_service("routing")
    consumer = Consumer(RuleBook(Library((PROCEDURE,)), load_calendars()))
    breach = ClockBreached(clock="monthly", cycle=1, due_at=NOW, step="due", step_due_at=NOW, fired_at=NOW, late_by=0.0)
    computed = ReportComputed(report="monthly", period="2025-03", edition=1, cases=2, at=NOW)
    events = [make("x", ID, PROCEDURE.key, data, cause="x", at=NOW) for data in (computed, breach)]
    async with engine.begin() as tx:
        stranger = uuid4()
        assert await consumer.unknown_cases(tx, {ID, stranger}) == {stranger}
        assert await consumer.handle(tx, events, NOW) == []


async def test_a_case_that_is_listed_may_be_escalated_for_it(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()
    rule = Escalation(id="unsolved", at="listed:monthly", to="director")
    procedure = PROCEDURE.model_copy(update={"escalations": (rule,)})
    consumer = Consumer(RuleBook(Library((procedure,)), load_calendars()))
    story: list[EventData] = [
        ComplaintRegistered(case_number="S1", channel="online", received_at=NOW),
        ComplaintAdmitted(),
        CaseListed(report="monthly", period="2025-03", report_id=ID),
    ]
    async with engine.begin() as tx:
        emitted = await consumer.handle(
            tx, [make("intake", case, PROCEDURE.key, data, cause="x", at=NOW) for data in story], NOW
        )
    levels = [event.data.level for event in emitted if isinstance(event.data, CaseEscalated)]
    assert levels[-1] == "director"
