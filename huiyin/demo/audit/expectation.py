"""Which clocks a procedure starts for a case, found from the case's events without asking the sla service (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.events import occurrences
from shared.events.complaints import ComplaintRegistered
from shared.events.envelope import Event
from shared.procedures.conditions import holds
from shared.procedures.milestones import FINISHING, VOID
from shared.procedures.model import Clock, Procedure

_ORDER = {"/huiyin/intake": 0, "/huiyin/routing": 1, "/huiyin/notify": 2}
_Occurrence = tuple[datetime, int, int, tuple[str, ...], dict[str, Any]]


def expected_clocks(procedure: Procedure, events: Iterable[Event]) -> set[str]:
    """The ids of the clocks that start in the course of these events of one case, in whatever order they are given."""
    facts: dict[str, Any] = {}
    started: set[str] = set()
    groups = {_group(clock): _Choice() for clock in procedure.clocks if _group(clock) is not None}
    for _, _, _, names, new in sorted((one for event in events for one in _occurrences(event)), key=lambda x: x[:3]):
        if "reopened" in names:
            facts = {name: value for name, value in facts.items() if not name.startswith("reached:")}
        facts |= new | {f"reached:{name}": True for name in names}
        for clock in procedure.clocks:
            begins = any(name in names for name in clock.from_) and not _is_over(clock, names, facts)
            if _group(clock) is None and begins and holds(clock.when, facts) is True:
                started.add(clock.id)
        for group, choice in groups.items():
            choice.see([clock for clock in procedure.clocks if _group(clock) == group], names, facts)
    return started | {id_ for choice in groups.values() for id_ in choice.ids()}


def _group(clock: Clock) -> str | None:
    """The choice that the clock is in: its group's, or its own where it runs only while a condition holds."""
    return clock.group or (clock.id if clock.while_ is not None else None)


def _is_over(clock: Clock, names: tuple[str, ...], facts: Mapping[str, Any]) -> bool:
    """Whether there is nothing left to time: it was handled before, or there is no complaint any more."""
    ends = (*(end for end in clock.stops if end in FINISHING), *VOID)
    return any(facts.get(f"reached:{end}") and end not in names for end in ends)


@dataclass
class _Choice:
    """Which clock of a group runs at last, cycle by cycle: the choice may change until the chosen one is over."""

    begun: bool = False
    chosen: Clock | None = None
    over: bool = False
    may_run: Sequence[Clock] = ()
    former: set[str] = field(default_factory=set)

    def see(self, clocks: Sequence[Clock], names: tuple[str, ...], facts: Mapping[str, Any]) -> None:
        """Take in the next occurrence."""
        lead = clocks[0]
        if self.chosen is not None and any(n in names for n in (*self.chosen.stops, *self.chosen.cancel_on, *VOID)):
            self.over = True
        again = self.begun and any(name in names for name in lead.restart_on)
        if again:
            self.former |= self.ids()
            self.chosen, self.over = None, False
        fresh = not self.begun and any(name in names for name in lead.from_) and not _is_over(lead, names, facts)
        if again or fresh:
            self.begun = True
            self.may_run = [clock for clock in clocks if holds(clock.when, facts) is True]
        if self.begun and not self.over:
            self.chosen = next((clock for clock in self.may_run if holds(clock.while_, facts) is True), None)

    def ids(self) -> set[str]:
        """The clocks that must have started."""
        return self.former | ({self.chosen.id} if self.chosen else set())


def _occurrences(event: Event) -> list[_Occurrence]:
    names = occurrences.names(event)
    if not names:
        return []
    rank, new = _ORDER.get(event.source, 9), dict(occurrences.facts(event))
    if isinstance(event.data, ComplaintRegistered):
        return [
            (event.data.received_at, -1, 0, ("received",), new),
            (event.time, rank, event.sequence, ("registered",), new),
        ]
    return [(occurrences.happened_at(event, names[0]), rank, event.sequence, names, new)]
