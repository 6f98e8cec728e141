"""A database server of its own for these tests, with notify's tables."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

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
from shared.stack.process import end_group, forget, spawn, wait_ended, wait_for


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The URL of a migrated notify database on a throw-away server."""
    # Not below pytest's own folder: another session of pytest closes that to the database's user (mode 0700).
    folder = Path(tempfile.mkdtemp(prefix="huiyin-notify-tests-"))
    try:
        yield from _served(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _served(folder: Path) -> Iterator[str]:
    home = Home(folder)
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
        migrations = migrations_of("notify")
        assert migrations is not None
        asyncio.run(migrate("notify", migrations, url))
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
