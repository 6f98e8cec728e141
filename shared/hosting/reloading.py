"""Rules that change while a service runs: its calendars and procedures folders are watched, read anew, and swapped.

What does not hold together is refused as a whole, logged and counted, and the old rules stay in force. A reader sees
the old calendars or the new ones, never a part: they are swapped between two steps of the event loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared.business_time.calendars import Calendar
from shared.business_time.loader import load_calendars
from shared.errors import CalendarError, Conflict, HuiyinError
from shared.observability import metrics
from shared.procedures.loader import Library, read_library
from shared.procedures.model import Procedure

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5

Seen = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Folders:
    """Where further calendars and procedures lie; None: nowhere."""

    calendars: Path | None
    procedures: Path | None

    def look(self) -> Seen:
        """Name, time of change (ns) and size of every file there; equal as long as nothing has changed."""
        return tuple(
            (str(path), status.st_mtime_ns, status.st_size)
            for folder in (self.calendars, self.procedures)
            if folder is not None and folder.is_dir()
            for path in sorted(folder.glob("*.y*ml"))
            if (status := _status(path)) is not None
        )


class Rules:
    """The calendars and procedures that a process works with. `calendars` and `library` are changed in place."""

    def __init__(self, folders: Folders, service: str) -> None:
        """Read them; raises `CalendarError` or `ProcedureError` for a file that does not hold."""
        self._folders = folders
        self._service = service
        self._seen = folders.look()  # first, so that what changes while the files are read is seen later
        self.calendars, self.library = self._read()
        metrics.RULES_REFUSED.labels(service=service).set(0)

    async def watch(self) -> None:
        """Look at the folders twice a second, and take what has changed; until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self.look()

    async def look(self) -> bool:
        """Take the folders' content if it has changed since the last look; returns whether it was taken."""
        seen = await asyncio.to_thread(self._folders.look)
        if seen == self._seen:
            return False
        try:
            calendars, library = await asyncio.to_thread(self._read)
            fresh = taken(self.calendars, self.library, calendars, library)
        except Exception as error:  # whatever a file holds, it must not stop a service that works
            self._refused(error)
            self._seen = seen
            return False
        self._seen = seen
        self.calendars.update(fresh[0])
        self.library.put(fresh[1])
        metrics.RULES_READ.labels(service=self._service, outcome="taken").inc()
        metrics.RULES_REFUSED.labels(service=self._service).set(0)
        log.info("rules are read anew", calendars=len(self.calendars), procedures=len(fresh[1]))
        return True

    def _read(self) -> tuple[dict[str, Calendar], Library]:
        return load_calendars(self._folders.calendars), read_library(self._folders.procedures)

    def _refused(self, error: Exception) -> None:
        metrics.RULES_READ.labels(service=self._service, outcome="refused").inc()
        metrics.RULES_REFUSED.labels(service=self._service).set(1)
        named = {"field": error.field, "hint": error.hint} if isinstance(error, HuiyinError) else {}
        message = error.message if isinstance(error, HuiyinError) else type(error).__name__
        foreseen = isinstance(error, HuiyinError | OSError | UnicodeDecodeError)
        log.error("changed rules are refused, the old stay in force", error=message, exc_info=not foreseen, **named)


def taken(
    calendars: Mapping[str, Calendar], library: Library, new_calendars: Mapping[str, Calendar], new_library: Library
) -> tuple[dict[str, Calendar], tuple[Procedure, ...]]:
    """The rules after a change: all that was read, and of the old what is no longer there, for cases rest on it.

    Raises `Conflict` for other content under a known version, `CalendarError` for a procedure without its calendar.
    """
    known = {procedure.key: procedure for procedure in library.all()}
    for procedure in new_library.all():
        if known.get(procedure.key, procedure) != procedure:
            raise Conflict("a version of a procedure that is in use has other content", hint="give it the next version")
        known[procedure.key] = procedure
    for id, calendar in new_calendars.items():
        present = calendars.get(id)
        if present is not None and present.version == calendar.version and present != calendar:
            raise Conflict("a version of a calendar that is in use has other content", field=id, hint="a new version")
    together = {**calendars, **new_calendars}
    require_calendars(known.values(), together)
    return together, tuple(known[key] for key in sorted(known))


def require_calendars(procedures: Iterable[Procedure], calendars: Mapping[str, Calendar]) -> None:
    """Raise `CalendarError` for a procedure that counts on a calendar that there is not."""
    for procedure in procedures:
        if not calendars_of(procedure) <= calendars.keys():
            raise CalendarError("a procedure names a calendar that does not exist", field=f"{procedure.id}: calendar")


def calendars_of(procedure: Procedure) -> set[str]:
    """The ids of all calendars that a procedure counts on, or publishes as a channel's hours."""
    found = {procedure.calendar} | {one.hours for one in procedure.channels if one.hours is not None}
    for clock in procedure.clocks:
        found |= {clock.calendar or procedure.calendar}
        found |= {one.calendar for one in clock.steps if one.calendar}
    return found


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # gone between the two looks
        return None
