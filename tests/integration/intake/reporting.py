"""Intake with the procedure of reports: cases and what happened to them, put in at the instants that a test names."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.intake.consumer import Consumer
from services.intake.form_book import FormBook
from services.intake.handlers.reports import ReportHandlers
from shared.events import assignments as a
from shared.events import deadlines as d
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.hosting.host import Context
from tests.integration.intake.conftest import Intake
from tests.unit.intake.report_sample import PROCEDURE

_SOURCES = {a: "routing", d: "sla"}
_numbers = itertools.count(1)


def at(text: str) -> datetime:
    """An instant in Shanghai's time: `2025-03-03 10:00`."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


class Desk:
    """A desk whose clock a test moves."""

    def __init__(self, intake: Intake, handlers: ReportHandlers, forms: FormBook, context: Context) -> None:
        self.intake = intake
        self.context = context
        self.handlers = handlers
        self.forms = forms

    def now(self, text: str) -> None:
        """It is now this instant in Shanghai."""
        self.intake.clock.set(at(text))

    async def case(self, when: str, *, channel: str = "letter", **fields: Any) -> UUID:
        """A complaint that is registered at this instant."""
        self.now(when)
        body = {"procedure": PROCEDURE.id, "channel": channel, "fields": {"content": "内容", **fields}}
        answer = await self.intake.http.post("/v1/complaints", json=body)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["case_id"])

    async def happened(self, case: UUID, when: str, data: EventData, producer: str = "routing") -> None:
        """Another service says this of a case; it was emitted at this instant."""
        event: Event = make(producer, case, PROCEDURE.key, data, cause=str(next(_numbers)), at=at(when))
        async with self.intake.engine.begin() as tx:
            await Consumer(self.forms).handle(tx, [event.numbered(next(_numbers))], at(when))

    async def milestone(self, case: UUID, when: str, milestone: str, **fields: Any) -> None:
        """A department has reported a milestone."""
        await self.happened(case, when, a.MilestoneReached(milestone=milestone, at=at(when), by="desk", fields=fields))

    async def run(self, now: str | None = None) -> None:
        """Do all that is due by now, as the loop does."""
        if now is not None:
            self.now(now)
        while await self.handlers.open_due():
            pass
        for id in await self.handlers.to_compute():
            await self.handlers.compute(id)
        while await self.handlers.list_next():
            pass

    async def reports(self, **query: str) -> list[dict[str, Any]]:
        """The reports as the API lists them."""
        answer = await self.intake.http.get("/v1/reports", params={"limit": 500, **query})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["reports"]
        return found

    async def report(self, report: str, period: str) -> dict[str, Any]:
        """One report with its figures."""
        (one,) = await self.reports(report=report, period=period)
        answer = await self.intake.http.get(f"/v1/reports/{one['report_id']}")
        found: dict[str, Any] = answer.json()
        return found
