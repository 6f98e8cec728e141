"""Routing's consumer: the events of all its topics go, in their order, to one use case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing import handlers
from services.routing.rule_book import RuleBook
from services.routing.store import cases
from shared.events.envelope import Event
from shared.events.reports import is_report


class Consumer:
    """Handles a batch of events within the batch's transaction."""

    def __init__(self, rules: RuleBook) -> None:
        self._rules = rules

    async def unknown_cases(self, tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
        """Cases whose registration has not come: everything else of them waits for it."""
        return await cases.unknown(tx, {id for id in ids if not is_report(id)})

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Apply events in order; returns what is to be published. Recurring reports are nobody's to route."""
        of_cases = [event for event in events if not is_report(event.subject)]
        return await handlers.apply_events(tx, self._rules, of_cases, now)
