"""What time alone changes: windows of counts move on, and reports that wait have their time over.

When to look again stands in the database, with the row that it is about. So a restart loses nothing, and several
processes share the work: each row is taken by one of them, in a transaction with what it leads to.
"""

from __future__ import annotations

from services.routing import handlers
from services.routing.rule_book import RuleBook
from shared.hosting.host import Context
from shared.messaging.retry import run_periodically

_LOOK_SECONDS = 0.5


class LookingAgain:
    """Every worker process runs one."""

    def __init__(self, context: Context, rules: RuleBook) -> None:
        self._context = context
        self._rules = rules

    async def run(self) -> None:
        """Look for what has become due; until cancelled."""
        await run_periodically("looking again", self.work, every=_LOOK_SECONDS)

    async def work(self) -> float | None:
        """Do what is due by now; returns 0 if more may be."""
        now = self._context.clock.now()
        async with self._context.outbox.transaction() as tx:
            windows = await handlers.move_windows(tx, self._rules, now)
        async with self._context.outbox.transaction() as tx:
            reports = await handlers.end_waiting(tx, self._rules, now)
        return 0.0 if windows or reports else None
