"""Keeping cases as long as their procedure says, and destroying then what the vault holds of them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import retention
from services.intake.domain.case import Case
from services.intake.domain.forms import Form
from services.intake.store import cases, erasure, timeline
from shared.business_time.clock import Clock
from shared.events.complaints import ComplaintErased
from shared.events.envelope import make
from shared.messaging.outbox import Outbox
from shared.observability import metrics


async def note_retention(tx: AsyncConnection, case: Case, form: Form, names: Collection[str]) -> None:
    """Write until when a case is kept, after these occurrences, which are in its timeline; its row is locked."""
    if retention.concerns(form.procedure, names):
        entries = await timeline.timeline_of(tx, case.id)
        until = retention.kept_until(form.procedure, entries, form.calendar)
        if until != case.kept_until:
            await cases.save_kept_until(tx, case.id, until)


async def erase_expired(outbox: Outbox, clock: Clock, limit: int = 50) -> int:
    """Destroy the vault's part of cases whose time is over on the cases' clock; returns how many.

    Keys go first of all: what a dump still holds of them can be opened no more.
    """
    now = clock.now()
    async with outbox.transaction() as tx:
        expired = await erasure.expired(tx, now, limit)
        for case in expired:
            await erasure.erase(tx, case.id, now)
            erased = ComplaintErased(kept_until=case.kept_until)
            until = case.kept_until.isoformat() if case.kept_until else ""
            await timeline.emit(tx, [make("intake", case.id, case.pin, erased, cause=f"erased|{until}", at=now)])
            metrics.CASES_ERASED.labels(procedure=case.procedure).inc()
    return len(expired)
