"""How much of what was emitted has not been taken yet: the system's backlog, counted in its databases now and again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from huiyin.cli.client import Connection
from huiyin.cli.databases import database_urls
from huiyin.demo.audit.oracle import SUBSCRIPTIONS
from shared.errors import HuiyinError

_EVERY_SECONDS = 0.7

_EMITTED = text("SELECT topic, count(*) AS n FROM emitted_events GROUP BY topic")
_TAKEN = text("SELECT topic, count(*) AS n FROM inbox GROUP BY topic")
_ASIDE = text(
    "SELECT (SELECT coalesce(sum(cardinality(ids)), 0) FROM unpublished) + (SELECT count(*) FROM held_events)"
)
_NOTICES = text("SELECT count(*) FROM notices WHERE state IN ('waiting', 'sending')")


@dataclass(frozen=True)
class Backlog:
    """Events that a service has still to take, or to publish, and notices that wait. `at` is of `time.monotonic`."""

    events: int
    notices: int
    at: float

    @property
    def none(self) -> bool:
        """Whether nothing is on its way."""
        return self.events == 0 and self.notices == 0


class Monitor:
    """Counts in a thread of its own until `stop` is set. `latest` is None until it has counted."""

    def __init__(self, connection: Connection) -> None:
        self._urls = database_urls(connection)
        self.latest: Backlog | None = None

    def run(self, stop: threading.Event) -> None:
        """Count again and again."""
        asyncio.run(self._run(stop))

    async def _run(self, stop: threading.Event) -> None:
        engines = {name: create_async_engine(url, pool_size=1) for name, url in self._urls.items()}
        try:
            while not stop.is_set():
                try:
                    self.latest = await count(engines)
                except (SQLAlchemyError, HuiyinError, OSError):
                    self.latest = None  # a database is being started anew
                await asyncio.sleep(_EVERY_SECONDS)
        finally:
            for engine in engines.values():
                await engine.dispose()


async def count(engines: dict[str, AsyncEngine]) -> Backlog:
    """The backlog at about one moment: what was taken is counted after what was emitted."""
    began = time.monotonic()
    emitted: Counter[str] = Counter()
    missing = 0
    for engine in engines.values():
        async with engine.connect() as connection:
            for row in await connection.execute(_EMITTED):
                emitted[row.topic] += row.n
            missing += int(await connection.scalar(_ASIDE) or 0)
    notices = 0
    for service, engine in engines.items():
        async with engine.connect() as connection:
            taken = {row.topic: row.n for row in await connection.execute(_TAKEN)}
            if service == "notify":
                notices = int(await connection.scalar(_NOTICES) or 0)
        missing += sum(
            max(0, emitted[topic] - taken.get(topic, 0)) for topic in SUBSCRIPTIONS[service] if topic in emitted
        )
    return Backlog(missing, notices, began)
