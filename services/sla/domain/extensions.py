"""Which approvals of an extension count: no more than the clock allows, and none that comes when it is too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.sla.domain.cycles import ClockCycle, Extending
from services.sla.domain.schedule import due_of
from shared.business_time.calendars import Calendar
from shared.procedures.model import Clock


def settle_extensions(cycle: ClockCycle, clock: Clock, calendar: Calendar) -> None:
    """Count the approvals of a cycle whose pauses are settled.

    One is in time if it was given, or what it answers was asked for, no later than the cycle was due without it: to
    extend what is over would hide that it was late. While the cycle stands in a pause it has no due instant to miss.
    """
    rule = clock.extension
    if rule is None or not cycle.extending:
        return
    settled: list[Extending] = []
    asked: datetime | None = None
    counted = 0
    for one in cycle.extending:
        if one.word == "requested":
            asked = asked or one.at
        elif one.word == "refused":
            asked = None
        elif one.word == "approved" and counted >= rule.times:
            one = Extending("void", one.at)
        elif one.word == "approved":
            due = due_of(clock, replace(cycle, extensions=counted), calendar)
            if due is not None and (asked or one.at) > due.at:
                one = Extending("late", one.at)
            else:
                counted, asked = counted + 1, None
        settled.append(one)
    cycle.extending, cycle.extensions = settled, counted
