"""Routing keeps the new pin of a case that was migrated, and decides by it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.routing.consumer import Consumer
from services.routing.rule_book import RuleBook
from shared.business_time.loader import load_calendars
from shared.events.assignments import CaseEscalated
from shared.events.base import EventData
from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered, ProcedureMigrated
from shared.events.deadlines import ClockBreached
from shared.events.envelope import make
from shared.procedures.loader import Library
from shared.procedures.model import Escalation
from tests.integration.conftest import Open
from tests.unit.routing.sample import NOW, PROCEDURE

pytestmark = pytest.mark.asyncio


async def test_what_follows_from_a_migration_is_said_by_the_rules_of_the_new_version(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()
    on_the_move = Escalation(id="look-again", at="procedure-migrated", to="director")
    new = PROCEDURE.model_copy(update={"version": 2, "escalations": (on_the_move,)})
    consumer = Consumer(RuleBook(Library((PROCEDURE, new)), load_calendars()))
    story: list[EventData] = [
        ComplaintRegistered(case_number="S1", channel="online", received_at=NOW),
        ComplaintAdmitted(),
        ProcedureMigrated(from_version=1, to_version=2, mode="keep-elapsed", migration=UUID(int=1), by="office"),
    ]
    events = [make("intake", case, PROCEDURE.key, data, cause="x", at=NOW) for data in story]
    async with engine.begin() as tx:
        emitted = await consumer.handle(tx, events, NOW)
    levels = [(event.procedure_version, event.data.level) for event in emitted if isinstance(event.data, CaseEscalated)]
    assert levels == [(1, "clerk"), (2, "director")]


async def test_the_pin_is_kept_and_the_next_event_is_decided_by_it(open_service: Open) -> None:
    engine, case = await open_service("routing"), uuid4()
    consumer = Consumer(RuleBook(Library((PROCEDURE, PROCEDURE.model_copy(update={"version": 2}))), load_calendars()))
    breach = ClockBreached(clock="reply", cycle=1, due_at=NOW, step="due", step_due_at=NOW, fired_at=NOW, late_by=0.0)
    story: list[EventData] = [
        ComplaintRegistered(case_number="S1", channel="online", received_at=NOW),
        ComplaintAdmitted(),
        ProcedureMigrated(from_version=1, to_version=2, mode="restart", migration=UUID(int=1), by="office"),
        breach,
    ]
    versions = []
    for minute, data in enumerate(story):
        at = NOW + timedelta(minutes=minute)
        async with engine.begin() as tx:
            emitted = await consumer.handle(tx, [make("someone", case, PROCEDURE.key, data, cause="x", at=at)], at)
            versions.append({event.procedure_version for event in emitted})
            stored = await tx.scalar(text("SELECT version FROM cases"))
    assert versions == [set(), {1}, set(), {2}]
    assert stored == 2
