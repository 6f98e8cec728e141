"""The sla service without its process: worker, timers, sweeper and watch of the rules over a real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.sla.background.rule_changes import Changes
from services.sla.handlers import ClockHandlers
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
        "warnings": [{"id": "ten-left", "before": "PT10M"}],
        "after_breach": [{"id": "hour-over", "after": "PT1H"}],
    }
)


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

    async def hear(self, *events: Event) -> None:
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
