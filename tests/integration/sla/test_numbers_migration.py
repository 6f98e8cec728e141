"""What timers had said before bundles came was numbered in the outbox alone; the numbers go on from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from huiyin.embedded.database.migrate import migrations_of

pytestmark = pytest.mark.asyncio

# both of shard 3: the cursor has passed the first at its own instant, and the second only before it
PASSED, NOT_YET = UUID(int=0x13), UUID(int=0x33)
CURSOR = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)

_GIVEN = {"passed": PASSED, "not_yet": NOT_YET, "between": UUID(int=0x23), "at": CURSOR}
_BEFORE = (
    "UPDATE shards SET cursor_at = :at, cursor_case = :between WHERE shard = 3",
    """
    INSERT INTO cases (id, procedure, version, occurrences, said, generation, open, checked_at)
    SELECT id, 'p', 1, '[]', '{}', 1, true, now()
    FROM unnest(ARRAY[CAST(:passed AS uuid), CAST(:not_yet AS uuid)]) AS id
    """,
    "INSERT INTO sequences VALUES (:passed, 'huiyin.deadlines.v1', 1), (:not_yet, 'huiyin.deadlines.v1', 7)",
    """
    INSERT INTO outbox (event_id, case_id, sequence, topic, type, value, said_at)
    SELECT gen_random_uuid(), :passed, n, 'huiyin.deadlines.v1', 't', '', now() FROM generate_series(1, 3) AS n
    """,
)


async def test_numbers_go_on_from_what_the_outbox_has(database_urls: dict[str, str]) -> None:
    engine = create_async_engine(make_url(database_urls["sla"]), poolclass=NullPool)

    def move(connection: Connection, revision: str) -> None:
        configuration = Config()
        configuration.set_main_option("script_location", str(migrations_of("sla")))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)
        connection.commit()

    async with engine.connect() as connection:
        # the tables of the other tests are in another schema
        await connection.execute(text("CREATE SCHEMA before"))
        await connection.execute(text("SET search_path TO before"))
        await connection.commit()
        try:
            await connection.run_sync(move, "0005")
            for statement in _BEFORE:
                names = [name for name in _GIVEN if f":{name}" in statement]
                await connection.execute(text(statement), {name: _GIVEN[name] for name in names})
            await connection.commit()
            await connection.run_sync(move, "head")
            last = await connection.execute(text("SELECT last FROM sequences ORDER BY case_id"))
            assert last.scalars().all() == [3, 7]
            at = await connection.execute(text("SELECT numbered_at FROM cases ORDER BY id"))
            assert at.scalars().all() == [CURSOR, CURSOR - timedelta(microseconds=1)]
        finally:
            await connection.rollback()
            await connection.execute(text("DROP SCHEMA before CASCADE"))
            await connection.commit()
    await engine.dispose()
