"""The sla service's consumer: the events of all its topics go, in their order, to one use case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.handlers import ClockHandlers
from shared.events.envelope import Event


class Consumer:
    """Handles a batch of events within the batch's transaction."""

    def __init__(self, handlers: ClockHandlers) -> None:
        self._handlers = handlers

    async def unknown_cases(self, tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
        """None: clocks are computed from a set, so an event may come before its case's registration."""
        return set()

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Apply events in order; returns what is to be published."""
        return await self._handlers.apply_events(tx, events, now)
