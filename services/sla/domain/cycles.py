"""The cycles of a clock, computed from what happened to a case: started, perhaps paused, extended, stopped.

Clocks of a group are several targets for the same thing, of which one applies: the first whose `when` holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from services.sla.domain.case import Occurrence
from shared.business_time.calendars import Calendar
from shared.business_time.due import TimeBasis, due
from shared.business_time.durations import Duration
from shared.procedures.conditions import holds
from shared.procedures.milestones import FINISHING, VOID
from shared.procedures.model import Clock, DurationTable

Span = tuple[datetime, datetime | None]


def limited(
    begins: datetime, ends: datetime | None, at_most: str, calendar: Calendar, time_basis: TimeBasis
) -> datetime:
    """When a pause ends that may not last longer than `at_most`."""
    limit = due(begins, Duration.parse(at_most), calendar, time_basis=time_basis).at
    return limit if ends is None or ends > limit else ends


def united(spans: Iterable[Span]) -> list[Span]:
    """The union as disjoint spans in order, without empty ones; None: has not ended."""
    found: list[Span] = []
    for begins, ends in sorted(spans, key=lambda span: span[0]):
        last = found[-1][1] if found else begins
        if found and (last is None or begins <= last):
            if last is not None and (ends is None or ends > last):
                found[-1] = (found[-1][0], ends)
        elif ends is None or ends > begins:
            found.append((begins, ends))
    return found


MIGRATED = "migrated"
"""The cause that a cancellation gives when the case has moved to another version of its procedure."""

RESTART = "procedure-migrated:restart"
"""The occurrence that ends each open cycle and starts the next at its instant."""

Seen = tuple[Occurrence, Mapping[str, Any]]
"""Something that happened, and the facts as they are from it on."""


class Extending(NamedTuple):
    """One step of an extension: asked for, approved, refused, or an approval that does not count: `late`, or `void`
    because it is one too many, not theirs to give, or gives no more time. `stated`: what an approval says of the time,
    where the approver states it: a date, an instant, or a total as a whole number."""

    word: Literal["requested", "approved", "refused", "late", "void"]
    at: datetime
    stated: Any = None


@dataclass
class ClockCycle:
    """One cycle of a clock. `pauses` are (from, until), disjoint and in order; `until` is None while one is open.

    `stood` is what `pauses` are made of: which of the clock's pauses, from, until. A pause ends with the cycle.
    """

    number: int
    started_at: datetime
    stopped_at: datetime | None = None
    stopped_by_breach: bool = False
    """The stop is a consequence of this clock's own breach: it is late even if both have the same instant."""
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    stood: list[tuple[int, datetime, datetime | None]] = field(default_factory=list)
    extensions: int = 0
    """How many approvals count (see `extending`)."""
    extending: list[Extending] = field(default_factory=list)
    extended: Extending | None = None
    """The last approval that counts."""
    due_fact: str | None = None
    duration_by: Any = None
    """The value of the fact that the duration goes by."""

    @property
    def ended_at(self) -> datetime | None:
        """When it was stopped or cancelled."""
        return self.stopped_at or self.cancelled_at

    @property
    def over(self) -> bool:
        """Whether it was stopped or cancelled."""
        return self.ended_at is not None

    def cancel(self, at: datetime, cause: str) -> None:
        """End it without a stop."""
        self.cancelled_at, self.cancelled_by = at, cause


def cycles_in(clock: Clock, seen: Iterable[Seen], calendar: Calendar) -> list[ClockCycle]:
    """The cycles of a clock, first to last, of occurrences in order (see `case.ordered`) with their facts.

    A cycle starts at the first `from` occurrence at which `when` holds; a later `from` does not start it again, only
    `restart_on` does, and with `starts_again` the first `from` after a stop. One event may stop a cycle and start the
    next, or end a pause and stop the clock. For clocks of a group see `groups`; which extensions count, `extending`.
    """
    cycles: list[ClockCycle] = []
    for occurrence, facts in seen:
        names = occurrence.names
        if cycles and not cycles[-1].over:
            apply(cycles[-1], clock, occurrence, facts)
        again = bool(cycles) and restarts(clock, names, cycles[-1])
        if again and not cycles[-1].over:
            cycles[-1].cancel(occurrence.at, restarting_cause(names))
        fresh = named(clock.from_, names) and (not cycles or may_start_again(clock, cycles[-1], occurrence))
        if (again or fresh) and not is_too_late(clock, names, facts) and holds(clock.when, facts) is True:
            cycles.append(start_cycle(clock, len(cycles) + 1, occurrence, facts, again=again))
    for cycle in cycles:
        settle_pauses(cycle, clock, calendar)
    return cycles


