"""Clocks of a group: several targets for the same thing, of which one applies, the first whose `when` holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.sla.domain.runs import (
    Run,
    Seen,
    begun,
    go_on,
    is_too_late,
    may_start_again,
    named,
    restarting_cause,
    restarts,
    settle_pauses,
)
from shared.business_time.calendars import Calendar
from shared.procedures.conditions import holds
from shared.procedures.model import Clock

OTHER_TARGET = "other-target"
"""The cause that a clock's cancellation gives when another of its group takes its place."""


def runs_of_group(
    clocks: Sequence[Clock], seen: Sequence[Seen], calendars: Mapping[str, Calendar]
) -> dict[str, list[Run]]:
    """The runs of a group's clocks, which are in declared order; `calendars` holds each clock's by the clock's id.

    `seen` is what happened, in order, with the facts (see `runs.with_facts`).

    All clocks of a group have the same `from`, `restart_on` and `starts_again`. The first `from` is the start of
    whichever is chosen. The choice is made anew with every occurrence: what becomes known later brings the clock that
    now comes first, counted from the same start, and cancels the other. When the chosen one is over, so is the cycle.
    """
    found: dict[str, list[Run]] = {clock.id: [] for clock in clocks}
    lead = clocks[0]
    origin: int | None = None
    by_restart = False
    cycle = 0
    chosen: tuple[Clock, Run] | None = None
    for index, (occurrence, facts) in enumerate(seen):
        if chosen is not None and not chosen[1].over:
            go_on(chosen[1], chosen[0], occurrence, facts)
        again = origin is not None and restarts(lead, occurrence.names, chosen[1] if chosen else None)
        if again and chosen is not None and not chosen[1].over:
            chosen[1].cancel(occurrence.at, restarting_cause(occurrence.names))
        fresh = named(lead.from_, occurrence.names) and (
            origin is None or (chosen is not None and may_start_again(lead, chosen[1], occurrence))
        )
        if again or fresh:
            origin, by_restart, chosen = index, again, None
        if origin is None or (chosen is not None and chosen[1].over):
            continue
        names, known = seen[origin][0].names, seen[origin][1]
        best = next(
            (one for one in clocks if holds(one.when, facts) is True and not is_too_late(one, names, known)), None
        )
        if best is None or (chosen is not None and chosen[0].id == best.id):
            continue
        if chosen is None:
            cycle += 1
        else:
            chosen[1].cancel(occurrence.at, OTHER_TARGET)
        run = _from_the_start(best, cycle, seen[origin : index + 1], again=by_restart)
        found[best.id] = [*(one for one in found[best.id] if one.cycle != cycle), run]
        chosen = (best, run)
    for clock in clocks:
        for run in found[clock.id]:
            settle_pauses(run, clock, calendars[clock.id])
    return found


def _from_the_start(clock: Clock, cycle: int, seen: Sequence[Seen], *, again: bool) -> Run:
    run = begun(clock, cycle, *seen[0], again=again)
    for occurrence, facts in seen[1:]:
        if not run.over:
            go_on(run, clock, occurrence, facts)
    return run
