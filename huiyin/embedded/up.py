"""Start and stop the whole of one home: `start` returns when everything answers, `Running.stop` ends it in order."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from huiyin.embedded.broker import kafka
from huiyin.embedded.database import postgres
from huiyin.embedded.database.databases import database_name, service_url
from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.home import Home, ServiceState, StackState
from huiyin.embedded.ports import LOOPBACK, choose_ports, require_free
from huiyin.embedded.processes.child import Part
from huiyin.embedded.processes.process import end_recorded
from huiyin.embedded.processes.services import (
    ServiceSpec,
    Surroundings,
    huiyin_services,
    role_passwords,
    service_command,
    service_ready,
    url_of,
)
from huiyin.embedded.processes.supervisor import SUPERVISOR, HomeLock, Supervisor
from huiyin.embedded.scaled_clock import clock_start, read_last, save_last, write_start
from huiyin.embedded.servers import READY_S, start_servers
from shared.errors import StackError
from shared.events.topics import TOPICS, Topic

LEAST_FREE_BYTES = 500_000_000


def _silent(line: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Options:
    """What a caller of `start` chooses."""

    port_base: int | None = None
    """Services get base+1, base+2, …; 0: free ports, chosen once per home; None: as before, or 8100."""
    rate: float | None = None
    """Virtual seconds per real second; None: the real time."""
    start: datetime | None = None
    """The virtual instant to begin at."""
    services: tuple[ServiceSpec, ...] = field(default_factory=huiyin_services)
    without: frozenset[str] = frozenset()
    """Services that get ports, databases and all else, but are not started: somebody runs them by hand."""
    topics: Sequence[Topic] = TOPICS
    ready_s: float = READY_S
    """How long a service may take until it answers."""
    progress: Callable[[str], None] = _silent
    """Called with one line per step, from several threads."""
    records: bool = True
    """Whether Java's cache may be recorded in the background, if this machine has none: not while something is
    measured."""


class Running:
    """A running stack. It is stopped by `stop`, and only by it."""

    def __init__(self, home: Home, supervisor: Supervisor, lock: HomeLock, seconds: float) -> None:
        self.home = home
        self.supervisor = supervisor
        self.seconds = seconds
        """How long the start took."""
        self._lock = lock

    def state(self) -> StackState:
        """What runs now."""
        return self.supervisor.state()

    def stop(self, *, now: bool = False) -> None:
        """End everything; `now` without waiting for work in hand. All data stays."""
        try:
            self.supervisor.stop(now=now)
        finally:
            self._lock.release()


def start(home: Home, options: Options, environment: StackEnvironment) -> Running:
    """Start broker, database and services over the home's data, and return when all answer.

    Raises `StackError` (one line and what to do) and leaves nothing running if that does not work out.
    """
    began = time.monotonic()
    home.create()
    lock = HomeLock(home)
    lock.acquire()
    supervisor: Supervisor | None = None
    try:
        _require_disk(home)
        _end_leftovers(home, options)
        scaled = _start_clock(home, options)
        around = _surroundings(home, options, environment, scaled=scaled)
        supervisor = Supervisor(home, _first_state(around, options), scaled=scaled)
        start_servers(supervisor, around, environment, topics=options.topics, progress=options.progress)
        _start_services(supervisor, around, options)
        supervisor.update(replace(supervisor.state(), ready=True))
        if options.records:
            supervisor.start_recording()
        return Running(home, supervisor, lock, time.monotonic() - began)
    except BaseException:
        if supervisor is not None:
            supervisor.stop()
        lock.release()
        raise


def _require_disk(home: Home) -> None:
    free = shutil.disk_usage(home.path).free
    if free < LEAST_FREE_BYTES:
        raise StackError(
            f"the disk of {home.path} is nearly full: {free // 1_000_000} MB are free",
            hint=f"free at least {LEAST_FREE_BYTES // 1_000_000} MB, or set HUIYIN_HOME to another disk",
        )


def _end_leftovers(home: Home, options: Options) -> None:
    ended = end_recorded(home.run, names=lambda name: name != SUPERVISOR, grace_s=10.0)
    if ended:
        options.progress(f"ended what a killed run had left: {', '.join(ended)}")
        if home.clock_last_file.exists() and home.clock_file.exists():
            save_last(home, running=False)  # they went on living in virtual time until now


def _start_clock(home: Home, options: Options) -> bool:
    now = datetime.now(UTC)
    chosen = clock_start(options.rate, options.start, last=read_last(home), used=home.postgres.exists(), now=now)
    if chosen is None:
        return False
    write_start(home, chosen, now)
    options.progress(f"clock starts at {chosen.virtual.isoformat(timespec='seconds')}, {chosen.rate:g}x")
    return True


def _surroundings(home: Home, options: Options, environment: StackEnvironment, *, scaled: bool) -> Surroundings:
    names = tuple(spec.name for spec in options.services)
    ports = choose_ports(home, names, options.port_base)
    require_free({name: ports[name] for name in names if name not in options.without}, home)
    if environment.kafka is None:
        require_free({"kafka": ports["kafka"]}, home)
    elif not kafka.answers(environment.kafka):
        raise StackError(
            f"no broker answers at HUIYIN_KAFKA ({environment.kafka})",
            hint="start it, correct the address, or unset HUIYIN_KAFKA to use the embedded one",
        )
    return Surroundings(
        home=home,
        kafka=environment.kafka or f"{LOOPBACK}:{ports['kafka']}",
        admin_url=environment.postgres or postgres.admin_url(home),
        passwords=role_passwords(home, names, environment),
        ports=ports,
        scaled=scaled,
        inherited=environment.inherited,
    )


def _first_state(around: Surroundings, options: Options) -> StackState:
    home = around.home
    services = {
        spec.name: ServiceState(
            url=url_of(spec.name, around.ports),
            database=service_url(around.admin_url, spec.name, None),
            password_file=str(home.secrets / f"{database_name(spec.name)}.password"),
        )
        for spec in options.services
    }
    return StackState(
        supervisor=os.getpid(),
        ready=False,
        kafka=around.kafka,
        services=services,
        local_key_file=str(home.local_key_file),
        service_key_file=str(home.service_key_file),
        clock=str(home.clock_file) if around.scaled else None,
    )


def _start_services(supervisor: Supervisor, around: Surroundings, options: Options) -> None:
    children = []
    for spec in options.services:
        if spec.name in options.without:
            options.progress(f"{spec.name:<10} not started: huiyin env {spec.name} prints what it needs")
            continue
        port = around.ports[spec.name]
        part = Part(
            spec.name,
            url_of(spec.name, around.ports),
            lambda spec=spec: service_command(spec, around),  # type: ignore[misc]
            lambda port=port: service_ready(port),  # type: ignore[misc]
        )
        children.append(supervisor.add_service(part))
    for child in children:
        child.await_ready(options.ready_s)
        options.progress(f"{child.part.name:<10} ready  {child.part.address}")
