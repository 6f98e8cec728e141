"""The transactions that append to the outbox: each wakes the relay of this process once it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.messaging.outbox.cache import OutboxCache

_OPTION: Final = "outbox"


class Outbox:
    """The outbox of one database in this process.

    `append` is given a connection and nothing else, so what it needs travels with the connection, as an execution
    option. A connection that was not opened here can append too: the relay then finds it within a quarter second.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.committed = asyncio.Event()
        """Set when a transaction that appended is committed; the relay clears it."""
        self.cache: OutboxCache | None = None
        """What was appended lately, while a relay of this process publishes it."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end and rolled back on an error; if it appended, the relay wakes then."""
        appended = Appended(self)
        async with self.engine.connect() as connection:
            await connection.execution_options(**{_OPTION: appended})
            async with connection.begin():
                yield connection
        if appended.any:
            self.committed.set()

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose statements are committed one by one; the relay wakes after each that appended."""
        async with self.engine.connect() as connection:
            options = {_OPTION: Appended(self, at_once=True), "isolation_level": "AUTOCOMMIT"}
            yield await connection.execution_options(**options)

    @contextmanager
    def cached_in(self, cache: OutboxCache) -> Iterator[None]:
        """While this lasts, what is appended is kept in `cache` as well."""
        self.cache = cache
        try:
            yield
        finally:
            self.cache = None


@dataclass(slots=True)
class Appended:
    """What a connection appended. `at_once`: each statement is a transaction of its own."""

    outbox: Outbox
    at_once: bool = False
    any: bool = False

    def note(self) -> None:
        """Something was appended."""
        self.any = True
        if self.at_once:
            self.outbox.committed.set()


def appended_by(connection: AsyncConnection) -> Appended | None:
    """What this connection appended; None if it was not opened by an `Outbox`."""
    found = connection.sync_connection
    option = found.get_execution_options().get(_OPTION) if found is not None else None
    return option if isinstance(option, Appended) else None


def cache_of(connection: AsyncConnection) -> OutboxCache | None:
    """The cache of the relay that publishes what this connection appends, if it runs in this process."""
    appended = appended_by(connection)
    return appended.outbox.cache if appended is not None else None
