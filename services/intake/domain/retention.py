"""How long a case's file is kept: from the moment that its dossier was closed off. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from services.intake.domain.timeline import TimelineEntry
from shared.business_time.calendars import Calendar
from shared.business_time.due import step_after
from shared.business_time.durations import Duration
from shared.procedures.model import Procedure

_AGAIN = "reopened"


def concerns(procedure: Procedure, names: Collection[str]) -> bool:
    """Whether one of these occurrences may begin or end the time for which a case is kept."""
    dossier = procedure.dossier
    return dossier is not None and dossier.keep is not None and (dossier.at in names or _AGAIN in names)


def kept_until(procedure: Procedure, entries: Sequence[TimelineEntry], calendar: Calendar) -> datetime | None:
    """Until when (UTC) a case is kept, by its timeline in whatever order its events came.

    None: for good, or as long as the dossier is not closed off. Whoever reopens a case opens its dossier too.
    """
    dossier = procedure.dossier
    if dossier is None or dossier.keep is None:
        return None
    closed = max((one.happened_at for one in entries if one.occurrence == dossier.at), default=None)
    opened = max((one.happened_at for one in entries if one.occurrence == _AGAIN), default=None)
    if closed is None or (opened is not None and opened >= closed):
        return None
    return step_after(closed, Duration.parse(dossier.keep), calendar, "elapsed")
