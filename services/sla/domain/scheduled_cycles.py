"""All clocks of a case together: their cycles with their schedules, one of each group, each within its outer clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.sla.domain.case import Occurrence
from services.sla.domain.cycles import ClockCycle, cycles_in, cycles_of_group, with_facts
from services.sla.domain.extensions import settle_extensions
from services.sla.domain.schedule import Schedule, schedule_of
from shared.business_time.calendars import Calendar
from shared.business_time.due import Due
from shared.procedures.model import Clock, Procedure


@dataclass(frozen=True)
class ScheduledCycle:
    """One cycle of one clock, scheduled. `calendars`: those of its steps; `capped`: by the clock that it is within."""

    clock: Clock
    calendar: Calendar
    calendars: Mapping[str, Calendar]
    cycle: ClockCycle
    schedule: Schedule
    capped: bool


def scheduled_cycles(
    procedure: Procedure, occurrences: Sequence[Occurrence], calendars: Mapping[str, Calendar]
) -> list[ScheduledCycle]:
    """Every cycle of every clock, in the procedure's order; `occurrences` are in order (see `case.ordered`)."""
    return _Schedules(procedure, occurrences, calendars).all()


class _Schedules:
    def __init__(
        self, procedure: Procedure, occurrences: Sequence[Occurrence], calendars: Mapping[str, Calendar]
    ) -> None:
        self._clocks = {clock.id: clock for clock in procedure.clocks}
        self._calendars = calendars
        self._own = {clock.id: calendars[clock.calendar or procedure.calendar] for clock in procedure.clocks}
        self._cycles: dict[str, list[ClockCycle]] = {}
        seen = list(with_facts(occurrences))
        for clock in procedure.clocks:
            if clock.group is None and clock.while_ is None:
                self._cycles[clock.id] = cycles_in(clock, seen, self._own[clock.id])
            elif clock.id not in self._cycles:
                members = [one for one in procedure.clocks if one is clock or (one.group and one.group == clock.group)]
                self._cycles |= cycles_of_group(members, seen, self._own)
        for id_, cycles in self._cycles.items():
            for cycle in cycles:
                settle_extensions(cycle, self._clocks[id_], self._own[id_])

    def all(self) -> list[ScheduledCycle]:
        return [self._scheduled(clock, cycle) for clock in self._clocks.values() for cycle in self._cycles[clock.id]]

    def _scheduled(self, clock: Clock, cycle: ClockCycle) -> ScheduledCycle:
        calendar, schedule = self._own[clock.id], self._target(clock, cycle, frozenset())
        capped = (
            clock.within is not None and schedule.due_at != schedule_of(clock, cycle, calendar, self._calendars).due_at
        )
        return ScheduledCycle(clock, calendar, self._calendars, cycle, schedule, capped)

    def _target(self, clock: Clock, cycle: ClockCycle, inside: frozenset[str]) -> Schedule:
        """`inside`: the clocks on whose behalf this is asked, so that a circle of `within` comes to an end."""
        cap = self._cap(clock, cycle, inside | {clock.id}) if clock.within is not None else None
        return schedule_of(clock, cycle, self._own[clock.id], self._calendars, cap)

    def _cap(self, clock: Clock, cycle: ClockCycle, inside: frozenset[str]) -> Due | None:
        """When the overall clock is due that ran when this cycle began; the latest to begin, if there are several."""
        caps = []
        for overall in self._clocks.values():
            if clock.within not in (overall.id, overall.group) or overall.id in inside:
                continue
            for one in self._cycles[overall.id]:
                if one.started_at > cycle.started_at or (one.ended_at is not None and one.ended_at <= cycle.started_at):
                    continue
                schedule = self._target(overall, one, inside)
                # One that was cancelled before it was due promises nothing.
                if schedule.due_at is not None and (one.cancelled_at is None or one.cancelled_at > schedule.due_at):
                    caps.append((one.cancelled_at is None, one.started_at, schedule.due_at, schedule.provisional))
        return Due(*max(caps)[2:]) if caps else None
