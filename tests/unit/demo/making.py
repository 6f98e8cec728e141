"""Events and evidence for these tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from huiyin.demo.audit.evidence import Case, EmittedEvent, Evidence, Notice
from shared.events.assignments import CaseAssigned
from shared.events.base import EventData
from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered
from shared.events.deadlines import ClockMet, ClockStarted
from shared.events.envelope import Event, make
from shared.events.notices import NoticeSent
from shared.events.topics import ASSIGNMENTS, COMPLAINTS, DEADLINES, DEPARTMENT_REPORTS, NOTICES

START = datetime(2025, 3, 3, 1, 5, tzinfo=UTC)
PROCEDURE = ("baoshan-efficiency", 1)
CASE = UUID("00000000-0000-4000-8000-000000000001")
REPORT = UUID("00000000-0000-4000-8000-00000000000f")
NOTICE = UUID("00000000-0000-4000-8000-0000000000aa")

_WRITERS = {COMPLAINTS: "intake", ASSIGNMENTS: "routing", DEADLINES: "sla", NOTICES: "notify"}
_READERS = {
    COMPLAINTS: ("routing", "sla", "notify"),
    ASSIGNMENTS: ("intake", "sla", "notify"),
    DEADLINES: ("intake", "routing", "notify"),
    NOTICES: ("intake", "routing", "sla"),
}


def emitted(data: EventData, *, minutes: float = 0, sequence: int = 1, procedure: tuple[str, int] = PROCEDURE) -> Event:
    """An event of `CASE`, some minutes after the start."""
    at = START + timedelta(minutes=minutes)
    producer = _WRITERS[data.topic_]
    return make(producer, CASE, procedure, data, cause=f"{data.type_}|{sequence}", at=at).numbered(sequence)


def whole() -> Evidence:
    """Evidence of one case that was admitted, assigned and met its clock, with one notice: nothing lost or doubled."""
    clock = {"clock": "handling", "cycle": 1, "due_at": START + timedelta(days=14)}
    notice = {"notice": "receipt", "notice_id": str(NOTICE), "addressee": "complainant", "cause": "x"}
    events = [
        emitted(ComplaintRegistered(case_number="BSXN-2025-00001", channel="online", received_at=START)),
        emitted(ComplaintAdmitted(rule="listed-ground"), sequence=2),
        emitted(CaseAssigned(department="district-centre"), minutes=1),
        emitted(ClockStarted(**clock, started_at=START), minutes=1),
        emitted(ClockMet(**clock, stopped_at=START), minutes=2, sequence=2),
        emitted(NoticeSent(**notice, sink="file", sent_at=START, attempts=1), minutes=2),
    ]
    found = Evidence(
        cases=[Case(CASE, PROCEDURE, "BSXN-2025-00001", "resolved")],
        emitted={name: [] for name in ("intake", "routing", "sla", "notify")},
        events={CASE: [event for event in events if event.data.topic_ is not DEADLINES]},
        unpublished={"intake": 0},
        taken={name: [] for name in ("intake", "routing", "sla", "notify")},
        topics={DEPARTMENT_REPORTS.name: [REPORT]},
        timeline=[(event.id, event.type) for event in events],
        routed={CASE: "resolved"},
        clocks={CASE: [("handling", 1, "met")]},
        notices=[Notice(NOTICE, CASE, "receipt", events[0].id, "complainant", "sent", 0)],
        files=[NOTICE],
    )
    found.taken["routing"].append(REPORT)
    for event in events:
        topic = event.data.topic_
        found.emitted[_WRITERS[topic]].append(EmittedEvent(event.id, CASE, topic.name, event.sequence, event.type))
        found.topics.setdefault(topic.name, []).append(event.id)
        found.last_numbers[CASE, topic.name] = event.sequence
        for reader in _READERS[topic]:
            found.taken[reader].append(event.id)
    return found
