"""What intake does by itself from time to time: old idempotency keys and uploads that broke off go, data keys follow
a new master key, and cases that were kept long enough are erased."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.handlers.retention import erase_expired
from services.intake.store import files, registration
from services.intake.store import vault as store_vault
from shared.business_time.clock import Clock
from shared.messaging.outbox import Outbox
from shared.messaging.retry import run_periodically
from shared.security.vault import Vault

log = structlog.get_logger(__name__)

KEYS_KEPT = timedelta(days=7)
"""Call centres send again after a long weekend."""
UPLOADS_KEPT = timedelta(days=1)
"""A file that has not come whole by then never will."""
_EVERY_SECONDS = 600.0
_ERASING_SECONDS = 10.0
_AT_ONCE = 200


async def clean_up(engine: AsyncEngine, vault: Vault, real: Clock) -> tuple[int, int]:
    """Do it once: (idempotency keys forgotten, data keys wrapped anew)."""
    async with engine.begin() as tx:
        await files.drop_abandoned(tx, real.now() - UPLOADS_KEPT)
        forgotten = await registration.forget_keys(tx, real.now() - KEYS_KEPT)
    rewrapped = 0
    while True:
        async with engine.begin() as tx:
            done = await store_vault.rewrap_some(tx, vault, _AT_ONCE)
        rewrapped += done
        if done < _AT_ONCE:
            return forgotten, rewrapped


async def clean_up_periodically(engine: AsyncEngine, vault: Vault, real: Clock) -> None:
    """Do it now and every ten minutes (real time), until cancelled; a database that is away is waited for."""

    async def work() -> None:
        forgotten, rewrapped = await clean_up(engine, vault, real)
        if forgotten or rewrapped:
            log.info("cleaned up", keys_forgotten=forgotten, data_keys_rewrapped=rewrapped)

    await run_periodically("cleaning up", work, every=_EVERY_SECONDS)


async def erase_periodically(outbox: Outbox, clock: Clock) -> None:
    """Erase the cases whose time is over by `clock`, now and every ten seconds (real time), until cancelled."""

    async def work() -> None:
        while erased := await erase_expired(outbox, clock):
            log.info("erased cases that were kept long enough", cases=erased)

    await run_periodically("erasing", work, every=_ERASING_SECONDS)
