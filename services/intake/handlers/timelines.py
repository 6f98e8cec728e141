"""Events of the other services go into the timelines of their cases, and into where the cases stand."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.store import cases as store
from services.intake.store import timeline
from shared.events.envelope import Event


async def apply_events(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Write events into timelines and project their cases anew; any order is right."""
    locked = await store.lock_cases(tx, {event.subject for event in events})
    await timeline.write_entries(tx, events)
    await timeline.project_cases(tx, locked)
