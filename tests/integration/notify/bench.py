"""Notify in one process: its worker fed by hand, its senders started and stopped by the test, a vault of the test's."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.consumer import Consumer
from services.notify.delivery.attempts import DeliveryResults
from services.notify.delivery.composer import Composer
from services.notify.delivery.sender import Sender
from services.notify.delivery.sinks import Sink
from services.notify.delivery.sinks.file import FileSink
from services.notify.delivery.sinks.webhook import WebhookSink
from services.notify.delivery.vault_client import Vault
from services.notify.domain.digests import Window
from services.notify.domain.recipients import Recipients
from services.notify.handlers.reactions import Reactions
from services.notify.handlers.service import NoticeService
from shared.business_time.clock import Clock, RealClock, VirtualClock
from shared.business_time.loader import load_calendars
from shared.events import envelope
from shared.events.envelope import Event
from shared.messaging import outbox
from shared.messaging.database import sqlstate
from shared.messaging.outbox import Outbox
from tests.integration.notify.receivers import Answer, HttpServer, Request
from tests.unit.notify.samples import START, library

LOCK_NOT_AVAILABLE = "55P03"
WINDOW = Window(late_after=60.0, seconds=0.2)
CANARY = {"name": "张三丰", "email": "zhang.sanfeng@example.com", "phone": "13800001111"}


class FakeVault:
    """Answers as intake's internal API does. `away`: it answers 503. `unknown`: it knows no case."""

    def __init__(self) -> None:
        self.away = False
        self.unknown = False
        self.fields = dict(CANARY)
        self.language = "zh"
        self.asked: list[tuple[str, str]] = []

    async def answer(self, request: Request) -> Answer:
        """One answer."""
        if self.away:
            return Answer(503)
        return Answer(200, json.dumps([self._one(one) for one in json.loads(request.body)["asked"]]).encode())

    def _one(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        if self.unknown:
            return None
        self.asked.append((",".join(asked["fields"]), asked["purpose"]))
        return {
            "case_number": "from the vault",
            "language": self.language,
            "receipt_code": "K7QF-9M2X",
            "progress_url": "/v1/progress?case_number=T",
            "fields": {name: self.fields[name] for name in asked["fields"] if name in self.fields},
            "documents": {"reply": "水管已修好。"},
        }


class Bench:
    """What a test drives."""

    def __init__(
        self,
        engine: AsyncEngine,
        folder: Path,
        vault_url: str,
        recipients: Recipients,
        sinks: Mapping[str, Sink],
        real: Clock,
        window: Window = WINDOW,
    ) -> None:
        self.engine = engine
        self.folder = folder
        self.real = real
        self.clock = VirtualClock(START)
        self.outbox = Outbox(engine)
        self.reactions = Reactions(library(), load_calendars(), self.clock, real, window)
        self.vault_url = vault_url
        self.vault = Vault(vault_url, "hyk_test")
        self.composer = Composer(library(), recipients, self.vault, vault_url)
        self.service = NoticeService(library(), load_calendars(), self.reactions)
        self.results = DeliveryResults(self.outbox, self.clock, real, self.reactions, self.service)
        self.sinks: dict[str, Sink] = {"file": FileSink(folder), "webhook": WebhookSink(recipients), **sinks}

    async def apply(self, events: Sequence[Event]) -> list[Event]:
        """Feed events as one batch, again if a sender holds a case for too long; returns what was emitted."""
        while True:
            try:
                async with self.engine.begin() as tx:
                    return await outbox.append(tx, await Consumer(self.reactions).handle(tx, events, self.clock.now()))
            except DBAPIError as error:
                if sqlstate(error) != LOCK_NOT_AVAILABLE:
                    raise

    def sender(self, *, stale: float = 15.0, failpoint: Callable[[str], None] = lambda _place: None) -> Sender:
        """A sender that is not running yet."""
        return Sender(
            self.outbox,
            self.composer,
            self.sinks,
            self.results,
            self.real,
            stale=timedelta(seconds=stale),
            failpoint=failpoint,
        )

    @contextlib.asynccontextmanager
    async def sending(self, **options: Any) -> AsyncIterator[Sender]:
        """A sender that runs while the body does."""
        sender = self.sender(**options)
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def rows(self, where: str = "true") -> list[Any]:
        """Notices in the order in which they were made."""
        async with self.engine.connect() as tx:
            return list(await tx.execute(text(f"SELECT * FROM notices WHERE {where} ORDER BY position")))  # noqa: S608

    async def row(self, notice: str) -> Any:
        """The one notice of this element."""
        (found,) = await self.rows(f"notice = '{notice}'")
        return found

    async def events(self) -> list[Event]:
        """What notify has emitted."""
        async with self.engine.connect() as tx:
            return [
                envelope.decode(row.value) for row in await tx.execute(text("SELECT value FROM outbox ORDER BY id"))
            ]

    async def until(self, condition: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
        """Await a condition."""
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)

    async def until_state(self, notice: str, state: str, seconds: float = 60.0) -> Any:
        """Await that all notices of an element are in a state; returns the last."""

        async def there() -> bool:
            rows = await self.rows(f"notice = '{notice}'")
            return bool(rows) and all(row.state == state for row in rows)

        await self.until(there, seconds)
        return (await self.rows(f"notice = '{notice}'"))[-1]

    def files(self) -> list[dict[str, Any]]:
        """Everything in the file sink's folder."""
        return [json.loads(path.read_text("utf-8")) for path in sorted(self.folder.rglob("*.json"))]


@contextlib.asynccontextmanager
async def bench(
    engine: AsyncEngine,
    folder: Path,
    *,
    recipients: Recipients | None = None,
    sinks: Mapping[str, Sink] | None = None,
    real: Clock | None = None,
    window: Window = WINDOW,
) -> AsyncIterator[tuple[Bench, FakeVault]]:
    """A bench and its vault."""
    vault = FakeVault()
    async with HttpServer(vault.answer) as server:
        made = Bench(engine, folder, server.url, recipients or Recipients(), sinks or {}, real or RealClock(), window)
        try:
            yield made, vault
        finally:
            await made.vault.close()
