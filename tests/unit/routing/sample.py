"""A small procedure with every part that routing reads, and its case brought to a state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.routing.domain.case import Case
from services.routing.domain.decide import Rules, apply_event, apply_report
from services.routing.domain.milestone_reports import Report
from shared.business_time.loader import load_calendars
from shared.events.base import EventData
from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered
from shared.events.deadlines import ClockBreached
from shared.events.envelope import make
from shared.procedures.model import Procedure

NOW = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)
CASE = UUID("00000000-0000-4000-8000-000000000001")
NAME = {"zh": "名", "en": "name"}

PROCEDURE = Procedure.model_validate(
    {
        "id": "sample",
        "version": 1,
        "name": NAME,
        "in_force_from": "2025-01-01",
        "channels": [{"id": "online", "name": NAME}],
        "fields": [
            {"id": "content", "label": NAME, "holds": "evidence", "required": "registration"},
            {"id": "people", "label": NAME, "type": "integer"},
        ],
        "numbering": {"case": {"pattern": "S{number}"}},
        "counts": [{"id": "same", "same": ["content"], "window": "P1M", "distinct": "complainant"}],
        "classes": [
            {"id": "major", "name": NAME, "rank": 2, "when": {"field": "people", "at_least": 10}},
            {"id": "hot", "name": NAME, "rank": 1, "when": {"field": "count.same", "at_least": 3}},
            {"id": "general", "name": NAME, "rank": 0},
        ],
        "roles": [{"id": "head", "name": NAME}],
        "departments": [{"id": "desk", "name": NAME}, {"id": "centre", "name": NAME}],
        "default_department": "desk",
        "levels": [
            {"id": "clerk", "name": NAME},
            {"id": "leader", "name": NAME},
            {"id": "director", "name": NAME, "department": "centre"},
        ],
        "routes": [
            {"id": "grave", "department": "centre", "level": "leader", "when": {"field": "class", "is": "major"}}
        ],
        "milestones": [
            {
                "id": "investigated",
                "name": NAME,
                "by": ["desk"],
                "fields": [
                    {
                        "id": "investigators",
                        "label": NAME,
                        "type": "integer",
                        "at_least": 2,
                        "required": True,
                    },
                    {"id": "report", "label": NAME, "holds": "evidence"},
                ],
            },
            {"id": "resolved", "name": NAME, "requires": [{"reached": "investigated"}]},
        ],
        "clocks": [
            {
                "id": "reply",
                "name": NAME,
                "from": ["received"],
                "until": ["resolved"],
                "duration": "PT30M",
                "extension": {"to": "PT60M", "approved_by": ["head"]},
            }
        ],
        "escalations": [
            {"id": "late", "at": "breached:reply", "raise_by": 1},
            {"id": "to-the-top", "at": "escalated:director", "class": "major"},
        ],
        "reopenings": [{"id": "unhappy", "at": "dissatisfied", "within": "P10WD", "times": 1, "class": "hot"}],
    }
)
RULES = Rules(PROCEDURE, load_calendars()["cn"])


def after(case: Case, data: EventData, at: datetime = NOW, **more: Any) -> tuple[Case, tuple[EventData, ...]]:
    """The case after an event, and what was emitted."""
    return apply_event(case, make("someone", CASE, PROCEDURE.key, data, cause=str(at), at=at), RULES, at, **more)


def assigned(**attributes: Any) -> Case:
    """A case in handling."""
    registered = ComplaintRegistered(case_number="S1", channel="online", received_at=NOW, attributes=attributes)
    case, _ = after(Case(CASE, PROCEDURE.key), registered)
    return after(case, ComplaintAdmitted())[0]


def breach(case: Case, at: datetime) -> tuple[Case, tuple[EventData, ...]]:
    """The case after its clock was breached."""
    data = ClockBreached(clock="reply", cycle=1, due_at=at, step="due", step_due_at=at, fired_at=at, late_by=0)
    return after(case, data, at)


def resolved(case: Case, at: datetime) -> Case:
    """The case investigated and resolved."""
    case, _ = apply_report(case, Report("investigated", at, "desk", {"investigators": 2}), RULES, at)
    return apply_report(case, Report("resolved", at, "desk", {}), RULES, at)[0]
