"""The `huiyin` command: mounts the groups of commands; what a command does stands in its own file."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping

import typer

from shared.errors import HuiyinError


def _stack(app: typer.Typer) -> None:
    from huiyin.cli.stack import register

    register(app)


def _demo(app: typer.Typer) -> None:
    from huiyin.demo.command import register

    register(app)


def _importing(app: typer.Typer) -> None:
    from huiyin.importing.command import register

    register(app)


def _case(app: typer.Typer) -> None:
    from huiyin.cli.cases.commands import register

    register(app)


def _report(app: typer.Typer) -> None:
    from huiyin.cli.reports.commands import register

    register(app)


def _topics(app: typer.Typer) -> None:
    from huiyin.cli.topics.commands import register

    register(app)


def _keys(app: typer.Typer) -> None:
    from huiyin.cli.keys import register

    register(app)


def _procedure(app: typer.Typer) -> None:
    from huiyin.cli.rules.procedure import register

    register(app)


def _calendar(app: typer.Typer) -> None:
    from huiyin.cli.rules.calendar import register

    register(app)


def _sla(app: typer.Typer) -> None:
    from huiyin.cli.sla.compute import register

    register(app)


def _replay(app: typer.Typer) -> None:
    from huiyin.replay.command import register

    register(app)


def _bench(app: typer.Typer) -> None:
    from huiyin.bench import business_time, conditions
    from huiyin.bench.timers import command as timers

    business_time.register(app)
    conditions.register(app)
    timers.register(app)


GROUPS: Mapping[tuple[str, ...], Callable[[typer.Typer], None]] = {
    ("up", "down", "status", "logs", "env", "provision", "stack"): _stack,
    ("demo",): _demo,
    ("import",): _importing,
    ("case",): _case,
    ("report",): _report,
    ("topics", "tail", "dead-letters"): _topics,
    ("keys",): _keys,
    ("procedure",): _procedure,
    ("calendar",): _calendar,
    ("sla",): _sla,
    ("replay",): _replay,
    ("bench",): _bench,
}
"""The first words of commands -> what registers them.

Modules are imported only for the word that was typed, for a pipe like `huiyin sla compute` should not wait for what it
does not use; without such a word all are, as for `--help`.
"""


def build(word: str | None = None) -> typer.Typer:
    """The command line: the groups that `word` names, or all of them if it names none."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
    # With a single command typer would take that for the whole program, and the word for its first argument.
    app.callback()(_huiyin)
    named = [register for words, register in GROUPS.items() if word in words]
    for register in named or GROUPS.values():
        register(app)
    return app


def main() -> None:
    """Entry point: a `HuiyinError` becomes one line and what to do, never a traceback.

    SIGTERM ends a command as Ctrl-C does, so that what it started ends with it; commands that serve have their own way.
    """
    signal.signal(signal.SIGTERM, _leave)
    try:
        build(sys.argv[1] if len(sys.argv) > 1 else None)()
    except HuiyinError as error:
        where = f"{error.field}: " if error.field else ""
        print(f"huiyin: {where}{error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        sys.exit(1)


def _huiyin() -> None:
    """Complaints: registered, assigned, answered in time, called back on."""


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)
