"""What notify knows of a case, or of a recurring report: its facts, its pin, its clocks.

Folded from events, whatever order they come in.

A fact keeps every value it was given, with when that happened and when it was emitted. So a condition can be judged as
of the moment of an occurrence, and an event that comes late changes the verdict as if it had come in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.events import deadlines as d
from shared.events.complaints import ComplaintRegistered, ProcedureMigrated
from shared.events.envelope import Event
from shared.events.occurrences import facts, happened_at, names
from shared.events.reports import ReportOpened

_STOPPING = (d.ClockMet, d.ClockStoppedLate, d.ClockCancelled)


def stamp(instant: datetime) -> str:
    """An instant as text of fixed width in UTC, so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


class FactVersion(NamedTuple):
    """A value that a fact was given, when that happened and was emitted, and by which event. Stored as a list."""

    value: Any
    happened: str
    emitted: str
    sequence: int
    event_id: str


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What the last event of a clock holds of it; `due` is None while it is not known."""

    due: str | None
    cycle: int
    sequence: int
    emitted: str
    paused: bool
    running: bool


class LateStep(NamedTuple):
    """When the last step of a clock was emitted, and how many seconds late it was. Stored as a list."""

    emitted: str
    late_by: float


@dataclass
class Case:
    """One case. `given`: the versions of each fact; `reached`: when each occurrence was first emitted; `late`: by a
    clock's occurrence (`breached:x`), its last step. Instants are `stamp` texts."""

    id: UUID
    procedure: str
    version: int
    pinned_at: datetime
    case_number: str = ""
    given: dict[str, list[FactVersion]] = field(default_factory=dict)
    reached: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, ClockFacts] = field(default_factory=dict)
    late: dict[str, LateStep] = field(default_factory=dict)

    def facts_at(self, emitted: datetime | None = None) -> Mapping[str, Any]:
        """The facts as emitted up to an instant (inclusive), or all; of several values the one that happened last."""
        limit = stamp(emitted) if emitted else "~"
        found: dict[str, Any] = {}
        for name, versions in self.given.items():
            known = [version for version in versions if version.emitted <= limit]
            if known:
                found[name] = _last(known).value
        found.update({f"reached:{name}": True for name, first in self.reached.items() if first <= limit})
        return found

    def current(self, name: str) -> Any:
        """A fact's present value, or None."""
        versions = self.given.get(name)
        return _last(versions).value if versions else None


def _last(versions: Iterable[FactVersion]) -> FactVersion:
    """The one that happened last; a value is never compared."""
    return max(versions, key=lambda version: version[1:])


def opened(event: Event) -> Case:
    """The case that a registration opens, or what is kept in the same way of a report that was opened."""
    return Case(event.subject, event.procedure, event.procedure_version, event.time)


def fold(case: Case, event: Event) -> None:
    """Take an event into the case. The same event twice changes nothing; any order gives the same case."""
    if isinstance(event.data, ProcedureMigrated) and event.time >= case.pinned_at:
        case.pinned_at, case.version = event.time, event.data.to_version
    if isinstance(event.data, ComplaintRegistered):
        case.case_number = event.data.case_number
    if isinstance(event.data, ReportOpened):
        case.case_number = _called(event.data)
    emitted = stamp(event.time)
    called = names(event)
    happened = stamp(happened_at(event, called[0])) if called else emitted
    for name, value in facts(event).items():
        version = FactVersion(value, happened, emitted, event.sequence, str(event.id))
        versions = case.given.setdefault(name, [])
        if all(known.event_id != version.event_id for known in versions):
            versions.append(version)
    for name in called:
        case.reached[name] = min(emitted, case.reached.get(name, emitted))
    if isinstance(event.data, d.FiredEvent):
        for name in called:
            case.late[name] = max(LateStep(emitted, event.data.late_by), case.late.get(name, LateStep("", 0.0)))
    if isinstance(event.data, d.ClockEvent):
        _fold_clock(case, event, event.data, emitted)


def _called(report: ReportOpened) -> str:
    """By what notices name a report in place of a case number: `month-report 2026-11`, `patrol 2026-11-27 #2`."""
    words = [report.report, report.period, report.office or "", f"#{report.round}" if report.round > 1 else ""]
    return " ".join(word for word in words if word)


def fold_all(cases: MutableMapping[UUID, Case], events: Iterable[Event]) -> list[Event]:
    """Take events into their cases, in order.

    A registration opens its case, and an opening its report, which are put into `cases`.

    Returns the events taken. Others of a case that is not open are left out: messaging holds them back until it is.
    """
    taken = []
    for event in events:
        if event.subject not in cases:
            if not isinstance(event.data, ComplaintRegistered | ReportOpened):
                continue
            cases[event.subject] = opened(event)
        fold(cases[event.subject], event)
        taken.append(event)
    return taken


def _fold_clock(case: Case, event: Event, data: d.ClockEvent, emitted: str) -> None:
    known = case.clocks.get(data.clock)
    if known is not None and (known.cycle, known.sequence, known.emitted) >= (data.cycle, event.sequence, emitted):
        return
    case.clocks[data.clock] = ClockFacts(
        due=stamp(data.due_at) if data.due_at else None,
        cycle=data.cycle,
        sequence=event.sequence,
        emitted=emitted,
        paused=isinstance(data, d.ClockPaused),
        running=not isinstance(data, _STOPPING),
    )


def to_body(case: Case) -> dict[str, Any]:
    """What is stored of a case beside its columns, as JSON data."""
    clocks = {
        id: {
            "due": one.due,
            "cycle": one.cycle,
            "sequence": one.sequence,
            "said": one.emitted,
            "paused": one.paused,
            "running": one.running,
        }
        for id, one in case.clocks.items()
    }
    return {"given": case.given, "reached": case.reached, "clocks": clocks, "late": case.late}


def from_body(
    id: UUID, procedure: str, version: int, pinned_at: datetime, case_number: str, body: Mapping[str, Any]
) -> Case:
    """The case of which `to_body` has written `body`."""
    return Case(
        id,
        procedure,
        version,
        pinned_at,
        case_number,
        given={name: [FactVersion(*one) for one in versions] for name, versions in body["given"].items()},
        reached=body["reached"],
        clocks={
            id: ClockFacts(one["due"], one["cycle"], one["sequence"], one["said"], one["paused"], one["running"])
            for id, one in body["clocks"].items()
        },
        late={name: LateStep(*one) for name, one in body.get("late", {}).items()},
    )
