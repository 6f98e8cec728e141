"""The figures of a report that a story counts in memory are those that the database counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from huiyin.simulate import figures
from huiyin.simulate.figures import Span
from services.intake.domain.timeline import TimelineEntry, entries
from services.intake.store import report_figures as store
from services.intake.store.registration import NewCase, insert_cases
from services.intake.store.report_figures import Window
from services.intake.store.timeline import write_entries
from shared.events import assignments as a
from shared.events import deadlines as d
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.procedures.model import Figure, Report

pytestmark = pytest.mark.asyncio(loop_scope="session")

SINCE, UNTIL = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)
PIN = ("counted", 1)
TWO = {"zh": "", "en": ""}
IS_GRAVE = {"field": "class", "is": "grave"}
FIGURES = [
    {"count": "received"},
    {"count": "registered"},
    {"count": "breached"},
    {"count": "breached:handling"},
    {"count": "warned:handling"},
    {"count": "assigned:desk"},
    {"count": "valid"},
    {"by": "channel"},
    {"count": "closed", "by": "department"},
    {"by": "judged.valid"},
    {"by": "people"},
    {"rate": ["closed", "received"]},
    {"rate": ["valid", "received"], "by": "class"},
    {"rate": ["breached", "valid"]},
    {"rate": ["received", "closed"]},
]
OF: list[dict[str, Any]] = [{}, {"open": True}, {"at": "closed"}, {"when": IS_GRAVE}, {"open": True, "when": IS_GRAVE}]


def report(of: Mapping[str, Any]) -> Report:
    return Report.model_validate(
        {
            "id": "monthly",
            "name": TWO,
            "every": "P1M",
            "due": {"within": "P1D"},
            "by": ["desk"],
            "of": of,
            "measures": [{"id": "valid", "name": TWO, "at": "judged", "when": {"field": "judged.valid", "is": True}}],
            "shows": FIGURES,
        }
    )


@dataclass(frozen=True)
class Told:
    """A case as a story has it."""

    id: UUID
    received_at: datetime
    registered_at: datetime
    channel: str
    attributes: Mapping[str, Any]
    missing: Sequence[str]
    timeline: tuple[TimelineEntry, ...]


_CLOCK = {"clock": "handling", "cycle": 1, "due_at": UNTIL}


def breached(at: datetime) -> EventData:
    return d.ClockBreached(**_CLOCK, step="due", step_due_at=at, fired_at=at, late_by=0.0)


def warned(at: datetime) -> EventData:
    return d.ClockWarned(**_CLOCK, step="soon", step_due_at=at, fired_at=at, late_by=0.0)


SAYINGS = {
    "judged valid": lambda at: a.MilestoneReached(milestone="judged", at=at, by="desk", fields={"valid": True}),
    "judged invalid": lambda at: a.MilestoneReached(milestone="judged", at=at, by="desk", fields={"valid": False}),
    "closed": lambda at: a.MilestoneReached(milestone="closed", at=at, by="desk"),
    "reopened": lambda at: a.CaseReopened(cycle=2, cause="dissatisfied"),
    "grave": lambda at: a.CaseClassified(class_="grave"),
    "plain": lambda at: a.CaseClassified(class_="plain"),
    "desk": lambda at: a.CaseAssigned(department="desk"),
    "shop": lambda at: a.CaseReassigned(department="shop", previous="desk", by="desk"),
    "breached": breached,
    "retracted": lambda at: d.BreachRetracted(**_CLOCK),
    "warned": warned,
}
days = st.integers(-3, 35)
cases = st.tuples(
    days,
    st.sampled_from(["letter", "telephone"]),
    st.fixed_dictionaries({}, optional={"people": st.integers(0, 2), "urgent": st.booleans()}),
    st.lists(st.tuples(st.sampled_from(sorted(SAYINGS)), days), max_size=6, unique_by=lambda one: one[1]),
)


def told(
    received: int, channel: str, attributes: dict[str, Any], story: list[tuple[str, int]]
) -> tuple[Told, list[Event]]:
    """A case, and the events of it; nothing happens twice at one instant."""
    id, at = uuid4(), SINCE + timedelta(days=received)
    events = []
    for number, (what, day) in enumerate(sorted(story, key=lambda one: one[1])):
        when = SINCE + timedelta(days=day, minutes=1)
        service = "sla" if what in ("breached", "retracted", "warned") else "routing"
        events.append(make(service, id, PIN, SAYINGS[what](when), cause=str(number), at=when).numbered(number + 1))
    timeline = tuple(entry for event in events for entry in entries(event))
    return Told(id, at, at + timedelta(hours=1), channel, attributes, (), timeline), events


def row(case: Told) -> NewCase:
    return NewCase(
        id=case.id,
        procedure=PIN[0],
        procedure_version=PIN[1],
        number=case.id.hex,
        channel=case.channel,
        language="zh",
        received_at=case.received_at,
        registered_at=case.registered_at,
        attributes=case.attributes,
        missing=[],
        status="admitted",
        admitted_at=None,
        merged_into=None,
        fingerprint=None,
        complainant=None,
        receipt_hash=b"",
        rule=None,
        document_numbers={},
    )


def by_key(value: Mapping[str, Any]) -> Any:
    """A figure of the database as it is in memory."""
    if "groups" not in value:
        return value
    return {"groups": {one["key"]: {k: v for k, v in one.items() if k != "key"} for one in value["groups"]}}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@example(  # closed and opened again; closed; opened again and closed
    [
        (0, "letter", {}, [("closed", 2), ("reopened", 3)]),
        (1, "letter", {}, [("closed", 2)]),
        (2, "telephone", {}, [("reopened", 3), ("closed", 4)]),
        (3, "letter", {}, [("closed", 33)]),
    ],
    {"open": True},
    None,
)
@given(st.lists(cases, min_size=1, max_size=8), st.sampled_from(OF), st.sampled_from([None, ("department", "desk")]))
async def test_memory_counts_as_the_database_does(
    engine: AsyncEngine, given: list[Any], of: dict[str, Any], own: tuple[str, str] | None
) -> None:
    spec, window, span = report(of), Window(PIN[0], SINCE, UNTIL, own), Span(SINCE, UNTIL, own)
    known = [told(*one) for one in given]
    in_memory = [case for case, _ in known]
    async with engine.connect() as connection, connection.begin() as transaction:
        await insert_cases(connection, [row(case) for case in in_memory])
        await write_entries(connection, [event for _, events in known for event in events])
        assert await store.count_selected(connection, spec, window) == len(figures.selected(in_memory, spec, span))
        for figure in spec.figures:
            counted = by_key(await store.figure_value(connection, spec, figure, window))
            assert counted == figures.figure_value(in_memory, spec, figure, span), figure
        await transaction.rollback()


async def test_a_figure_is_something(engine: AsyncEngine) -> None:
    case, events = told(3, "letter", {}, [("desk", 4), ("judged valid", 5), ("breached", 6), ("retracted", 7)])
    spec, span = report({}), Span(SINCE, UNTIL)
    assert len(events) == 4
    assert figures.figure_value([case], spec, Figure(count="breached"), span) == {"value": 0}
    assert figures.figure_value([case], spec, Figure(rate=("closed", "valid")), span) == {
        "numerator": 0,
        "denominator": 1,
    }
