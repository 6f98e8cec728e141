"""Events of the topics: load their cases, fold them in, and write what they cause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.case import fold_all
from services.notify.handlers.reactions import Reactions
from services.notify.store import cases as store
from shared.events.envelope import Event


async def apply_events(
    tx: AsyncConnection, reactions: Reactions, events: Sequence[Event], now: datetime
) -> Sequence[Event]:
    """Apply events within the caller's transaction; returns the follow-ups that are to be made."""
    cases = await store.load(tx, {event.subject for event in events})
    return await reactions.react(tx, cases, fold_all(cases, events), now)
