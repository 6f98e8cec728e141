"""How many clocks are open: a gauge for those who watch. To count a million rows at once would hold up the timers."""

from __future__ import annotations

import time

from services.sla.store import cases
from shared.hosting.host import Context
from shared.messaging.retry import run_periodically
from shared.observability import metrics

_BLOCKS = 250  # of the table in one query: about ten thousand clocks
_SHARE = 100  # of the time, one part at most goes into counting
_EVERY_SECONDS = 16.0


class OpenClocks:
    """Counts the open clocks of one database, some blocks of the table at a time. Every worker process does.

    A clock that is written while it counts may be counted twice or not at all.
    """

    def __init__(self, context: Context, *, blocks: int = _BLOCKS) -> None:
        self._context = context
        self._blocks = blocks
        self._from = 0
        self._count = 0

    async def run(self) -> None:
        """Count, and again some while after each count; until cancelled."""
        await run_periodically("counting", self._count_and_rest, every=_EVERY_SECONDS)

    async def _count_and_rest(self) -> float:
        begun = time.monotonic()
        through = await self.count_some()
        return _EVERY_SECONDS if through else _SHARE * (time.monotonic() - begun)

    async def count_some(self) -> bool:
        """Count the next blocks; returns whether they were the last, after which the gauge is set."""
        blocks = range(self._from, self._from + self._blocks)
        async with self._context.engine.connect() as connection:
            found, through = await cases.count_open(connection, blocks)
        self._from, self._count = blocks.stop, self._count + found
        if through:
            metrics.CLOCKS_OPEN.set(self._count)
            self._from = self._count = 0
        return through
