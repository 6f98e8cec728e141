"""A throw-away PostgreSQL with the services' databases in it, as their migrations make them.

One server serves a whole run of tests. Each process of the run (`pytest -n`) has databases of its own, copied from the
migrated ones, so that two tests never share a row.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
from sqlalchemy.engine import make_url

from huiyin.embedded.database import postgres
from huiyin.embedded.database.databases import connect, database_name, make_databases, service_url
from huiyin.embedded.database.migrate import migrate, migrations_of
from huiyin.embedded.down import stop
from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import spawn, wait_for
from huiyin.embedded.processes.supervisor import running_supervisor
from shared.service_names import SERVICES

_FOLDER = "HUIYIN_TEST_SERVERS"
"""The environment variable by which all processes of a run know the folder of its servers."""
_NOT_DURABLE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
"""These databases end with the run. What must survive a crash is tested on servers of its own."""


@contextmanager
def throw_away_home(name: str) -> Iterator[Home]:
    """A home that is gone afterwards, with whatever still runs in it: a test that fails leaves no stack behind.

    It is not below pytest's own folder: another session of pytest closes that to the database's user (mode 0700).
    """
    home = Home(Path(tempfile.mkdtemp(prefix=f"huiyin-{name}-tests-")))
    home.create()
    try:
        yield home
    finally:
        supervisor = running_supervisor(home)
        if supervisor is None or supervisor.pid != os.getpid():  # never end the test process itself
            stop(home, now=True)
        shutil.rmtree(home.path, ignore_errors=True)


def open_run() -> None:
    """Begin a run: choose the folder of its servers. Called in the first process, before it starts others."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="huiyin-tests-")


def close_run() -> None:
    """End a run: stop its server, if one was started, and remove the folder."""
    folder = Path(os.environ.pop(_FOLDER))
    record = folder / "server.json"
    if record.exists():
        process = psutil.Process(json.loads(record.read_text("utf-8"))["pid"])
        process.send_signal(signal.SIGQUIT)  # nothing of it is kept
        process.wait(30)
    shutil.rmtree(folder, ignore_errors=True)


def server_log() -> Path:
    """The log of the run's database server."""
    return Home(Path(os.environ[_FOLDER]) / "home").log("postgres")


def databases_of(process: str) -> dict[str, str]:
    """Service -> URL of an empty migrated database for this process of the run. Starts the server if nobody has yet."""
    folder = Path(os.environ[_FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        record = folder / "server.json"
        if not record.exists():
            record.write_text(json.dumps(_start(folder)), encoding="utf-8")
        server = json.loads(record.read_text("utf-8"))
        return asyncio.run(_copy(server["admin"], server["urls"], process))


def _start(folder: Path) -> dict[str, object]:
    home = Home(folder / "home")
    home.create()
    command = postgres.prepare(home)
    command = replace(command, arguments=(*command.arguments, *_NOT_DURABLE))
    process = spawn("postgres", command, log=home.log("postgres"), records=home.run)
    admin = postgres.admin_url(home)
    assert wait_for(lambda: _answers(admin), 60.0)
    asyncio.run(make_databases(admin, dict.fromkeys(SERVICES, "secret")))
    urls = {service: service_url(admin, service, "secret") for service in SERVICES}
    for service, url in urls.items():
        migrations = migrations_of(service)
        assert migrations is not None
        asyncio.run(migrate(service, migrations, url))
    return {"pid": process.pid, "admin": admin, "urls": urls}


async def _copy(admin: str, urls: dict[str, str], process: str) -> dict[str, str]:
    copies = {}
    connection = await connect(admin)
    try:
        for service, url in urls.items():
            origin = database_name(service)
            copy = f"{origin}_{process}"
            await connection.execute(f'CREATE DATABASE "{copy}" OWNER "{origin}" TEMPLATE "{origin}"')
            copies[service] = make_url(url).set(database=copy).render_as_string(hide_password=False)
    finally:
        await connection.close()
    return copies


def _answers(admin: str) -> bool:
    async def ask() -> None:
        await (await connect(admin)).close()

    try:
        asyncio.run(ask())
    except Exception:
        return False
    return True
