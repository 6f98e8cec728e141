"""The `huiyin` command: mounts each group of commands; what a command does stands in its own file."""

from __future__ import annotations

import importlib
import sys

import typer

from shared.errors import HuiyinError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)

# Imported when the command line starts; each registers its own commands and keeps heavy imports inside them.
_GROUPS = (
    "shared.cli.stack",
    "shared.demo.command",
    "shared.cli.importing",
    "shared.cli.cases",
    "shared.cli.topics",
    "shared.cli.dead_letters",
    "shared.cli.keys",
    "shared.cli.procedure",
    "shared.cli.calendar",
    "shared.cli.sla_compute",
    "services.sla.replay.command",
    "shared.bench.business_time",
    "services.sla.bench.timers",
)


def build() -> typer.Typer:
    """Mount every group of commands."""
    for name in _GROUPS:
        importlib.import_module(name).register(app)
    return app


def main() -> None:
    """Entry point: a `HuiyinError` becomes one line and what to do, never a traceback."""
    try:
        build()()
    except HuiyinError as error:
        where = f"{error.field}: " if error.field else ""
        print(f"huiyin: {where}{error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
