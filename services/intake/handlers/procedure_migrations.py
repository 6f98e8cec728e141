"""Moving open cases to another version of their procedure: recorded with who and why, then case by case in pages.

Each page is one transaction: the new pins, an event for each case, and how far the migration has come. An event's id
is a function of case and migration, so what is done again emits nothing new.
"""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.store import procedure_migrations, timeline
from services.intake.store.procedure_migrations import FIRST, Migration
from shared.business_time.clock import Clock
from shared.errors import Conflict, InvalidInput
from shared.events.complaints import ProcedureMigrated
from shared.events.envelope import make
from shared.messaging.outbox import Outbox
from shared.messaging.retry import run_periodically
from shared.procedures.loader import Library
from shared.procedures.model import Procedure

log = structlog.get_logger(__name__)

Mode = Literal["keep-elapsed", "restart", "leave"]

_LOOK_SECONDS = 0.5
_SETTLING_SECONDS = 2.0  # until then every service has read the version that intake has
PAGE_SIZE = 200
"""How many cases one transaction moves."""


class MigrationHandlers:
    """The migrations of one database. Any number of processes may run them."""

    def __init__(self, outbox: Outbox, library: Library, clock: Clock, *, page_size: int = PAGE_SIZE) -> None:
        self._library = library
        self._clock = clock
        self._outbox = outbox
        self._page_size = page_size

    async def decide(
        self, procedure: str, to_version: int, mode: Mode, reason: str, by: str, *, from_version: int | None
    ) -> Migration:
        """Record the decision, or return the same one that is under way; `leave` is recorded and moves nothing.

        Raises `NotFound` for a version that is not installed, `InvalidInput` for one that cannot take the cases (it
        lacks a class, a department or a level that one of them has), `Conflict` while another is under way.
        """
        now = self._clock.now()
        target = self._library.get(procedure, to_version)
        if from_version == to_version:
            raise InvalidInput("the two versions are the same", field="from_version")
        finished = now if mode == "leave" else None
        one = Migration(
            uuid4(), procedure, from_version, to_version, mode, reason, by, now, FIRST, 0, finished_at=finished
        )
        async with self._outbox.transaction() as tx:
            await procedure_migrations.lock_procedure(tx, procedure)
            present = await procedure_migrations.under_way(tx, procedure)
            if present is not None and present.what == one.what:
                return present
            if present is not None:
                raise Conflict("another migration of this procedure is under way", hint="wait until it is finished")
            if mode != "leave":
                await _require_fit(tx, one, target)
            await procedure_migrations.put(tx, one)
        log.info("a migration is decided", procedure=procedure, to_version=to_version, mode=mode)
        return one

    async def run(self) -> None:
        """Move cases of whatever migration is open; until cancelled."""
        await run_periodically("migrating", self._all_pages, every=_LOOK_SECONDS)

    async def _all_pages(self) -> None:
        while await self.page(settling=_SETTLING_SECONDS):
            pass

    async def page(self, *, settling: float = 0.0) -> bool:
        """Move the next page of cases; returns whether there may be more.

        `settling`: how many real seconds ago the decision must have been recorded.
        """
        async with self._outbox.transaction() as tx:
            one = await procedure_migrations.next_open(tx, settling)
            if one is None:
                return False
            now = self._clock.now()
            cases = await procedure_migrations.cases_to_move(tx, one, limit=self._page_size)
            if not cases:
                await procedure_migrations.finish(tx, one.id, now)
                log.info("a migration is finished", procedure=one.procedure, cases=one.migrated)
                return True
            pin, cause = (one.procedure, one.to_version), f"migration:{one.id}"
            events = [
                make("intake", case, pin, _moved(one, version), cause=cause, at=now) for case, version in cases.items()
            ]
            await procedure_migrations.pin(tx, cases, one.to_version)
            await timeline.emit(tx, events)
            await procedure_migrations.go_on(tx, one.id, max(cases), len(cases))
        return True


def _moved(one: Migration, version: int) -> ProcedureMigrated:
    return ProcedureMigrated(
        from_version=version,
        to_version=one.to_version,
        mode="restart" if one.mode == "restart" else "keep-elapsed",
        migration=one.id,
        by=one.decided_by,
    )


async def _require_fit(tx: AsyncConnection, one: Migration, target: Procedure) -> None:
    """Raise `InvalidInput` if the version does not know what the cases already have."""
    there = {
        "class_": {known.id for known in target.classes},
        "department": {known.id for known in target.departments},
        "level": {known.id for known in target.levels},
    }
    for row in await procedure_migrations.held(tx, one):
        for part, known in there.items():
            value = getattr(row, part)
            if value is not None and value not in known:
                raise InvalidInput(
                    f"open cases have a {part.rstrip('_')} that this version does not have",
                    field="to_version",
                    hint="keep it in the new version until they are closed",
                )
