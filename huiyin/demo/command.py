"""`huiyin demo`: the whole system before your eyes, in virtual time."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from huiyin.cli.rules.folders import procedures_folder
from shared.errors import StackError

if TYPE_CHECKING:
    from huiyin.demo.pace import Pace
    from huiyin.demo.show import Outcome, Show
    from huiyin.embedded.environment import StackEnvironment
    from huiyin.embedded.home import Home

_ONCE_LIMIT_S = 150.0
_SHOW_LIMIT_S = 420.0
_FINDINGS = 20


def register(app: typer.Typer) -> None:
    """Add this command to `huiyin`."""
    app.command()(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="as fast as it goes, then the summary")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as one JSON object")] = False,
    seed: Annotated[str, typer.Option(help="decides how each department behaves")] = "huiyin",
    no_table: Annotated[bool, typer.Option("--no-table", help="plain lines, also at a terminal")] = False,
    port_base: Annotated[int | None, typer.Option(help="services get base+1 …; 0: any free ports")] = None,
) -> None:
    """Start the system on a scaled clock, let complaints come in and departments answer, some late, and count.

    Exit code 0 only if every case got an answer or a recorded breach and nothing was lost or came twice. A stack that
    is up is used if its clock is scaled; data of the real time is never touched.
    """
    from huiyin.embedded.environment import read_environment
    from huiyin.embedded.home import Home
    from huiyin.embedded.processes.supervisor import running_supervisor
    from shared.service_names import SERVICES

    environment = read_environment(os.environ, SERVICES)
    home = Home(environment.home)
    director = _Director(home, once=once, as_json=as_json, seed=seed, screen=_has_screen(once, as_json, no_table))
    if running_supervisor(home) is not None:
        director.join()
    else:
        director.serve(environment, port_base)
    if director.outcome is None:
        raise typer.Exit(130)
    director.report(director.outcome)
    if not director.outcome.summary.good:
        raise typer.Exit(1)


def _has_screen(once: bool, as_json: bool, no_table: bool) -> bool:
    return sys.stdout.isatty() and not (once or as_json or no_table)


class _Director:
    """Puts a run on a stack, its own or one that is up."""

    def __init__(self, home: Home, *, once: bool, as_json: bool, seed: str, screen: bool) -> None:
        self._home = home
        self._once = once
        self._as_json = as_json
        self._seed = seed
        self._screen = screen
        self.outcome: Outcome | None = None

    def progress(self, line: str) -> None:
        """A line of progress: on stderr where stdout is for a program."""
        print(line, file=sys.stderr if self._as_json else sys.stdout, flush=True)

    def join(self) -> None:
        """Use the stack that is up."""
        state = self._home.read_state()
        if state is None or state.clock is None:
            raise StackError(
                "a stack is up in this home on the real time: the demonstration would mix virtual time into its data",
                hint="huiyin down first, and take another HUIYIN_HOME for the demonstration",
            )
        self.progress(f"the stack in {self._home.path} is up: its clock and its data are used")
        asked = threading.Event()
        try:
            self._play(asked)
        except KeyboardInterrupt:
            asked.set()

    def serve(self, environment: StackEnvironment, port_base: int | None) -> None:
        """Start a stack, run, and stop it again."""
        from huiyin.demo.pace import begin
        from huiyin.embedded.scaled_clock import read_last
        from huiyin.embedded.serve import serve
        from huiyin.embedded.up import Options
        from shared.business_time.loader import load_calendars

        if environment.kafka is not None or environment.postgres is not None:
            raise StackError(
                "the demonstration runs on a broker and a database of its own",
                hint="unset HUIYIN_KAFKA and HUIYIN_POSTGRES",
            )
        reached = read_last(self._home)
        if reached is None and self._home.postgres.exists():
            raise StackError(
                f"{self._home.path} holds data of the real time: the demonstration would mix virtual time into it",
                hint="HUIYIN_HOME=.huiyin-demo huiyin demo",
            )
        self.progress(f"starting in {self._home.path}: Kafka, PostgreSQL, intake, routing, sla, notify …")
        options = Options(
            port_base=port_base,
            rate=self._pace().arriving,
            start=begin(load_calendars()["cn"], reached),
            progress=self.progress,
        )
        serve(
            self._home,
            options,
            environment,
            started=lambda running: self.progress(f"up in {running.seconds:.1f} s"),
            show=lambda _running, asked: self._play(asked),
            stopping=lambda: self.progress("stopping; the data stays"),
        )

    def _pace(self) -> Pace:
        from huiyin.demo.pace import BRISK, GENTLE

        return BRISK if self._once else GENTLE

    def _play(self, asked: threading.Event) -> None:
        from huiyin.cli.client import Connection
        from huiyin.demo.show import Show
        from shared.procedures.loader import load_library

        limit = _ONCE_LIMIT_S if self._once else _SHOW_LIMIT_S
        library = load_library(procedures_folder(self._home.path))
        show = Show(Connection(self._home.path), library, self._pace(), seed=self._seed, limit_seconds=limit)
        try:
            self._on_screen(show, asked) if self._screen else self._in_lines(show, asked)
        finally:
            show.close()

    def _on_screen(self, show: Show, asked: threading.Event) -> None:
        from rich.console import Console

        from huiyin.demo.view import Screen

        with Screen(show, Console()) as screen:
            self.outcome = screen.outcome = show.play(asked, screen.tick)
            while not asked.wait(0.2):
                screen.tick()

    def _in_lines(self, show: Show, asked: threading.Event) -> None:
        from huiyin.demo.view import Lines, hints

        lines = Lines(show, self.progress)
        self.outcome = show.play(asked, lines.tick)
        if self.outcome is not None and not self._as_json:
            for line in hints(show):
                self.progress(line)

    def report(self, outcome: Outcome) -> None:
        """The summary, and what is behind losses and doubles."""
        if self._as_json:
            print(json.dumps(outcome.summary.to_dict()), flush=True)
        else:
            from rich.console import Console

            from huiyin.demo.tables import summary_table

            Console().print(summary_table(outcome.summary))
        for kind, findings in (("lost", outcome.verdict.lost), ("duplicated", outcome.verdict.duplicated)):
            for finding in findings[:_FINDINGS]:
                print(f"{kind}: {finding.rule}: {finding.what}", file=sys.stderr)
