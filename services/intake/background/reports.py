"""What intake does for recurring reports by itself: opens them, counts them, lets listed cases say so."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from services.intake.handlers.reports import ReportHandlers
from services.intake.store import reports as store
from shared.hosting.host import Context
from shared.messaging.database import is_passing
from shared.messaging.retry import run_periodically
from shared.observability import metrics

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0
_SETTLING_SECONDS = 5.0  # real: what happened at a period's end is on its way from the other services
_FIRST = UUID(int=0)
_COUNTED_EVERY = 10  # looks
_AGAIN_AFTER = 60  # looks


class Reports:
    """The reports' loop of one process. Any number of processes may run one."""

    def __init__(self, context: Context, handlers: ReportHandlers) -> None:
        self._context = context
        self._handlers = handlers
        self._after = _FIRST
        self._looks = 0
        self._not_before: dict[UUID, int] = {}  # the look at which a report that failed is tried again

    async def run(self) -> None:
        """Do what is due now and every second (real time), until cancelled."""
        await run_periodically("making reports", self.look, every=_LOOK_SECONDS)

    async def look(self) -> None:
        """Do what is due now: everything that can be opened, counted and listed; and look at one page of due dates."""
        while await self._handlers.open_due():
            pass
        await self._compute()
        while await self._handlers.list_next():
            pass
        self._after = await self._handlers.reschedule(self._after) or _FIRST
        if self._looks % _COUNTED_EVERY == 0:
            await self._measure()
        self._looks += 1

    async def _compute(self) -> None:
        """Count what can be made. One whose figures cannot be counted is logged and holds up no other."""
        settling = timedelta(seconds=_SETTLING_SECONDS * self._context.clock.rate())
        for id in await self._handlers.to_compute(settling=settling):
            if self._looks < self._not_before.get(id, 0):
                continue
            try:
                await self._handlers.compute(id)
            except Exception as error:
                if is_passing(error):
                    raise
                self._not_before[id] = self._looks + _AGAIN_AFTER
                log.error("a report cannot be computed", report_id=str(id), error=type(error).__name__, exc_info=error)

    async def _measure(self) -> None:
        async with self._context.engine.connect() as connection:
            counts = {one.procedure: one for one in await store.count_open(connection, self._context.clock.now())}
        for procedure in {one.id for one in self._context.library.all()}:
            found = counts.get(procedure)
            metrics.REPORTS_OPEN.labels(procedure=procedure).set(found.open if found else 0)
            metrics.REPORTS_OVERDUE.labels(procedure=procedure).set(found.overdue if found else 0)
