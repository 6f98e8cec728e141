"""A database server of its own for these tests, with notify's tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.store import metadata
from shared.messaging.database import open_database
from shared.stack import postgres
from shared.stack.databases import connect, make_databases, service_url
from shared.stack.home import Home
from shared.stack.migrate import migrate, migrations_of
from shared.stack.process import end_group, forget, spawn, wait_for, wait_ended


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated notify database on a throw-away server."""
    home = Home(tmp_path_factory.mktemp("notify-home"))
    home.create()
    command = postgres.prepare(home)
    process = spawn("postgres", command, log=home.log("postgres"), records=home.run)
    try:
        admin = postgres.admin_url(home)

        def answers() -> bool:
            async def ask() -> None:
                await (await connect(admin)).close()

            try:
                asyncio.run(ask())
            except Exception:
                return False
            return True

        assert wait_for(answers, 60.0)
        asyncio.run(make_databases(admin, {"notify": "secret"}))
        url = service_url(admin, "notify", "secret")
        folder = migrations_of("notify")
        assert folder is not None
        asyncio.run(migrate("notify", folder, url))
        yield url
    finally:
        end_group(process.pid, command.stop_signal)
        wait_ended(process, 30.0)
        forget("postgres", home.run)


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Empty tables."""
    found = open_database(database_url, size=20)
    async with found.begin() as tx:
        await tx.execute(text("TRUNCATE " + ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)))
    yield found
    await found.dispose()
