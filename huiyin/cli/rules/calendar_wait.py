"""Waiting, after a calendar was loaded, until the running sla service has recomputed its open clocks."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huiyin.cli.client import Api, Connection
from shared.business_time.calendars import Calendar
from shared.errors import StackError

_TAKEN_SECONDS = 15.0
_LOOK_SECONDS = 0.3


@dataclass
class Recomputing:
    """One calendar's change, as the sla service reports it. `after` is the last change before this one."""

    connection: Connection
    cause: str
    after: int

    @classmethod
    def of(cls, calendar: Calendar, home: Path | None) -> Recomputing | None:
        """To be made before the calendar is put into the folder; None where no stack is up."""
        connection = Connection(home)
        try:
            with connection.open("sla") as sla:
                last = sla.get("/v1/recomputations", limit=1)
        except StackError:
            return None
        return cls(connection, f"calendar:{calendar.id}@{calendar.version}", last[0]["id"] if last else 0)

    def wait(self) -> None:
        """Print how far it is, then how many clocks moved. Raises `StackError` if the service does not take it."""
        deadline = time.monotonic() + _TAKEN_SECONDS
        with self.connection.open("sla") as sla:
            while (found := self._find(sla)) is None or found["finished_at"] is None:
                if found is None and time.monotonic() > deadline:
                    raise StackError(
                        "the sla service has not taken the calendar", hint="its log says why: huiyin logs sla"
                    )
                if found is not None and sys.stderr.isatty():
                    print(f"\r{found['looked_at']} of {found['cases_open']} open cases", end="", file=sys.stderr)
                time.sleep(_LOOK_SECONDS)
        if sys.stderr.isatty():
            print("\r", end="", file=sys.stderr)
        print(
            f"{found['moved']} clocks moved, {found['confirmed']} others became firm or provisional "
            f"({found['looked_at']} open cases looked at)"
        )

    def _find(self, sla: Api) -> dict[str, Any] | None:
        rows = sla.get("/v1/recomputations", limit=20)
        return next((row for row in rows if row["id"] > self.after and self.cause in row["because"]), None)
