"""`huiyin up`, `down`, `status`, `logs`, `env`, `provision` and `stack fetch`: the system on this machine."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from huiyin.cli.options import names
from huiyin.embedded.environment import StackEnvironment, read_environment
from huiyin.embedded.home import Home
from shared.errors import InvalidInput, StackError, Unavailable
from shared.service_names import SERVICES

_PROVISION_PATIENCE_S = 30.0


def register(app: typer.Typer) -> None:
    """Add these commands to `huiyin`."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(logs)
    app.command()(env)
    app.command()(provision)
    stack = typer.Typer(no_args_is_help=True, help="the parts that the system on this machine is made of")
    stack.command()(fetch)
    stack.callback()(_group)
    app.add_typer(stack, name="stack")


def _group() -> None:
    """Keep `stack` a group even while it has a single command."""


def _environment() -> StackEnvironment:
    return read_environment(os.environ, SERVICES)


def _print(line: str) -> None:
    print(line, flush=True)


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="return when all is ready")] = False,
    speed: Annotated[str | None, typer.Option("--time", help="speed of the clock, e.g. 3600x")] = None,
    start: Annotated[str | None, typer.Option("--from", help="instant that the clock starts at (ISO 8601)")] = None,
    port_base: Annotated[int | None, typer.Option(help="services get base+1 …; 0: any free ports")] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--except", metavar="SERVICE", help="do not start this service (again, or a,b, for more)"),
    ] = None,
    no_table: Annotated[bool, typer.Option("--no-table", help="plain lines, also at a terminal")] = False,
) -> None:
    """Start Kafka, PostgreSQL and the four services; Ctrl-C stops them. Data stays in HUIYIN_HOME (./.huiyin).

    A service named by --except can be run by hand, under a debugger for one: `huiyin env SERVICE` prints what it needs.
    """
    from huiyin.embedded.display import at_terminal, changes_as_lines, live_table
    from huiyin.embedded.processes.background import start_behind
    from huiyin.embedded.scaled_clock import parse_rate, parse_start
    from huiyin.embedded.serve import serve
    from huiyin.embedded.up import Options

    environment = _environment()
    home = Home(environment.home)
    options = Options(
        port_base=port_base,
        rate=parse_rate(speed) if speed is not None else None,
        start=parse_start(start) if start is not None else None,
        without=frozenset(names(without, "--except", SERVICES)),
        progress=_print,
    )
    if detach:
        _print(f"up in {start_behind(home, options):.1f} s: huiyin status | huiyin logs SERVICE | huiyin down")
        return
    with_table = at_terminal() and not no_table
    serve(
        home,
        options,
        environment,
        started=lambda running: _print(f"up in {running.seconds:.1f} s; Ctrl-C stops it"),
        show=live_table if with_table else lambda running, asked: changes_as_lines(running, asked, _print),
        stopping=lambda: _print("stopping: services first, then Kafka and PostgreSQL …"),
    )
    _print("stopped; the data stays")


def down(
    now: Annotated[bool, typer.Option("--now", help="do not wait for work in hand")] = False,
) -> None:
    """Stop what runs in this home, and what a killed run has left. All data stays."""
    from huiyin.embedded.down import stop

    ended = stop(Home(_environment().home), now=now)
    _print(f"stopped: {', '.join(ended)}" if ended else "nothing is running")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """What runs in this home; exit code 1 if nothing does."""
    from rich.console import Console

    from huiyin.embedded.display import table
    from huiyin.embedded.processes.process import memory_of
    from huiyin.embedded.processes.supervisor import running_supervisor

    home = Home(_environment().home)
    state = home.read_state() if running_supervisor(home) else None
    if state is None:
        _print(json.dumps({"running": False}) if as_json else f"nothing is running in {home.path}")
        raise typer.Exit(1)
    if as_json:
        _print(json.dumps({"running": True, **asdict(state)}, indent=2))
        return
    memory = {process.name: memory_of(process.pid) for process in state.processes if process.pid}
    Console().print(table(state, memory))
    clock = f", clock {_clock_line(Path(state.clock))}" if state.clock else ""
    _print(f"{'ready' if state.ready else 'starting'} in {home.path}{clock}")


def _clock_line(path: Path) -> str:
    from shared.business_time.clock import FileClock

    clock = FileClock(path)
    return f"{clock.now().isoformat(timespec='seconds')} at {clock.rate():g}x"


