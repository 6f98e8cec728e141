"""By which versions of procedure and calendar a clock was decided, and what holds when these change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.sla.domain.cycles import MIGRATED, ClockCycle
from services.sla.domain.schedule import Schedule
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

LATER_KNOWLEDGE = "later-knowledge"
"""Why a due instant moves when something came late: the cause that needs no change of rules."""


class RuleVersions(NamedTuple):
    """`calendar` is `id@version`, `procedure` the version's number."""

    calendar: str
    procedure: int


def label(calendar: Calendar) -> str:
    """A calendar's id and version, as causes name it."""
    return f"{calendar.id}@{calendar.version}"


def rule_versions_of(procedure: Procedure, calendar: Calendar) -> RuleVersions:
    """What a clock of this procedure is decided on."""
    return RuleVersions(label(calendar), procedure.version)


def cause_of(before: Mapping[str, Any], versions: RuleVersions, procedure: str) -> str | None:
    """Why a due instant differs from what was said: `calendar:cn@2027.1` or `procedure:hotline@2`; None if neither.

    Where both have changed, the procedure: it is the decision that somebody took about this case.
    """
    known = _known(before)
    if known is None or known == versions:
        return None
    if known.procedure != versions.procedure:
        return f"procedure:{procedure}@{versions.procedure}"
    return f"calendar:{versions.calendar}"


def is_kept(before: Mapping[str, Any], run: ClockCycle, versions: RuleVersions) -> bool:
    """Whether a cycle that ended on another versions ended just so: then it stays as it was said."""
    ended_at = run.stopped_at or run.cancelled_at
    return (
        _known(before) not in (None, versions)
        and ended_at is not None
        and before.get("ended") == ended_at.isoformat()
        and before.get("extensions", 0) == run.extensions
    )


def emitted_schedule(before: Mapping[str, Any], run: ClockCycle, versions: RuleVersions) -> Schedule | None:
    """The schedule that was said, where it goes on to hold on another versions: for an ended cycle, or one ended by a
    migration of its case. None where the schedule is to be computed."""
    migrated = run.cancelled_by == MIGRATED and _known(before) not in (None, versions)
    if not migrated and not is_kept(before, run, versions):
        return None
    return Schedule(datetime.fromisoformat(before["due"]) if before.get("due") else None, before["provisional"], ())


def migrated_away(before: Mapping[str, Any], procedure: Procedure) -> bool:
    """Whether the cycle was decided under another version of the procedure."""
    known = _known(before)
    return known is not None and known.procedure != procedure.version


def _known(before: Mapping[str, Any]) -> RuleVersions | None:
    on = before.get("on")
    return RuleVersions(*on) if on else None
