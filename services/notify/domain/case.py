"""What notify knows of a case: its facts, its pin, its clocks. Folded from events, whatever order they come in.

A fact keeps every value it was given, with when that happened and when it was said. So a condition can be judged as of
the moment of an occurrence, and an event that comes late changes the verdict as if it had come in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.events import deadlines as d
from shared.events.complaints import ComplaintRegistered, ProcedureMigrated
from shared.events.envelope import Event
from shared.events.occurrences import facts, happened_at, names

_STOPPING = (d.ClockMet, d.ClockStoppedLate, d.ClockCancelled)


def stamp(instant: datetime) -> str:
    """An instant as text of fixed width in UTC, so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass
class Case:
    """One case. `given`: fact -> versions [value, happened, said, sequence, event id]; `reached`: occurrence -> said.

    `clocks`: clock -> {due, cycle, sequence, said, paused, running}. Instants are `stamp` texts.
    `late`: a clock's occurrence (`breached:x`) -> [said, how many seconds late its last step came].
    """

    id: UUID
    procedure: str
    version: int
    pinned_at: datetime
    case_number: str = ""
    given: dict[str, list[list[Any]]] = field(default_factory=dict)
    reached: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, dict[str, Any]] = field(default_factory=dict)
    late: dict[str, list[Any]] = field(default_factory=dict)

    def facts_at(self, said: datetime | None = None) -> Mapping[str, Any]:
        """The facts as said up to an instant (inclusive), or all; of several values the one that happened last."""
        limit = stamp(said) if said else "~"
        found: dict[str, Any] = {}
        for name, versions in self.given.items():
            known = [version for version in versions if version[2] <= limit]
            if known:
                found[name] = max(known, key=lambda version: version[1:])[0]
        found.update({f"reached:{name}": True for name, first in self.reached.items() if first <= limit})
        return found

    def current(self, name: str) -> Any:
        """A fact's present value, or None."""
        versions = self.given.get(name)
        return max(versions, key=lambda version: version[1:])[0] if versions else None


def opened(event: Event) -> Case:
    """The case that a registration opens."""
    return Case(event.subject, event.procedure, event.procedure_version, event.time)


def fold(case: Case, event: Event) -> None:
    """Take an event into the case. The same event twice changes nothing; any order gives the same case."""
    if isinstance(event.data, ProcedureMigrated) and event.time >= case.pinned_at:
        case.pinned_at, case.version = event.time, event.data.to_version
    if isinstance(event.data, ComplaintRegistered):
        case.case_number = event.data.case_number
    said = stamp(event.time)
    called = names(event)
    happened = stamp(happened_at(event, called[0])) if called else said
    for name, value in facts(event).items():
        version = [value, happened, said, event.sequence, str(event.id)]
        versions = case.given.setdefault(name, [])
        if all(known[4] != version[4] for known in versions):
            versions.append(version)
    for name in called:
        case.reached[name] = min(said, case.reached.get(name, said))
    if isinstance(event.data, d.FiredEvent):
        case.late[called[0]] = max([said, event.data.late_by], case.late.get(called[0], [""]))
    if isinstance(event.data, d.ClockEvent):
        _fold_clock(case, event, event.data, said)


def _fold_clock(case: Case, event: Event, data: d.ClockEvent, said: str) -> None:
    place = [data.cycle, event.sequence, said]
    known = case.clocks.get(data.clock)
    if known is not None and [known["cycle"], known["sequence"], known["said"]] >= place:
        return
    case.clocks[data.clock] = {
        "due": stamp(data.due_at) if data.due_at else None,
        "cycle": data.cycle,
        "sequence": event.sequence,
        "said": said,
        "paused": isinstance(data, d.ClockPaused),
        "running": not isinstance(data, _STOPPING),
    }
