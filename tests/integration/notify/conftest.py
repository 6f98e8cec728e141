"""A database server of its own for these tests, with notify's tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.store.cases import metadata
from shared.messaging.database import open_database
from tests.integration.servers import served, throw_away_home


@pytest.fixture(scope="package")
def database_url() -> Iterator[str]:
    """The URL of a migrated notify database on a throw-away server."""
    with throw_away_home("notify") as home, served(home, ["notify"]) as urls:
        yield urls["notify"]


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Empty tables."""
    found = open_database(database_url, size=20)
    async with found.begin() as tx:
        await tx.execute(text("TRUNCATE " + ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)))
    yield found
    await found.dispose()
