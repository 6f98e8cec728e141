"""Work that a service does for as long as it lives, whatever becomes of its database meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.messaging.database import is_passing
from shared.retry import DATABASE

log = structlog.get_logger(__name__)


async def run_periodically(name: str, work: Callable[[], Awaitable[float | None]], *, every: float) -> None:
    """Do `work` now and again `every` real seconds after it ended, or as many as it returned; until cancelled.

    A database that is away is waited for (`name` stands in the log); every other error of `work` ends this.
    """
    while True:
        rest: float | None = None
        try:
            rest = await work()
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("work waits for the database", work=name, error=type(error).__name__)
        await asyncio.sleep(every if rest is None else max(0.0, rest))


async def until_done(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do `work` once, waiting for a database that is away: longer each time, up to 5 real seconds.

    For what must be written before anything else is done; `work` may run again after an attempt that failed half-way.
    """
    failures = 0
    while True:
        try:
            await work()
            return
        except Exception as error:
            if not is_passing(error):
                raise
            failures += 1
            wait = DATABASE.repeat(failures)
            log.warning("work waits for the database", work=name, error=type(error).__name__, seconds=wait)
            await asyncio.sleep(wait)
