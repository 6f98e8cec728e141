"""Notify's database, empty."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.database import open_database
from tests.integration.conftest import empty


@pytest.fixture
def database_url(database_urls: dict[str, str]) -> str:
    """The URL of notify's database."""
    return database_urls["notify"]


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Empty tables."""
    found = open_database(database_url, size=20)
    async with found.begin() as tx:
        await empty(tx)
    yield found
    await found.dispose()
