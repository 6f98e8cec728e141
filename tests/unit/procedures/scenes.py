"""A case of a shipped procedure, driven through the pure cores of intake, routing and sla in virtual time.

No broker, no database: what one core emits is given to the others at once, and time jumps to the next step of a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.intake.domain import admission as intake
from services.intake.domain.forms import make_form
from services.routing.domain import decide as routing
from services.routing.domain.case import Case as RoutingCase
from services.routing.domain.report import Report
from services.sla.domain import decide as sla
from services.sla.domain.case import Case as SlaCase
from services.sla.domain.case import from_event
from shared.business_time.loader import load_calendars
from shared.events.base import EventData
from shared.events.complaints import DocumentAdded
from shared.events.envelope import Event, make
from shared.events.occurrences import names
from shared.procedures.loader import load_library
from shared.procedures.notice_documents import documents_shown
from shared.procedures.standard_fields import standard_fields

CALENDARS = load_calendars()
CASE = UUID("00000000-0000-4000-8000-000000000001")


def at(text: str) -> datetime:
    """An instant in Shanghai's time: `2025-09-29 09:00`."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


class Scene:
    """One case. `happened` are the occurrences in order, as (time in Shanghai, word)."""

    def __init__(self, procedure: str, received: str, channel: str, **fields: Any) -> None:
        """Register a complaint; `counts` among the fields are how often its matters came up."""
        counts: Mapping[str, int] | None = fields.pop("counts", None)
        self.procedure = load_library().get(procedure)
        self.now = at(received)
        self.happened: list[tuple[datetime, str]] = []
        self._form = make_form(self.procedure, CALENDARS)
        self._rules = routing.Rules(self.procedure, CALENDARS[self.procedure.calendar])
        self._sequence = 0
        self._queue: deque[Event] = deque()
        self.routing = RoutingCase(CASE, self.procedure.key, counts=counts or {})
        self._sla = SlaCase(CASE, self.procedure.key)
        self.clocks: dict[str, sla.ClockRow] = {}
        given = {"content": "…", **fields}
        complaint = intake.check(self._form, channel, self.now.isoformat(), "zh", given, self.now)
        assert isinstance(complaint, intake.Complaint), complaint
        verdict = intake.admission(self._form, complaint.attributes, complaint.channel, complaint.missing)
        events = intake.registration_events(
            complaint, number="N", matters={}, merged_into=None, verdict=verdict, documents={}
        )
        self.status = verdict.status
        self._emit("intake", *events)

    def officer(self, decision: intake.Decision, by: str, when: str, rule: str | None = None) -> None:
        """A held complaint is decided on."""
        self.until(when)
        verdict = intake.officers_verdict(self._form, self.status, decision, by, rule)
        self.status = verdict.status
        self._emit("intake", *intake.verdict_events(verdict, by, {}))

    def report(self, milestone: str, by: str, when: str, clock: str | None = None, **fields: Any) -> None:
        """A department reports, with every document that the report takes in the vault; raises what routing raises."""
        self.until(when)
        given = Report(milestone, self.now, by, {k.replace("_", "-"): v for k, v in fields.items()}, clock)
        self._emit("intake", *(DocumentAdded(document=name) for name in self._documents(given)))
        change = routing.apply_report(self.routing, given, self._rules, self.now)
        self.routing = change.case
        self._emit("routing", *change.emitted)

    def _documents(self, given: Report) -> list[str]:
        spec = next((one for one in self.procedure.milestones if one.id == given.milestone), None)
        declared = (*standard_fields(given.milestone), *(spec.fields if spec else ()))
        texts = {field.id for field in declared if field.type == "text"}
        facts = self.routing.conditions() | {f"{given.milestone}.{name}": one for name, one in given.fields.items()}
        named = [str(value) for name, value in given.fields.items() if name in texts]
        return [*named, *documents_shown(self.procedure, given.milestone, facts)]

    def until(self, when: str) -> None:
        """Let time pass, step by step of the clocks."""
        end = at(when)
        while (step := min((c.next_at for c in self.clocks.values() if c.next_at), default=None)) and step <= end:
            self.now = max(self.now, step)
            self._decide_clocks()
            self._deliver()
        self.now = max(self.now, end)

    def words(self, *wanted: str) -> list[str]:
        """When each of these words happened, as `09-29 10:15 word`; all words that begin so."""
        return [f"{t:%m-%d %H:%M} {word}" for t, word in self.happened if word.startswith(wanted)]

    def due(self, clock: str) -> str:
        """When the clock's last cycle is due, in Shanghai's time; `-` if it never started."""
        row = self.clocks.get(clock)
        return f"{_local(row.due_at):%Y-%m-%d %H:%M}" if row and row.due_at else "-"

    def _emit(self, producer: str, *events: EventData) -> None:
        for data in events:
            self._sequence += 1
            event = make(producer, CASE, self.procedure.key, data, cause=f"{self._sequence}", at=self.now)
            self._queue.append(event.numbered(self._sequence))
        self._deliver()

    def _deliver(self) -> None:
        while self._queue:
            event = self._queue.popleft()
            self.happened += [(_local(self.now), word) for word in names(event)]
            if event.source != "/huiyin/routing":
                change = routing.apply_event(self.routing, event, self._rules, self.now)
                self.routing = change.case
                self._extend("routing", change.emitted)
            if event.source != "/huiyin/sla":
                known = self._sla
                self._sla = SlaCase(
                    known.id, known.procedure, known.occurrences + from_event(event), known.states, known.generation
                )
                self._decide_clocks()

    def _extend(self, producer: str, events: tuple[EventData, ...]) -> None:
        for data in events:
            self._sequence += 1
            event = make(producer, CASE, self.procedure.key, data, cause=f"{self._sequence}", at=self.now)
            self._queue.append(event.numbered(self._sequence))

    def _decide_clocks(self) -> None:
        decision = sla.decide(self._sla, self.procedure, CALENDARS, self.now)
        self._sla = decision.case
        self.clocks = {row.clock: row for row in decision.clocks}
        self._extend("sla", tuple(one.data for one in decision.emitted))


def _local(instant: datetime | None) -> datetime:
    assert instant is not None
    return datetime.fromtimestamp(instant.timestamp() + 8 * 3600, UTC).replace(tzinfo=None)
