"""One throw-away PostgreSQL for all integration tests, with each service's database as its migrations make it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.messaging.database import open_database
from tests.integration.servers import databases_of

Open = Callable[[str], Awaitable[AsyncEngine]]


@pytest.fixture(scope="session")
def database_urls(worker_id: str) -> dict[str, str]:
    """Service -> URL of its migrated database."""
    return databases_of(worker_id)


@pytest_asyncio.fixture
async def open_service(database_urls: dict[str, str]) -> AsyncIterator[Open]:
    """Opens a service's database with all its tables empty."""
    engines: list[AsyncEngine] = []

    async def open_it(service: str) -> AsyncEngine:
        engine = open_database(database_urls[service], size=20)
        engines.append(engine)
        async with engine.begin() as tx:
            await empty(tx)
        return engine

    yield open_it
    for engine in engines:
        await engine.dispose()


async def empty(tx: AsyncConnection) -> None:
    """Empty the tables that hold anything; numbers begin anew, and every shard of timers has fired nothing."""
    names = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
    tables = [name for name in names if name not in ("alembic_version", "shards")]
    filled = " UNION ALL ".join(f"(SELECT '{name}' FROM \"{name}\" LIMIT 1)" for name in tables)  # noqa: S608  (names of tables)
    found = [row[0] for row in await tx.execute(text(filled))]
    if found:
        await tx.execute(text("TRUNCATE " + ", ".join(f'"{name}"' for name in found)))
    sequences = await tx.execute(
        text(
            "SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
        )
    )
    for (name,) in sequences.all():
        await tx.execute(text(f'ALTER SEQUENCE "{name}" RESTART'))
    if "shards" in names:
        await tx.execute(text("UPDATE shards SET cursor_at = '1970-01-01', swept_at = '1970-01-01'"))
