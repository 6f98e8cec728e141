"""The demonstration's oracle expects no clock that the sla service does not start, groups and voids among them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huiyin.demo.audit.expectation import expected_clocks
from services.sla.domain.case import from_event, ordered
from services.sla.domain.scheduled_cycles import scheduled_cycles
from shared.events.assignments import CaseAssigned, CaseClassified, CaseReopened, MilestoneReached
from shared.events.base import EventData
from shared.events.complaints import ComplaintRegistered, ComplaintWithdrawn
from shared.events.envelope import Event, make
from tests.unit.sla.scenes import CALENDARS, CASE, at, procedure

SAME = {"from": ["received"], "until": ["resolved"], "group": "answer"}
RULES = procedure(
    {**SAME, "id": "major", "duration": "PT2H", "while": {"field": "class", "is": "major"}},
    {**SAME, "id": "other", "duration": "P5WD", "while": {"field": "class", "is_not": "major"}},
    {"id": "survey", "from": ["assigned"], "until": ["resolved"], "duration": "PT1H"},
)
START = at("2025-09-29 09:00")
RESOLVED = MilestoneReached(milestone="resolved", at=START + timedelta(minutes=30), by="office")
REGISTERED = ComplaintRegistered(case_number="S1", channel="online", received_at=START, attributes={})
ASSIGNED = CaseAssigned(department="office")


def classified(as_: str) -> EventData:
    return CaseClassified(class_=as_)


def events(*emitted: EventData) -> list[Event]:
    """Ten minutes after each other."""
    found = []
    for number, data in enumerate(emitted):
        producer = "intake" if "complaint" in type(data).__module__ else "routing"
        moment = START + timedelta(minutes=10 * number)
        found.append(make(producer, CASE, RULES.key, data, cause=str(number), at=moment).numbered(number + 1))
    return found


@pytest.mark.parametrize(
    ("emitted", "expected"),
    [
        ([REGISTERED], set()),  # nobody knows the class yet
        ([REGISTERED, classified("minor")], {"other"}),
        ([REGISTERED, classified("minor"), classified("major")], {"major"}),
        ([REGISTERED, classified("minor"), ASSIGNED, RESOLVED, classified("major")], {"other", "survey"}),
        (
            [
                REGISTERED,
                classified("minor"),
                ASSIGNED,
                RESOLVED,
                CaseReopened(cycle=2, cause="dissatisfied"),
                classified("major"),
            ],
            {"other", "major", "survey"},
        ),
        ([REGISTERED, ComplaintWithdrawn(), ASSIGNED], set()),
    ],
)
def test_what_is_expected_is_what_starts(emitted: list[Any], expected: set[str]) -> None:
    happened = events(*emitted)
    assert expected_clocks(RULES, happened) == expected
    occurrences = ordered(one for event in happened for one in from_event(event))
    assert {scheduled.clock.id for scheduled in scheduled_cycles(RULES, occurrences, CALENDARS)} >= expected
