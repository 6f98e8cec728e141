"""One database and one role per service, on any PostgreSQL 15 or newer. Doing it twice changes nothing."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import asyncpg
from sqlalchemy.engine import URL, make_url

from shared.errors import StackError, Unavailable

CONNECT_S = 5.0
ROLE_SETTINGS = {
    "lock_timeout": "3s",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "15s",
    "max_parallel_workers_per_gather": "0",  # no count or report takes every processor from what is in time
}
_PROVISIONER_LOCK = 4_849_554_853  # any constant: two provisioners must not run at the same time


def database_name(service: str) -> str:
    """The name of a service's database, and of its role."""
    return f"huiyin_{service}"


def service_url(admin_url: str, service: str, password: str | None) -> str:
    """A service's SQLAlchemy URL (postgresql+asyncpg) on the administrator's server; without a password for None."""
    admin = make_url(admin_url)
    query = dict(admin.query)
    if (mode := query.pop("sslmode", None)) is not None:
        query["ssl"] = mode  # asyncpg's name for it
    name = database_name(service)
    url = URL.create("postgresql+asyncpg", name, password, admin.host, admin.port, name, query)
    return url.render_as_string(hide_password=False)


async def connect(admin_url: str) -> asyncpg.Connection:
    """A connection as administrator; raises `Unavailable` without any part of the URL but its host."""
    url = make_url(admin_url)
    where = url.host or url.query.get("host") or "the local socket"
    try:
        return await asyncpg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False), timeout=CONNECT_S
        )
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ssl.SSLError) as error:
        raise Unavailable(
            f"the database server at {where} does not let us in ({type(error).__name__})",
            hint="is it running, and are user, password and database in HUIYIN_POSTGRES right?",
        ) from None


async def make_databases(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Make role and database of every service in `passwords`; existing ones get the password and settings anew."""
    connection = await connect(admin_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _PROVISIONER_LOCK)
        for service, password in passwords.items():
            await _make(connection, database_name(service), password)
    except asyncpg.InsufficientPrivilegeError:
        raise StackError(
            "the administrator of HUIYIN_POSTGRES may not make roles and databases",
            hint="give a role with CREATEROLE and CREATEDB, or a superuser",
        ) from None
    finally:
        await connection.close()


async def _make(connection: asyncpg.Connection, name: str, password: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(f'CREATE ROLE "{name}"')
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        await connection.execute(f'GRANT "{name}" TO CURRENT_USER')
    statement = await connection.fetchval(
        "SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', $1::text, $2::text)",
        name,
        password,
    )
    await connection.execute(statement)
    for setting, value in ROLE_SETTINGS.items():
        await connection.execute(f"ALTER ROLE \"{name}\" SET {setting} = '{value}'")
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}" TEMPLATE template0 ENCODING \'UTF8\'')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
