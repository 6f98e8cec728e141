"""One throw-away PostgreSQL for all integration tests, with each service's database as its migrations make it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.database import open_database
from shared.settings import SERVICES
from tests.integration.servers import served, throw_away_home

Open = Callable[[str], Awaitable[AsyncEngine]]


@pytest.fixture(scope="session")
def database_urls() -> Iterator[dict[str, str]]:
    """Service -> URL of its migrated database."""
    with throw_away_home("all") as home, served(home, SERVICES) as urls:
        yield urls


@pytest_asyncio.fixture
async def open_service(database_urls: dict[str, str]) -> AsyncIterator[Open]:
    """Opens a service's database with all its tables empty."""
    engines: list[AsyncEngine] = []

    async def open_it(service: str) -> AsyncEngine:
        engine = open_database(database_urls[service], size=20)
        engines.append(engine)
        async with engine.begin() as tx:
            names = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
            tables = ", ".join(f'"{name}"' for name in names if name not in ("alembic_version", "shards"))
            await tx.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
            if "shards" in names:
                await tx.execute(text("UPDATE shards SET cursor_at = '1970-01-01', swept_at = '1970-01-01'"))
        return engine

    yield open_it
    for engine in engines:
        await engine.dispose()
