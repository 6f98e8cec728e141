"""The home folder: everything that one running Huiyin keeps on disk, and where in it.

state.json       what runs now: URLs, pids, paths of secret files (no secrets)
ports.json       the ports of this home, chosen once
secrets/         passwords and keys, one per file, 0600
run/             one file per process: pid and start time; the lock of the supervisor; the database's socket
logs/            one file per process
kafka/  postgres/  notices/
calendars/  procedures/         an organisation's own, put there by its people
clock.json  clock-last.json    only with a scaled clock
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.errors import StackError


@dataclass(frozen=True)
class ServiceState:
    """One service of a running stack. `database` is a SQLAlchemy URL without its password, which is in the file."""

    url: str
    database: str
    password_file: str | None


@dataclass(frozen=True)
class ProcessState:
    """One child process. `state` is starting, ready, not ready, restarting or stopped; `since` is POSIX seconds."""

    name: str
    state: str
    pid: int | None
    address: str
    restarts: int
    since: float


@dataclass(frozen=True)
class StackState:
    """What `state.json` holds. `ready` becomes true once everything has answered."""

    supervisor: int
    ready: bool
    kafka: str
    services: dict[str, ServiceState]
    processes: tuple[ProcessState, ...] = ()
    local_key_file: str | None = None
    service_key_file: str | None = None
    clock: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @staticmethod
    def from_json(text: str) -> StackState:
        raw = json.loads(text)
        services = {name: ServiceState(**service) for name, service in raw.pop("services").items()}
        processes = tuple(ProcessState(**process) for process in raw.pop("processes"))
        return StackState(**raw, services=services, processes=processes)


class Home:
    """Paths and small files of one home folder. Making a `Home` touches nothing; `create` makes the folders."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.secrets = self.path / "secrets"
        self.run = self.path / "run"
        self.logs = self.path / "logs"
        self.kafka = self.path / "kafka"
        self.postgres = self.path / "postgres"
        self.notices = self.path / "notices"
        self.state_file = self.path / "state.json"
        self.ports_file = self.path / "ports.json"
        self.clock_file = self.path / "clock.json"
        self.clock_last_file = self.path / "clock-last.json"
        self.recipients = self.path / "recipients.yaml"
        self.calendars = self.path / "calendars"
        self.procedures = self.path / "procedures"
        self.lock_file = self.run / "supervisor.lock"

    @property
    def local_key_file(self) -> Path:
        """API key of the person at this machine, scope `*`."""
        return self.secrets / "local.key"

    @property
    def service_key_file(self) -> Path:
        """API key for calls between services."""
        return self.secrets / "service.key"

    def create(self) -> None:
        """Make the folders; raises `StackError` where the disk does not let us."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for folder in (self.run, self.logs, self.notices, self.calendars, self.procedures):
                folder.mkdir(exist_ok=True)
            self.secrets.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StackError(
                f"the home folder cannot be made: {self.path} ({error.strerror})",
                hint="set HUIYIN_HOME to a folder that you may write to",
            ) from None

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> Path:
        """The path of a secret file, made with mode 0600 if it is not there yet; it is never replaced."""
        path = self.secrets / name
        if not path.exists():
            write_atomically(path, make() + "\n", mode=0o600)
        return path

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self.logs / f"{name}.log"

    def read_state(self) -> StackState | None:
        """What the last supervisor wrote; None if there is nothing. Whether it still runs is another question."""
        try:
            return StackState.from_json(self.state_file.read_text("utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_state(self, state: StackState) -> None:
        write_atomically(self.state_file, state.to_json())


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace a file in one step: a reader sees the old text or the new one, never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
