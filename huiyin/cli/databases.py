"""The services' databases, for commands that look after them: keys and dead letters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from huiyin.cli.client import Connection
from huiyin.embedded.database.databases import service_url
from huiyin.embedded.home import ServiceState
from shared.errors import InvalidInput, StackError, Unavailable


def database_urls(connection: Connection, services: Sequence[str] | None = None) -> dict[str, str]:
    """SQLAlchemy URLs with passwords, by service (all that there are, if none is named): from HUIYIN_POSTGRES and
    HUIYIN_<SERVICE>_PASSWORD_FILE where the first is set, else from the home of the running stack.

    Raises `InvalidInput` for a service that there is not, `StackError` where a password is not to be had.
    """
    environment = connection.environment
    if environment.postgres is not None:
        admin = environment.postgres
        urls = {service: service_url(admin, service, word) for service, word in environment.passwords.items()}
    else:
        urls = {service: _with_password(service, state) for service, state in connection.state.services.items()}
    for service in services or ():
        if service not in urls:
            raise InvalidInput("there is no such service here", field="--service", hint=f"there are: {', '.join(urls)}")
    return {service: urls[service] for service in services or urls}


def _with_password(service: str, state: ServiceState) -> str:
    try:
        password = Path(state.password_file or "").read_text("utf-8").strip()
    except OSError as error:
        raise StackError(f"the password of {service}'s database cannot be read ({error.strerror})") from None
    return make_url(state.database).set(password=password).render_as_string(hide_password=False)


@asynccontextmanager
async def transaction(service: str, url: str) -> AsyncIterator[AsyncConnection]:
    """One transaction on a service's database; its errors hold neither statements nor values."""
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
