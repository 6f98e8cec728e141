"""The `huiyin` command: mounts the groups of commands; what a command does stands in its own file."""

from __future__ import annotations

import importlib
import signal
import sys

import typer

from shared.errors import HuiyinError

# Module -> the first words it registers. Only the modules of the word that was typed are imported, for a pipe like
# `huiyin sla compute` should not wait for what it does not use; without such a word all are, as for `--help`.
_GROUPS = {
    "shared.cli.stack": ("up", "down", "status", "logs", "provision", "stack"),
    "shared.demo.command": ("demo",),
    "shared.cli.importing": ("import",),
    "shared.cli.cases": ("case",),
    "shared.cli.topics": ("topics", "tail", "dead-letters"),
    "shared.cli.keys": ("keys",),
    "shared.cli.procedure": ("procedure",),
    "shared.cli.calendar": ("calendar",),
    "shared.cli.sla_compute": ("sla",),
    "services.sla.replay.command": ("replay",),
    "shared.bench.business_time": ("bench",),
    "services.sla.bench.timers": ("bench",),
}


def build(word: str | None = None) -> typer.Typer:
    """The command line: the groups that `word` names, or all of them if it names none."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
    # With a single command typer would take that for the whole program, and the word for its first argument.
    app.callback()(_huiyin)
    named = [module for module, words in _GROUPS.items() if word in words]
    for module in named or _GROUPS:
        importlib.import_module(module).register(app)
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


if __name__ == "__main__":
    main()
