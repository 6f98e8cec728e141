"""The services' databases, for commands that look after them: keys and dead letters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from shared.cli.client import Connection
from shared.errors import InvalidInput, StackError, Unavailable
from shared.settings import SERVICES
from shared.stack.databases import service_url


def database_urls(connection: Connection, services: Sequence[str] = SERVICES) -> dict[str, str]:
    """SQLAlchemy URLs with passwords, by service: from HUIYIN_POSTGRES and HUIYIN_<SERVICE>_PASSWORD_FILE where the
    first is set, else from the home of the running stack. Raises `StackError` where a password is not to be had."""
    for service in services:
        if service not in SERVICES:
            raise InvalidInput("there is no such service", field="--service", hint=f"there are: {', '.join(SERVICES)}")
    return {service: _url(connection, service) for service in services}


def _url(connection: Connection, service: str) -> str:
    environment = connection.environment
    if environment.postgres is not None and service in environment.passwords:
        return service_url(environment.postgres, service, environment.passwords[service])
    state = connection.state.services[service]
    try:
        password = Path(state.password_file or "").read_text("utf-8").strip()
    except OSError as error:
        raise StackError(f"the password of {service}'s database cannot be read ({error.strerror})") from None
    return make_url(state.database).set(password=password).render_as_string(hide_password=False)


@asynccontextmanager
async def transaction(service: str, url: str) -> AsyncIterator[AsyncConnection]:
    """One transaction on a service's database; its errors say nothing of statements or values."""
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as tx:
            yield tx
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(
            f"{service}'s database does not do what was asked ({type(error).__name__})", hint="see `huiyin status`"
        ) from None
    finally:
        await engine.dispose()
