"""A throw-away PostgreSQL with services' databases in it, as their migrations make them."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from huiyin.embedded.database import postgres
from huiyin.embedded.database.databases import connect, make_databases, service_url
from huiyin.embedded.database.migrate import migrate, migrations_of
from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import end_group, forget, spawn, wait_ended, wait_for


@contextmanager
def throw_away_home(name: str) -> Iterator[Home]:
    """A home that is gone afterwards.

    It is not below pytest's own folder: another session of pytest closes that to the database's user (mode 0700).
    """
    home = Home(Path(tempfile.mkdtemp(prefix=f"huiyin-{name}-tests-")))
    home.create()
    try:
        yield home
    finally:
        shutil.rmtree(home.path, ignore_errors=True)


@contextmanager
def served(home: Home, services: Collection[str]) -> Iterator[dict[str, str]]:
    """A server over this home: service -> URL of its migrated database."""
    command = postgres.prepare(home)
    process = spawn("postgres", command, log=home.log("postgres"), records=home.run)
    try:
        admin = postgres.admin_url(home)
        assert wait_for(lambda: _answers(admin), 60.0)
        asyncio.run(make_databases(admin, dict.fromkeys(services, "secret")))
        urls = {service: service_url(admin, service, "secret") for service in services}
        for service, url in urls.items():
            folder = migrations_of(service)
            assert folder is not None
            asyncio.run(migrate(service, folder, url))
        yield urls
    finally:
        end_group(process.pid, command.stop_signal)
        wait_ended(process, 30.0)
        forget("postgres", home.run)


def _answers(admin: str) -> bool:
    async def ask() -> None:
        await (await connect(admin)).close()

    try:
        asyncio.run(ask())
    except Exception:
        return False
    return True
