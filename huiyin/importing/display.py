"""What a person sees of an import: the plan before it, its progress, the summary after it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from huiyin.importing.columns import Columns
from huiyin.importing.files import Progress
from huiyin.importing.tally import Tally

_LINE_EVERY_S = 5.0
_REASONS_SHOWN = 20
Show = Callable[[Progress], None]


def plan_lines(columns: Columns, note: str) -> list[str]:
    """Which column brings what, which are not sent, what is set for all."""
    taken = [f"  {name} <- {column}" for name, column in columns.taken.items()]
    constants = [f"  {name} = as given, where a row has none" for name in columns.wanted.constants]
    left = [f"not sent: {', '.join(columns.left)}"] if columns.left else []
    return [note, *taken, *constants, *left]


@contextmanager
def progress_shown(read: Callable[[], float], first: Progress) -> Iterator[Show]:
    """A bar at a terminal, else a line every five seconds; both on stderr. `read` is the share read, 0 to 1."""
    before, started = first.tally.rows, time.monotonic()

    def rate(progress: Progress) -> float:
        return (progress.tally.rows - before) / max(time.monotonic() - started, 0.001)

    if not sys.stderr.isatty():
        yield _lines(read, rate)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    text = TextColumn("{task.fields[rows]} rows, {task.fields[rate]:.0f}/s")
    with Bar(
        BarColumn(), TaskProgressColumn(), text, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("import", total=1.0, rows=before, rate=0.0)
        yield lambda progress: bar.update(
            task, completed=min(read(), 1.0), rows=progress.tally.rows, rate=rate(progress)
        )


def _lines(read: Callable[[], float], rate: Callable[[Progress], float]) -> Show:
    last = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_EVERY_S:
            last = time.monotonic()
            rows = progress.tally.rows
            print(f"{min(read(), 1.0):4.0%}  {rows} rows, {rate(progress):.0f} rows/s", file=sys.stderr, flush=True)

    return show


def summary(progress: Progress, *, finished: bool, dry: bool) -> dict[str, Any]:
    """The summary as `--json` prints it. `seconds` are those of all runs that the counts come from."""
    tally = progress.tally
    return {
        "procedure": progress.same.procedure,
        "digest": progress.same.digest,
        "dry_run": dry,
        "finished": finished,
        "last_row": progress.last_row,
        "rows": tally.rows,
        "registered": tally.registered,
        "duplicates": tally.duplicate,
        "existing": tally.existing,
        "refused": tally.refused,
        "empty": tally.empty,
        "undated": tally.undated,
        "reasons": {line: {"rows": found.count, "first_row": found.first_row} for line, found in _sorted(tally)},
        "seconds": round(progress.seconds, 3),
        "rows_per_second": round(tally.rows / progress.seconds, 1) if progress.seconds else None,
    }


def _sorted(tally: Tally) -> list[tuple[str, Any]]:
    return sorted(tally.reasons.items(), key=lambda one: (-one[1].count, one[1].first_row))


def print_summary(progress: Progress, *, dry: bool) -> None:
    """The summary as a table on stdout."""
    from rich.console import Console
    from rich.table import Table

    tally = progress.tally
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    table.add_row("rows", str(tally.rows), f"and {tally.empty} empty, skipped" if tally.empty else "")
    undated = f"{tally.undated} without a time, received now" if tally.undated else ""
    table.add_row("would be sent" if dry else "registered", str(tally.registered), undated)
    if not dry:
        table.add_row("duplicates linked", str(tally.duplicate), "registered, and merged into an earlier case")
        table.add_row("existing", str(tally.existing), "registered by an earlier run of this import")
    table.add_row("refused", str(tally.refused), "")
    for line, found in _sorted(tally)[:_REASONS_SHOWN]:
        table.add_row("", str(found.count), f"{line} (first in row {found.first_row})")
    if len(tally.reasons) > _REASONS_SHOWN:
        table.add_row("", "", f"and {len(tally.reasons) - _REASONS_SHOWN} further reasons")
    rate = f"{tally.rows / progress.seconds:.0f} rows/s" if progress.seconds else ""
    table.add_row("seconds", f"{progress.seconds:.1f}", rate)
    Console(highlight=False, soft_wrap=False).print(table)
