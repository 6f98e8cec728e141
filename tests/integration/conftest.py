"""One throw-away PostgreSQL for all integration tests, with each service's database as its migrations make it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.database import open_database
from shared.settings import SERVICES
from shared.stack import postgres
from shared.stack.databases import connect, make_databases, service_url
from shared.stack.home import Home
from shared.stack.migrate import migrate, migrations_of
from shared.stack.process import end_group, forget, spawn, wait_ended, wait_for

Open = Callable[[str], Awaitable[AsyncEngine]]


@pytest.fixture(scope="session")
def database_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Service -> URL of its migrated database."""
    home = Home(tmp_path_factory.mktemp("databases"))
    home.create()
    command = postgres.prepare(home)
    process = spawn("postgres", command, log=home.log("postgres"), records=home.run)
    try:
        admin = postgres.admin_url(home)
        assert wait_for(lambda: _answers(admin), 60.0)
        asyncio.run(make_databases(admin, dict.fromkeys(SERVICES, "secret")))
        urls = {service: service_url(admin, service, "secret") for service in SERVICES}
        for service, url in urls.items():
            folder = migrations_of(service)
            assert folder is not None
            asyncio.run(migrate(service, folder, url))
        yield urls
    finally:
        end_group(process.pid, command.stop_signal)
        wait_ended(process, 30.0)
        forget("postgres", home.run)


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


def _answers(admin: str) -> bool:
    async def ask() -> None:
        await (await connect(admin)).close()

    try:
        asyncio.run(ask())
    except Exception:
        return False
    return True
