"""What a clock was decided on: the version of its calendar and of its procedure; and what holds when these change.

An open cycle follows the calendar and the procedure as they are now. A cycle that has ended stays as it was said,
unless something comes to be known that changes its end: what was met under one calendar is not late under the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.sla.domain.runs import MIGRATED, Run
from services.sla.domain.targets import Target
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

LATER_KNOWLEDGE = "later-knowledge"
"""Why a due instant moves when something came late: the cause that needs no change of rules."""


class Basis(NamedTuple):
    """`calendar` is `id@version`, `procedure` the version's number."""

    calendar: str
    procedure: int


def label(calendar: Calendar) -> str:
    """A calendar's id and version, as causes name it."""
    return f"{calendar.id}@{calendar.version}"


def basis_of(procedure: Procedure, calendar: Calendar) -> Basis:
    """What a clock of this procedure is decided on."""
    return Basis(label(calendar), procedure.version)


def cause_of(before: Mapping[str, Any], basis: Basis, procedure: str) -> str | None:
    """Why a due instant differs from what was said: `calendar:cn@2027.1` or `procedure:hotline@2`; None if neither.

    Where both have changed, the procedure: it is the decision that somebody took about this case.
    """
    known = _known(before)
    if known is None or known == basis:
        return None
    if known.procedure != basis.procedure:
        return f"procedure:{procedure}@{basis.procedure}"
    return f"calendar:{basis.calendar}"


def is_kept(before: Mapping[str, Any], run: Run, basis: Basis) -> bool:
    """Whether a cycle that ended on another basis ended just so: then it stays as it was said."""
    ended_at = run.stopped_at or run.cancelled_at
    return (
        _known(before) not in (None, basis)
        and ended_at is not None
        and before.get("ended") == ended_at.isoformat()
        and before.get("extensions", 0) == run.extensions
    )


def said_target(before: Mapping[str, Any], run: Run, basis: Basis) -> Target | None:
    """The target that was said, where it goes on to hold on another basis: for an ended cycle, or one ended by a
    migration of its case. None where the target is to be computed."""
    migrated = run.cancelled_by == MIGRATED and _known(before) not in (None, basis)
    if not migrated and not is_kept(before, run, basis):
        return None
    return Target(datetime.fromisoformat(before["due"]) if before.get("due") else None, before["provisional"], ())


def migrated_away(before: Mapping[str, Any], procedure: Procedure) -> bool:
    """Whether the cycle was decided under another version of the procedure."""
    known = _known(before)
    return known is not None and known.procedure != procedure.version


def _known(before: Mapping[str, Any]) -> Basis | None:
    on = before.get("on")
    return Basis(*on) if on else None
