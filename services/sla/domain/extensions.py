"""Which approvals of an extension count: no more than the clock allows, and none that comes when it is too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.sla.domain.cycles import ClockCycle, Extending
from services.sla.domain.schedule import due_of
from shared.business_time.calendars import Calendar
from shared.business_time.due import Due
from shared.procedures.model import Clock


def settle_extensions(cycle: ClockCycle, clock: Clock, calendar: Calendar) -> None:
    """Count the approvals of a cycle whose pauses are settled.

    One is in time if it was given, or what it answers was asked for, no later than the cycle was due without it: to
    extend what is over would hide that it was late. While the cycle stands in a pause it has no due instant to miss.
    Where the approver states the time, an approval that states none, or no later one, counts for nothing.
    """
    rule = clock.extension
    if rule is None or not cycle.extending:
        return
    settled: list[Extending] = []
    asked: datetime | None = None
    last: Extending | None = None
    counted = 0
    for one in cycle.extending:
        if one.word == "requested":
            asked = asked or one.at
        elif one.word == "refused":
            asked = None
        elif one.word == "approved" and counted >= rule.times:
            one = one._replace(word="void")
        elif one.word == "approved":
            due = due_of(clock, replace(cycle, extensions=counted, extended=last), calendar)
            extended = replace(cycle, extensions=counted + 1, extended=one)
            if due is not None and (asked or one.at) > due.at:
                one = one._replace(word="late")
            elif rule.to_field is not None and not _is_later(due, due_of(clock, extended, calendar), one):
                one = one._replace(word="void")
            else:
                counted, asked, last = counted + 1, None, one
        settled.append(one)
    cycle.extending, cycle.extensions, cycle.extended = settled, counted, last


def _is_later(due: Due | None, extended: Due | None, approval: Extending) -> bool:
    """Whether an approval that states the time gives more of it; while the cycle stands in a pause nobody knows."""
    if approval.stated is None:
        return False
    return due is None or extended is None or extended.at > due.at
