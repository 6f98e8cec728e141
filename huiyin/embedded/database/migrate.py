"""Bring each service's database to the newest version of its tables, by that service's own Alembic migrations.

The migrations are run by their path: this package knows where the services are, but imports none of them.
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.errors import StackError


def migrations_of(service: str) -> Path | None:
    """The folder of a service's migrations; None if the service has none."""
    found = importlib.util.find_spec("services")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations))) / service / "migrations"
    return folder if (folder / "env.py").is_file() else None


async def migrate(service: str, folder: Path, database_url: str) -> bool:
    """Upgrade to the newest version; returns whether there was anything to do.

    Raises `StackError` naming the service if a migration fails, or if the database is newer than this program.
    """
    configuration = Config()
    configuration.set_main_option("script_location", str(folder).replace("%", "%%"))
    heads = set(ScriptDirectory.from_config(configuration).get_heads())
    engine = create_async_engine(database_url, poolclass=NullPool)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_upgrade, configuration, heads)
    except CommandError:
        raise StackError(
            f"the database of {service} has a version that this program does not know",
            hint="it was made by a newer Huiyin: use that one, or restore a backup",
        ) from None
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or type(error.orig).__name__
        raise StackError(
            f"a migration of {service} failed ({state})", hint="nothing was changed by it; see the database's log"
        ) from None
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, configuration: Config, heads: set[str]) -> bool:
    if _versions(connection) == heads:
        return False
    connection.rollback()
    connection.execute(text("SET statement_timeout = 0"))  # a migration may take its time; it never waits for a lock
    connection.commit()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "heads")
    connection.commit()
    return True


def _versions(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return {row[0] for row in connection.execute(text("SELECT version_num FROM alembic_version"))}
