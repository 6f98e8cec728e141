"""Notify's consumer: the events of all its topics go, in their order, to one use case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.handlers.events import apply_events
from services.notify.handlers.reactions import Reactions
from services.notify.store import cases
from shared.events.envelope import Event


class Consumer:
    """Handles a batch of events within the batch's transaction."""

    def __init__(self, reactions: Reactions) -> None:
        self._reactions = reactions

    async def unknown_cases(self, tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
        """Cases whose registration has not come: everything else of them waits for it."""
        return set(ids) - await cases.known(tx, ids)

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Apply events in order; returns what is to be published."""
        return await apply_events(tx, self._reactions, events, now)
