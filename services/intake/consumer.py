"""Events in: what the other services say of a case goes into its timeline, and into where it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.store import cases as store
from services.intake.store import timeline
from shared.events.envelope import Event


class Worker:
    """Keeps the timelines. It says nothing itself."""

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Write the events into the timelines of their cases and project these anew; any order is right."""
        known = await store.lock_cases(tx, {event.subject for event in events})
        await timeline.write_entries(tx, events)
        await timeline.project_cases(tx, known)
        return ()

    async def unknown_cases(self, tx: AsyncConnection, cases: Collection[UUID]) -> set[UUID]:
        """None: what is said of a case can only follow its registration here."""
        return set()