def with_facts(occurrences: Sequence[Occurrence]) -> Iterator[Seen]:
    """Each occurrence with the facts as they are from it on; `reached:` counts from the last reopening."""
    facts: dict[str, Any] = {}
    for occurrence in occurrences:
        if "reopened" in occurrence.names:
            facts = {name: value for name, value in facts.items() if not name.startswith("reached:")}
        facts = {**facts, **occurrence.facts, **{f"reached:{name}": True for name in occurrence.names}}
        yield occurrence, facts


def start_cycle(
    clock: Clock, number: int, occurrence: Occurrence, facts: Mapping[str, Any], *, again: bool
) -> ClockCycle:
    """A new cycle. A stop of the same event ends it at once ("on the spot"), unless it is what restarts it."""
    cycle = ClockCycle(number, occurrence.at)
    _note_due(cycle, clock, facts)
    if not again and ends(clock, clock.until, occurrence.names):
        cycle.stopped_at = occurrence.at
    return cycle


def apply(cycle: ClockCycle, clock: Clock, occurrence: Occurrence, facts: Mapping[str, Any]) -> None:
    """What a later occurrence does to a cycle that is not over."""
    names, at = occurrence.names, occurrence.at
    _note_pauses(cycle, clock, occurrence)
    _note_extension(cycle, clock, occurrence)
    _note_due(cycle, clock, facts)
    if ends(clock, clock.until, names):
        cycle.stopped_at = at
        cycle.stopped_by_breach = occurrence.cause == f"breached:{clock.id}"
    elif ends(clock, clock.cancel_on, names) or named(VOID, names):
        cycle.cancel(at, names[0])


def settle_pauses(cycle: ClockCycle, clock: Clock, calendar: Calendar) -> None:
    """Make `pauses` of what the cycle stood: each no longer than it may be, none beyond the cycle's end."""
    spans = []
    for index, begins, ends in cycle.stood:
        ends = ends or cycle.ended_at
        at_most = clock.pauses[index].at_most
        spans.append((begins, ends if at_most is None else limited(begins, ends, at_most, calendar, clock.time)))
    cycle.pauses = united(spans)


def may_start_again(clock: Clock, last: ClockCycle, occurrence: Occurrence) -> bool:
    """Whether a further `from` starts the next cycle: after a stop, but not by the event that stopped it."""
    return clock.starts_again and last.stopped_at is not None and occurrence.at > last.stopped_at


def restarts(clock: Clock, names: Sequence[str], last: ClockCycle | None) -> bool:
    """Whether an occurrence starts the next cycle: one of `restart_on`, or a migration that restarts what is open."""
    return named(clock.restart_on, names) or (RESTART in names and last is not None and not last.over)


def restarting_cause(names: Sequence[str]) -> str:
    """The cause that the cancellation gives of a cycle in whose place the next one starts."""
    return MIGRATED if RESTART in names else names[0]


def is_too_late(clock: Clock, names: Sequence[str], facts: Mapping[str, Any]) -> bool:
    """Whether there is nothing left to time: the handling that would stop the clock is over already (an escalation may
    cross an answer in flight), or there is no complaint any more."""
    finished = (name for name in clock.stops if name in FINISHING)
    return any(facts.get(f"reached:{name}") and name not in names for name in (*finished, *VOID))


def named(wanted: Sequence[str], names: Sequence[str]) -> bool:
    """Whether one of the wanted occurrences is among the names."""
    for name in names:  # noqa: SIM110  # any() takes three times as long, and this is asked most of all
        if name in wanted:
            return True
    return False


def ends(clock: Clock, wanted: Sequence[str], names: Sequence[str]) -> bool:
    """Whether what happened is among the clock's `until` or `cancel_on`; `left` is never what starts the clock."""
    if named(wanted, names):
        return True
    return "left" in wanted and named(clock.leaving, names) and not named(clock.from_, names)


def _note_pauses(cycle: ClockCycle, clock: Clock, occurrence: Occurrence) -> None:
    names, at = occurrence.names, occurrence.at
    for index, pause in enumerate(clock.pauses):
        standing = next((n for n, (of, _, until) in enumerate(cycle.stood) if of == index and until is None), None)
        if standing is not None and named(pause.until, names):
            cycle.stood[standing] = (index, cycle.stood[standing][1], at)
        elif standing is None and pause.from_ in names:
            cycle.stood.append((index, at, None))


def _note_extension(cycle: ClockCycle, clock: Clock, occurrence: Occurrence) -> None:
    rule = clock.extension
    if rule is None:
        return
    if f"extension-requested:{clock.id}" in occurrence.names:
        cycle.extending.append(Extending("requested", occurrence.at))
    if f"extension-refused:{clock.id}" in occurrence.names:
        cycle.extending.append(Extending("refused", occurrence.at))
    if f"extension-approved:{clock.id}" in occurrence.names:
        by = occurrence.facts.get("extension-approved.by")
        theirs = not rule.approved_by or by is None or by in rule.approved_by
        stated = occurrence.facts.get(f"extension-approved.{rule.to_field}") if rule.to_field else None
        cycle.extending.append(Extending("approved" if theirs else "void", occurrence.at, stated))


