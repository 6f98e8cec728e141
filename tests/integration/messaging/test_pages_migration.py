"""What waited to be published before the pages came still waits, in the same order."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from huiyin.embedded.database.migrate import migrations_of
from shared.settings import SERVICES

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "routing"])  # it began with pages
async def test_rows_become_pages(service: str, database_urls: dict[str, str]) -> None:
    engine = create_async_engine(make_url(database_urls[service]), poolclass=NullPool)

    def move(connection: Connection, revision: str) -> None:
        configuration = Config()
        configuration.set_main_option("script_location", str(migrations_of(service)))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)
        connection.commit()

    async with engine.connect() as connection:
        # the tables of the other tests are in another schema
        await connection.execute(text("CREATE SCHEMA before"))
        await connection.execute(text("SET search_path TO before"))
        await connection.commit()
        try:
            await connection.run_sync(move, "0001")
            await connection.execute(text("INSERT INTO unpublished SELECT 3 * n FROM generate_series(450, 1, -1) AS n"))
            await connection.commit()
            await connection.run_sync(move, "0002")
            pages = (await connection.execute(text("SELECT page, ids FROM unpublished ORDER BY page"))).all()
            assert [page.page for page in pages] == [1, 2, 3]
            assert [len(page.ids) for page in pages] == [200, 200, 50]
            assert [id_ for page in pages for id_ in page.ids] == [3 * n for n in range(1, 451)]
            added = await connection.scalar(text("INSERT INTO unpublished (ids) VALUES ('{9999}') RETURNING page"))
            assert added == 4
        finally:
            await connection.rollback()
            await connection.execute(text("DROP SCHEMA before CASCADE"))
            await connection.commit()
    await engine.dispose()
