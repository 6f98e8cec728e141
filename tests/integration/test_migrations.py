"""What the migrations make is what the stores expect."""

from __future__ import annotations

import importlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from shared.messaging.database import open_database
from shared.service_names import SERVICES


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.asyncio
async def test_migrated_tables_are_those_of_the_store(service: str, database_urls: dict[str, str]) -> None:
    metadata = importlib.import_module(f"services.{service}.store.tables").metadata

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    engine = open_database(database_urls[service])
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()
