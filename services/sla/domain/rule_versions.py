"""By which versions of procedure and calendar a cycle was decided, and what holds when these change."""

from __future__ import annotations

from services.sla.domain.cycle_state import CycleState, RuleVersions
from services.sla.domain.cycles import MIGRATED, ClockCycle
from services.sla.domain.schedule import Schedule
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

LATER_KNOWLEDGE = "later-knowledge"
"""Why a due instant moves when something came late: the cause that needs no change of rules."""


def label(calendar: Calendar) -> str:
    """A calendar's id and version, as causes name it."""
    return f"{calendar.id}@{calendar.version}"


def rule_versions_of(procedure: Procedure, calendar: Calendar) -> RuleVersions:
    """What a clock of this procedure is decided by."""
    return RuleVersions(label(calendar), procedure.version)


def cause_of(before: CycleState | None, versions: RuleVersions, procedure: str) -> str | None:
    """Why a due instant differs from what was emitted: `calendar:cn@2027.1` or `procedure:hotline@2`; None if neither.

    Where both have changed, the procedure: it is the decision that somebody took about this case.
    """
    if before is None or before.versions == versions:
        return None
    if before.versions.procedure != versions.procedure:
        return f"procedure:{procedure}@{versions.procedure}"
    return f"calendar:{versions.calendar}"


def is_kept(before: CycleState | None, cycle: ClockCycle, versions: RuleVersions) -> bool:
    """Whether a cycle that ended under other versions ended just so: then it stays as it was emitted."""
    return (
        before is not None
        and before.versions != versions
        and cycle.ended_at is not None
        and before.ended_at == cycle.ended_at
        and before.extensions == cycle.extensions
    )


def emitted_schedule(before: CycleState | None, cycle: ClockCycle, versions: RuleVersions) -> Schedule | None:
    """The schedule that was emitted, where it goes on to hold under other versions: of an ended cycle, or of one ended
    by a migration of its case. None where the schedule is to be computed."""
    if before is None:
        return None
    migrated = cycle.cancelled_by == MIGRATED and before.versions != versions
    if not migrated and not is_kept(before, cycle, versions):
        return None
    return Schedule(before.due_at, before.provisional, ())


def migrated_away(before: CycleState, procedure: Procedure) -> bool:
    """Whether the cycle was decided under another version of the procedure."""
    return before.versions.procedure != procedure.version
