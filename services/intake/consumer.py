"""Intake's consumer: the events of the other services go, in their order, to one use case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.form_book import FormBook
from services.intake.handlers import timelines
from shared.events.envelope import Event


class Consumer:
    """Handles a batch of events within the batch's transaction."""

    def __init__(self, forms: FormBook) -> None:
        self._forms = forms

    async def unknown_cases(self, tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
        """None: events of a case can only follow its registration here."""
        return set()

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Apply events in order; what follows from them is emitted within, for it belongs into timelines too."""
        await timelines.apply_events(tx, self._forms, events, now)
        return ()
