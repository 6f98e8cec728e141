"""The group of commands `huiyin bench`, which several packages add to."""

from __future__ import annotations

import typer


def bench_group(app: typer.Typer) -> typer.Typer:
    """The group `bench` of `app`; it is made if it is not there."""
    for info in app.registered_groups:
        if info.name == "bench" and info.typer_instance is not None:
            return info.typer_instance
    group = typer.Typer(no_args_is_help=True, help="measure Huiyin on this machine")
    group.callback()(_group)
    app.add_typer(group, name="bench")
    return group


def _group() -> None:
    """Keep `bench` a group even while it has a single command."""