def logs(
    service: Annotated[str, typer.Argument(help="intake, routing, sla, notify, kafka, postgres or supervisor")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as it grows")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="how many of the last lines")] = 50,
) -> None:
    """Show the log of one process."""
    home = Home(_environment().home)
    path = home.log(service)
    known = sorted(file.stem for file in home.logs.glob("*.log"))
    if service not in known:
        raise InvalidInput(
            f"there is no such log in {home.logs}", field="SERVICE", hint=f"there are: {', '.join(known)}"
        )
    with path.open("r", encoding="utf-8", errors="replace") as file:
        for line in file.readlines()[-lines or sys.maxsize :]:
            sys.stdout.write(line)
        while follow:
            sys.stdout.flush()
            text = file.read()
            if text:
                sys.stdout.write(text)
            elif path.stat().st_size < file.tell():
                file.seek(0)  # the log was trimmed
            else:
                time.sleep(0.3)


def env(
    service: Annotated[str, typer.Argument(help=", ".join(SERVICES))],
) -> None:
    """Print, for a shell, the environment in which one service runs against the running stack (passwords included).

    \b
    huiyin up --detach --except sla
    eval "$(huiyin env sla)"
    python -m services.sla          # or: python -m debugpy --listen 5678 -m services.sla
    """
    from huiyin.embedded.by_hand import supervised_pid, variables_of

    (name,) = names([service], "SERVICE", SERVICES)
    home = Home(_environment().home)
    for variable, value in variables_of(home, name).items():
        _print(f"export {variable}={shlex.quote(value)}")
    if pid := supervised_pid(home, name):
        print(
            f"huiyin: the stack runs {name} itself (pid {pid}), on the same port: "
            f"huiyin down, then huiyin up --except {name}",
            file=sys.stderr,
        )


def provision() -> None:
    """Make roles, databases, tables, topics and keys on servers that exist (HUIYIN_KAFKA, HUIYIN_POSTGRES)."""
    from huiyin.embedded.provision import provision as make_all
    from shared.events.topics import TOPICS

    environment = _environment()
    if environment.kafka is None or environment.postgres is None:
        raise StackError(
            "huiyin provision needs HUIYIN_KAFKA and HUIYIN_POSTGRES",
            hint="HUIYIN_KAFKA=host:port HUIYIN_POSTGRES=postgresql://admin:password@host:port/postgres",
        )
    for service in SERVICES:
        if service not in environment.passwords:
            raise StackError(
                f"the password of {service}'s role is not given",
                hint=f"HUIYIN_{service.upper()}_PASSWORD_FILE names a file that holds it",
            )
    deadline = time.monotonic() + _PROVISION_PATIENCE_S
    while True:
        try:
            done = make_all(
                kafka=environment.kafka,
                admin_url=environment.postgres,
                passwords=environment.passwords,
                topics=TOPICS,
                keys=environment.keys,
            )
            break
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)
    _print(f"topics made: {', '.join(done.topics_made) or 'none, all there'}")
    _print(f"tables made or brought up to date: {', '.join(done.migrated) or 'none, all there'}")


def fetch() -> None:
    """Fetch Kafka's jars into the user's cache (once per machine), each checked by its hash; record Java's cache for
    them, so that the broker starts quicker."""
    environment = _environment()
    _fetch_jars(environment)
    _record_java_cache(environment)


def _record_java_cache(environment: StackEnvironment) -> None:
    from huiyin.embedded.broker import java_cache
    from huiyin.embedded.broker.java import find_java
    from huiyin.embedded.servers import find_jars

    if environment.java_home is not None:
        return  # another runtime than the wheel's may not have such a cache
    java, jars = find_java(None), find_jars(environment, _print)
    cache = java_cache.cache_file(environment.cache / "aot", java, jars)
    if cache.exists():
        return
    with tempfile.TemporaryDirectory(prefix="huiyin-java-") as folder:
        home = Home(Path(folder) / "home")
        home.create()
        java_cache.Recording(home, java=java, jars=jars, cache=cache).record()
    _print(f"recorded Java's cache for the broker: {cache}" if cache.exists() else "Java's cache could not be recorded")


def _fetch_jars(environment: StackEnvironment) -> None:
    from rich.progress import Progress

    from huiyin.embedded.broker import jars

    locked = jars.read_lock()
    if environment.kafka_libs is not None:
        jars.given_jars(locked, environment.kafka_libs)
        _print(f"all there: {len(locked)} jars of Kafka in {environment.kafka_libs}")
        return
    cache = environment.cache / "kafka"
    _paths, missing = jars.cached_jars(locked, cache)
    if not missing:
        _print(f"all there: {len(locked)} jars of Kafka in {cache}")
        return
    with Progress(transient=True) as progress:
        task = progress.add_task("Kafka's jars", total=len(missing))
        jars.fetch(missing, cache, lambda _jar: progress.advance(task))
    _print(f"fetched {len(missing)} jars of Kafka into {cache}")