def _note_due(cycle: ClockCycle, clock: Clock, facts: Mapping[str, Any]) -> None:
    if clock.due_field is not None and facts.get(clock.due_field) is not None:
        cycle.due_fact = str(facts[clock.due_field])
    if isinstance(clock.duration, DurationTable):
        cycle.duration_by = facts.get(clock.duration.by)


OTHER_TARGET = "other-target"
"""The cause that a clock's cancellation gives when another of its group takes its place."""

CONDITION_ENDED = "condition-ended"
"""The cause that a clock's cancellation gives when its `while` holds no more."""


def cycles_of_group(
    clocks: Sequence[Clock], seen: Sequence[Seen], calendars: Mapping[str, Calendar]
) -> dict[str, list[ClockCycle]]:
    """The cycles of a group's clocks, which are in declared order; `calendars` holds each clock's by the clock's id.

    `seen` is what happened, in order, with the facts (see `with_facts`). A clock with `while` alone is a group of one.

    All clocks of a group have the same `from`, `restart_on` and `starts_again`. The first `from` is the start of
    whichever is chosen, among those whose `when` holds then. The choice by `while` is made anew with every occurrence:
    what becomes known later brings the clock that now comes first, counted from the same start, and cancels the other;
    if none comes first any more, the chosen one is cancelled, and may come back. When it is over, so is the cycle.
    """
    group = _Group(clocks, seen)
    for index, (occurrence, facts) in enumerate(seen):
        group.see(index, occurrence, facts)
    for clock in clocks:
        for cycle in group.found[clock.id]:
            settle_pauses(cycle, clock, calendars[clock.id])
    return group.found


@dataclass
class _Group:
    """The choice among a group's clocks so far. `may_run`: those that can be chosen since the start at `origin`."""

    clocks: Sequence[Clock]
    seen: Sequence[Seen]
    found: dict[str, list[ClockCycle]] = field(init=False)
    origin: int | None = None
    by_restart: bool = False
    number: int = 0
    begun: bool = False
    may_run: Sequence[Clock] = ()
    chosen: tuple[Clock, ClockCycle] | None = None

    def __post_init__(self) -> None:
        self.found = {clock.id: [] for clock in self.clocks}

    def see(self, index: int, occurrence: Occurrence, facts: Mapping[str, Any]) -> None:
        """Take up what happened next."""
        running = self.chosen
        if running is not None and not running[1].over:
            apply(running[1], running[0], occurrence, facts)
        self._start(index, occurrence, facts)
        if self.origin is not None and (self.chosen is None or not self.chosen[1].over):
            self._choose(index, occurrence, facts)

    def _start(self, index: int, occurrence: Occurrence, facts: Mapping[str, Any]) -> None:
        lead, last = self.clocks[0], self.chosen[1] if self.chosen else None
        again = self.origin is not None and restarts(lead, occurrence.names, last)
        if again and last is not None and not last.over:
            last.cancel(occurrence.at, restarting_cause(occurrence.names))
        fresh = named(lead.from_, occurrence.names) and (
            self.origin is None or (last is not None and may_start_again(lead, last, occurrence))
        )
        if again or fresh:
            self.origin, self.by_restart, self.begun, self.chosen = index, again, False, None
            self.may_run = [
                one
                for one in self.clocks
                if not is_too_late(one, occurrence.names, facts) and holds(one.when, facts) is True
            ]

    def _choose(self, index: int, occurrence: Occurrence, facts: Mapping[str, Any]) -> None:
        best = next((one for one in self.may_run if holds(one.while_, facts) is True), None)
        if self.chosen is not None and (best is None or self.chosen[0].id != best.id):
            self.chosen[1].cancel(occurrence.at, CONDITION_ENDED if best is None else OTHER_TARGET)
        if best is None:
            self.chosen = None
        elif self.chosen is None or self.chosen[0].id != best.id:
            self.number += not self.begun
            self.begun = True
            since = self.seen[self.origin : index + 1]
            cycle = _from_the_start(best, self.number, since, again=self.by_restart)
            self.found[best.id] = [*(one for one in self.found[best.id] if one.number != self.number), cycle]
            self.chosen = (best, cycle)


def _from_the_start(clock: Clock, number: int, seen: Sequence[Seen], *, again: bool) -> ClockCycle:
    cycle = start_cycle(clock, number, *seen[0], again=again)
    for occurrence, facts in seen[1:]:
        if not cycle.over:
            apply(cycle, clock, occurrence, facts)
    return cycle
