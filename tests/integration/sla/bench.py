"""The sla service without its process: worker, timers, sweeper and watch of the rules over a real database."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.sla.background.rule_changes import Changes
from services.sla.domain.shards import SHARDS, shard_of
from services.sla.handlers import ClockHandlers
from services.sla.store import timers as store_timers
from services.sla.timers.scheduler import Timers
from services.sla.timers.sweeper import Sweeper
from shared.business_time.calendars import Calendar
from shared.business_time.clock import VirtualClock
from shared.business_time.loader import load_calendars
from shared.events.assignments import MilestoneReached
from shared.events.complaints import ComplaintRegistered
from shared.events.envelope import Event, decode, make
from shared.hosting.host import Context
from shared.messaging import outbox
from shared.messaging.outbox import Outbox
from shared.procedures.loader import assemble
from shared.procedures.model import Procedure
from shared.settings import ServiceSettings
from tests.unit.sla.scenes import procedure

AT = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)
RULES = procedure(
    {
        "from": ["received"],
        "until": ["resolved"],
        "duration": "PT30M",
        "steps": [{"id": "ten-left", "before": "PT10M"}, {"id": "hour-over", "after": "PT1H"}],
    }
)


_DUE = text(
    """
    SELECT EXISTS (
        SELECT 1 FROM timers t JOIN shards s USING (shard)
        WHERE (t.due_at, t.case_id) > (s.cursor_at, s.cursor_case) AND t.due_at <= :now)
    """
)


@contextlib.asynccontextmanager
async def running(timers: Timers) -> AsyncIterator[None]:
    """Both loops run while the body does; what ends one of them ends the test."""
    both = asyncio.gather(timers.fire(), timers.fire_aside())
    try:
        yield
        assert not both.done(), both.exception()
    finally:
        both.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await both


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


class Bench:
    """One process's worth of the service, on a clock that is moved by hand. `calendars` beside the built-in ones."""

    def __init__(
        self,
        engine: AsyncEngine,
        *procedures: Procedure,
        start: datetime = AT,
        calendars: Mapping[str, Calendar] | None = None,
    ) -> None:
        self.engine = engine
        self.clock = VirtualClock(start)
        self.calendars = {**load_calendars(), **(calendars or {})}
        library = assemble([(f"{one.id}@{one.version}", one) for one in procedures or (RULES,)])
        settings = ServiceSettings(database="", kafka="")
        self.context = Context("sla", settings, engine, self.clock, library, self.calendars, Outbox(engine))
        self.handlers = ClockHandlers(library, self.calendars, self.clock)

    def timers(self) -> Timers:
        """One firing loop's worth of timers."""
        return Timers(self.context, self.handlers)

    async def fire(self, timers: Timers | None = None) -> int:
        """Run the two firing loops, as a worker does, until nothing is due; returns how many steps were emitted.

        Where nothing is due, a void timer is, so that the loops have had their turn in any case.
        """
        before = await self._count_steps()
        if await self.nothing_is_due():
            await self._plant_void_timer()
        async with running(timers or self.timers()):
            await until(self.nothing_is_due)
        return await self._count_steps() - before

    async def _count_steps(self) -> int:
        return sum(count for (_, step), count in (await self.steps()).items() if step)

    async def nothing_is_due(self) -> bool:
        """Whether each shard has fired all that has come."""
        async with self.engine.connect() as connection:
            return not await connection.scalar(_DUE, {"now": self.clock.now()})

    async def _plant_void_timer(self) -> None:
        """In a shard without cases, if there is one."""
        used = {shard_of(row["id"]) for row in await self.rows("SELECT id FROM cases")}
        shard = next((one for one in range(SHARDS) if one not in used), 0)
        nobody = UUID(int=uuid4().int & ~(SHARDS - 1) | shard)
        async with self.engine.begin() as tx:
            row = store_timers.TimerRow(shard, self.clock.now(), nobody, uuid4(), "none", 1, 1, "none", True)
            await store_timers.insert(tx, [row])

    async def waits_for_a_shard(self) -> bool:
        """Whether somebody waits for a shard that another holds."""
        return bool(await self.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))

    def sweeper(self) -> Sweeper:
        """One sweeper."""
        return Sweeper(self.context, self.handlers)

    async def sweep_all(self) -> None:
        """One look at everything: a new sweeper's."""
        sweeper = self.sweeper()
        while not await sweeper.sweep_slice():
            pass
        while await sweeper.check_cases():
            pass

    def changes(self) -> Changes:
        """One watch of the rules."""
        return Changes(self.context, self.handlers)

    async def apply(self, *events: Event) -> None:
        """Events come in."""
        async with self.engine.begin() as tx:
            await outbox.append(tx, await self.handlers.apply_events(tx, events, self.clock.now()))

    async def emitted(self, word: str | None = None) -> list[Event]:
        """All events in order; or those of this kind, such as `breached`."""
        events = [
            decode(row["value"]) for row in await self.rows("SELECT value FROM emitted_events ORDER BY id, place")
        ]
        return [one for one in events if word is None or one.type == f"huiyin.deadline.{word}.v1"]

    async def steps(self) -> Counter[tuple[UUID, str]]:
        """How often each step of each case was said."""
        return Counter((one.subject, str(getattr(one.data, "step", ""))) for one in await self.emitted())

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the database answers."""
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(sql))).mappings()]

    async def recomputation(self) -> dict[str, Any]:
        """The last one noted."""
        return (await self.rows("SELECT * FROM recomputations ORDER BY id DESC LIMIT 1"))[0]


def registered(case: UUID, at: datetime = AT) -> Event:
    """A complaint received then."""
    data = ComplaintRegistered(case_number="S1", channel="online", received_at=at)
    return make("intake", case, RULES.key, data, cause="1", at=at)


def resolved(case: UUID, at: datetime) -> Event:
    """Its answer."""
    data = MilestoneReached(milestone="resolved", at=at, by="office")
    return make("routing", case, RULES.key, data, cause="2", at=at)
