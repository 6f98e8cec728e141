"""Events of the other services go into the timelines of their cases, and into where the cases stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.forms import Form
from services.intake.form_book import FormBook
from services.intake.handlers.emitting import number_documents
from services.intake.handlers.retention import note_retention
from services.intake.handlers.supplements import refuse_lapsed
from services.intake.store import cases as store
from services.intake.store import timeline
from shared.errors import NotFound
from shared.events.deadlines import ClockBreached
from shared.events.envelope import Event
from shared.events.occurrences import names

log = structlog.get_logger(__name__)


async def apply_events(tx: AsyncConnection, forms: FormBook, events: Sequence[Event], now: datetime) -> None:
    """Write events into timelines and project their cases anew, in any order; documents due get their numbers."""
    locked = await store.lock_cases(tx, {event.subject for event in events})
    await timeline.write_entries(tx, events)
    await timeline.project_cases(tx, locked)
    happened: dict[UUID, set[str]] = {}
    for event in events:
        happened.setdefault(event.subject, set()).update(names(event))
    for case in (await store.find_cases(tx, locked)).values():
        form = _form(forms, case.pin)
        if form is not None:
            await note_retention(tx, case, form, happened[case.id])
        if form is not None and form.procedure.documents:
            await number_documents(tx, case, form, happened[case.id], now)
        if form is not None and form.procedure.supplements:
            breached = [
                (event.data.clock, event.data.cycle)
                for event in events
                if event.subject == case.id and isinstance(event.data, ClockBreached)
            ]
            await refuse_lapsed(tx, case, form, breached, now)


def _form(forms: FormBook, pin: tuple[str, int]) -> Form | None:
    """A case's form; None if its procedure was taken away: what happened is still written down."""
    try:
        return forms.pinned(pin)
    except NotFound:
        log.warning("a case's procedure is not in the library", procedure=pin[0], version=pin[1])
        return None
