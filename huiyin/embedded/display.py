"""What `huiyin up` and `huiyin status` show: a table at a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.table import Table

from huiyin.embedded.home import StackState
from huiyin.embedded.up import Running

REFRESH_S = 1.0
_COLOURS = {"ready": "green", "starting": "yellow", "not ready": "yellow", "restarting": "red", "stopped": "dim"}


def table(state: StackState, memory: dict[str, int]) -> Table:
    """One line per process; `memory` is in bytes by process name."""
    shown = Table(box=None, pad_edge=False)
    for heading in ("process", "state", "pid", "address"):
        shown.add_column(heading)
    for heading in ("restarts", "memory"):
        shown.add_column(heading, justify="right")
    for process in state.processes:
        used = memory.get(process.name, 0)
        shown.add_row(
            process.name,
            f"[{_COLOURS.get(process.state, 'white')}]{process.state}[/]",
            str(process.pid or "-"),
            process.address,
            str(process.restarts),
            f"{used / 1_000_000:.0f} MB" if used else "-",
        )
    started = {process.name for process in state.processes}
    for name, service in state.services.items():
        if state.ready and name not in started:
            shown.add_row(name, "[dim]not started[/]", "-", service.url, "-", "-")
    return shown


def live_table(running: Running, asked: threading.Event) -> None:
    """Show the table anew every second until the event is set."""
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            live.update(table(running.state(), running.supervisor.memory()), refresh=True)
            if asked.wait(REFRESH_S):
                return


def changes_as_lines(running: Running, asked: threading.Event, write: Callable[[str], None]) -> None:
    """Write one line per change of a process's state until the event is set."""
    known = {process.name: (process.state, process.restarts) for process in running.state().processes}
    while not asked.wait(REFRESH_S):
        for process in running.state().processes:
            if known.get(process.name) != (process.state, process.restarts):
                known[process.name] = (process.state, process.restarts)
                write(f"{process.name:<10} {process.state}  (pid {process.pid or '-'}, {process.restarts} restarts)")


def at_terminal() -> bool:
    """Whether somebody watches."""
    return sys.stdout.isatty()
