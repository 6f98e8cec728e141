"""From what happened to the cycles of one clock. A *run* is one cycle: started, perhaps paused, perhaps stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.sla.domain.happenings import Happening
from shared.business_time.calendars import Calendar
from shared.business_time.due import due
from shared.business_time.durations import Duration
from shared.procedures.conditions import holds
from shared.procedures.milestones import FINISHING, VOID
from shared.procedures.model import Clock


@dataclass
class Run:
    """One cycle of a clock. `pauses` are (from, until); `until` is None while the pause is open and unlimited."""

    cycle: int
    started_at: datetime
    stopped_at: datetime | None = None
    stopped_by_breach: bool = False
    """The stop is a consequence of this clock's own breach: it is late even if both have the same instant."""
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    extensions: int = 0
    due_fact: str | None = None

    @property
    def over(self) -> bool:
        """Whether it was stopped or cancelled."""
        return self.stopped_at is not None or self.cancelled_at is not None


def runs_of(clock: Clock, happenings: Sequence[Happening], calendar: Calendar) -> list[Run]:
    """The cycles of a clock, first to last. `happenings` are in order (see `happenings.ordered`).

    A cycle starts at the first `from` occurrence at which `when` holds; a later `from` does not start it again, only
    `restart_on` does. One event may stop a cycle and start the next, or end a pause and stop the clock.
    """
    runs: list[Run] = []
    for happening, facts in _with_facts(happenings):
        names = happening.names
        present = runs[-1] if runs and not runs[-1].over else None
        if present is not None:
            _go_on(present, clock, happening, facts, calendar)
        again = _any(clock.restart_on, names)
        if runs and again and not runs[-1].over:
            runs[-1].cancelled_at, runs[-1].cancelled_by = happening.at, names[0]
        starts = bool(runs and again) or (not runs and _any(clock.from_, names))
        if starts and not _too_late(clock, names, facts) and holds(clock.when, facts) is True:
            run = Run(len(runs) + 1, happening.at)
            _note_due(run, clock, facts)
            runs.append(run)
            # A stop of the same event ends it at once: "on the spot".
            if _any(clock.until, names) and not again:
                run.stopped_at = happening.at
    for run in runs:
        run.pauses = [_limited(clock, pause, calendar) for pause in run.pauses]
    return runs


def _with_facts(happenings: Sequence[Happening]) -> Iterator[tuple[Happening, dict[str, Any]]]:
    """Each happening with the facts as they are from it on; `reached:` counts from the last reopening."""
    facts: dict[str, Any] = {}
    for happening in happenings:
        if "reopened" in happening.names:
            facts = {name: value for name, value in facts.items() if not name.startswith("reached:")}
        facts = {**facts, **happening.facts, **{f"reached:{name}": True for name in happening.names}}
        yield happening, facts


def _go_on(run: Run, clock: Clock, happening: Happening, facts: Mapping[str, Any], calendar: Calendar) -> None:
    names, at = happening.names, happening.at
    open_pause = bool(run.pauses) and run.pauses[-1][1] is None
    if open_pause and any(_any(pause.until, names) for pause in clock.pauses):
        run.pauses[-1] = (run.pauses[-1][0], at)
    elif not open_pause and any(pause.on in names for pause in clock.pauses):
        run.pauses.append((at, None))
    if f"extension-approved:{clock.id}" in names:
        run.extensions += 1
    _note_due(run, clock, facts)
    if _any(clock.until, names):
        run.stopped_at = at
        run.stopped_by_breach = happening.cause == f"breached:{clock.id}"
    elif _any(clock.cancel_on, names) or _any(VOID, names):
        run.cancelled_at, run.cancelled_by = at, names[0]


def _note_due(run: Run, clock: Clock, facts: Mapping[str, Any]) -> None:
    if clock.due_field is not None and facts.get(clock.due_field) is not None:
        run.due_fact = str(facts[clock.due_field])


def _limited(
    clock: Clock, pause: tuple[datetime, datetime | None], calendar: Calendar
) -> tuple[datetime, datetime | None]:
    """A pause that has a limit ends there by itself."""
    limits = [spec.at_most for spec in clock.pauses if spec.at_most is not None]
    if not limits:
        return pause
    end = due(pause[0], Duration.parse(limits[0]), calendar, basis=clock.time).at
    return (pause[0], end if pause[1] is None or pause[1] > end else pause[1])


def _too_late(clock: Clock, names: Sequence[str], facts: Mapping[str, Any]) -> bool:
    """Whether the handling that would stop the clock is over already: an escalation may cross an answer in flight."""
    return any(facts.get(f"reached:{name}") and name not in names for name in clock.until if name in FINISHING)


def _any(wanted: Sequence[str], names: Sequence[str]) -> bool:
    return any(name in names for name in wanted)
