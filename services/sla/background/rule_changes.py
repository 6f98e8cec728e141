"""Calendars that change while clocks run: every open clock is decided anew, once; what moves is rescheduled.

A change is noted in the database by the first process that sees it, and worked on in pages by whichever is free. Each
page is one transaction with its place in it: a process that dies in one leaves nothing half done, and the next goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.domain.rule_versions import label
from services.sla.handlers import ClockHandlers
from services.sla.store import rule_changes
from shared.business_time.calendars import Calendar
from shared.events.envelope import Event
from shared.hosting.host import Context
from shared.hosting.reloading import calendars_of
from shared.messaging import outbox
from shared.messaging.retry import run_periodically
from shared.procedures.model import Procedure

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5
_SETTLING_SECONDS = 2.0  # until then every process has read the calendars that one has (see `shared.hosting.reloading`)
_PAGE = 100
_BREATH_SECONDS = 0.01  # between pages, so that timers and events get their turn
_SAID_BEFORE_SECONDS = 10.0  # what was decided on new calendars before the change was noted counts too


class Changes:
    """Watches for calendars that differ from those that clocks rest on. Every worker process runs one."""

    def __init__(self, context: Context, handlers: ClockHandlers) -> None:
        self._context = context
        self._handlers = handlers
        self._noted: dict[str, str] | None = None

    async def run(self) -> None:
        """Note what has changed, and recompute; until cancelled."""
        await run_periodically("recomputing", self._note_and_work, every=_LOOK_SECONDS)

    async def _note_and_work(self) -> None:
        await self.note()
        while await self.page(settling=_SETTLING_SECONDS):  # noqa: ASYNC110  (each turn is work, not a look)
            await asyncio.sleep(_BREATH_SECONDS)

    async def note(self) -> list[str]:
        """Begin a recomputation if this process has calendars that are not yet noted; returns its causes.

        A process notes what it sees change, and at its start what has changed while none ran. One that has not read
        the new calendars yet sees no change, so it cannot set them back.
        """
        calendars = dict(self._context.calendars)
        present = _digests(calendars)
        if present == self._noted:
            return []
        now = self._context.clock.now()
        async with self._context.engine.begin() as tx:
            await rule_changes.lock_calendars(tx)
            known = await rule_changes.in_force(tx)
            changed = {id: calendars[id] for id, digest in present.items() if known.get(id) != digest}
            because = sorted(f"calendar:{label(calendar)}" for calendar in changed.values())
            if changed:
                noted = {id: (calendar.version, calendar.digest) for id, calendar in changed.items()}
                await rule_changes.put_in_force(tx, noted, now)
            if changed and known:  # the first calendars of all move nothing
                await rule_changes.begin(tx, because, now)
        self._noted = present
        if not (changed and known):
            return []
        log.info("calendars have changed, open clocks are recomputed", because=because)
        return because

    async def page(self, *, settling: float = 0.0) -> bool:
        """Decide anew on the next page of open cases; returns whether there may be more.

        `settling`: how many real seconds a change must have been noted for.
        """
        context = self._context
        async with context.outbox.transaction() as tx:
            one = await rule_changes.next_open(tx, settling)
            if one is None or not await self._is_up_to_date(tx):
                return False
            procedures = {procedure.id for procedure in context.library.all() if _concerns(one.because, procedure)}
            ids = await rule_changes.open_cases(tx, procedures, one.after_case, limit=_PAGE)
            emitted: list[Event] = []
            if ids:
                cases, now = await self._handlers.hold(tx, ids)
                emitted = await self._handlers.settle(tx, cases.values(), now, because=one.because[0])
                await outbox.append(tx, emitted)
                await rule_changes.go_on(tx, one.id, ids[-1], len(ids))
            else:
                margin = timedelta(seconds=_SAID_BEFORE_SECONDS * (context.clock.rate() or 1.0))
                await rule_changes.finish(tx, one, one.started_at - margin, context.clock.now())
        log.info(
            "open clocks are recomputed", because=one.because, cases=len(ids), emitted=len(emitted), finished=not ids
        )
        return True

    async def _is_up_to_date(self, tx: AsyncConnection) -> bool:
        """Whether this process has the calendars that were noted last."""
        known = await rule_changes.in_force(tx)
        return all(known.get(id) == digest for id, digest in _digests(self._context.calendars).items())


def _concerns(because: Sequence[str], procedure: Procedure) -> bool:
    """Whether a procedure counts on one of the calendars that have changed."""
    changed = {cause.removeprefix("calendar:").partition("@")[0] for cause in because}
    return not changed.isdisjoint(calendars_of(procedure))


def _digests(calendars: Mapping[str, Calendar]) -> dict[str, str]:
    return {id: calendar.digest for id, calendar in calendars.items()}
