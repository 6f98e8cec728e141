"""`huiyin import`: complaints from a CSV, XLSX or JSONL file into the running intake."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from huiyin.cli.options import pairs
from huiyin.cli.rules.folders import procedures_folder

if TYPE_CHECKING:
    from huiyin.importing.columns import Columns
    from huiyin.importing.files import Outputs, Progress
    from huiyin.tabular.source import Source
    from huiyin.tabular.text_rows import Row, Table

INTERRUPTED = 130
_GOES_ON = "; run the same command again: it goes on there"


def register(app: typer.Typer) -> None:
    """Add this command to `huiyin`."""
    app.command("import")(import_file)


@dataclass(frozen=True)
class Choices:
    """What the caller chose, beside the file."""

    procedure: str
    columns: dict[str, str]
    constants: dict[str, str]
    date_format: str | None
    sheet: str | None
    limit: int | None
    dry_run: bool
    restart: bool
    report: Path | None
    as_json: bool
    home: Path | None


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, XLSX or JSONL, each also as .gz")],
    procedure: Annotated[str, typer.Option("--procedure", "-p", help="id of the procedure that the complaints follow")],
    mapping: Annotated[list[str] | None, typer.Option("--map", help="field=column; `field=` takes no column")] = None,
    constants: Annotated[list[str] | None, typer.Option("--set", help="field=value for rows without one")] = None,
    channel: Annotated[str | None, typer.Option(help="the same as --set channel=ID")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="only the first N rows of the file")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="read and check every row, send none")] = False,
    report: Annotated[Path | None, typer.Option(help="CSV of what each row became; holds receipt codes")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="from the first row, not where it stopped")] = False,
    encoding: Annotated[str | None, typer.Option(help="of the text, if it is not UTF-8 or GB 18030")] = None,
    date_format: Annotated[str | None, typer.Option(help="of dates, e.g. %m/%d/%Y %I:%M:%S %p")] = None,
    sheet: Annotated[str | None, typer.Option(help="of a workbook; default: the first")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    home: Annotated[Path | None, typer.Option(help="home folder of the running stack")] = None,
) -> None:
    """Register the complaints of a file. Doing it twice registers nothing twice; Ctrl-C ends it after a batch."""
    from huiyin.tabular.source import inspect

    columns, given = dict(pairs(mapping, "--map", "field=column")), dict(pairs(constants, "--set", "field=value"))
    if channel is not None:
        given["channel"] = channel
    chosen = Choices(procedure, columns, given, date_format, sheet, limit, dry_run, restart, report, as_json, home)
    _import(inspect(file, encoding), chosen)


def _import(source: Source, chosen: Choices) -> None:
    from huiyin.importing.columns import ColumnChoice, Columns
    from huiyin.tabular.table import learned, open_table
    from huiyin.tabular.values import Reading
    from shared.business_time.zones import zone
    from shared.procedures.loader import load_library

    procedure = load_library(procedures_folder(chosen.home)).get(chosen.procedure)
    with open_table(source, chosen.sheet) as table:
        reading = Reading(zone(procedure.time_zone), table.epoch, chosen.date_format)
        columns = Columns(procedure, reading, ColumnChoice(chosen.columns, chosen.constants))
        names, rows = learned(table)
        columns.learn(names)
        columns.check(table.columns)
        _say_plan(columns, table.note)
        if chosen.dry_run:
            _rehearse(source, chosen, columns, rows)
        else:
            _run(source, chosen, columns, table, rows)


def _say_plan(columns: Columns, note: str) -> None:
    from huiyin.importing.display import plan_lines

    for line in plan_lines(columns, note):
        print(line, file=sys.stderr)


def _beginning(source: Source, chosen: Choices, columns: Columns) -> Progress:
    """The progress of an import that has not begun."""
    from huiyin.importing.files import Progress, Sameness

    report = str(chosen.report.resolve()) if chosen.report else None
    choices = (chosen.columns, chosen.constants, chosen.date_format, chosen.sheet, source.encoding, report)
    return Progress(Sameness.of(source.digest, columns.procedure.id, *choices))


def _rehearse(source: Source, chosen: Choices, columns: Columns, rows: Iterator[Row]) -> None:
    from huiyin.importing.run import batches, rehearse

    progress = _beginning(source, chosen, columns)
    began = time.monotonic()
    with _stoppable() as stop:
        finished = rehearse(batches(rows, columns, progress, chosen.limit), progress, stop)
    progress.seconds = time.monotonic() - began
    _end(progress, chosen, finished=finished, notes=())


def _run(source: Source, chosen: Choices, columns: Columns, table: Table, rows: Iterator[Row]) -> None:
    from huiyin.cli.client import Connection
    from huiyin.importing.display import progress_shown
    from huiyin.importing.files import Outputs, Places, read_progress
    from huiyin.importing.run import batches, run
    from huiyin.importing.send import TIMEOUT, Sender

    connection = Connection(chosen.home)
    progress = _beginning(source, chosen, columns)
    places = Places.beside(source.path.resolve(), source.digest, connection.home.path)
    earlier = None if chosen.restart else read_progress(places.progress, progress.same)
    if earlier and (chosen.limit is None or earlier.tally.rows < chosen.limit):
        progress = earlier
        print(f"goes on after row {progress.last_row} ({progress.tally.rows} rows are done)", file=sys.stderr)
    with (
        connection.open("intake", timeout=TIMEOUT) as api,
        _stoppable() as stop,
        Outputs(places, chosen.report, progress) as outputs,
        progress_shown(table.progress, progress) as show,
    ):
        work = batches(rows, columns, progress, chosen.limit)
        went_through = run(work, Sender(api, stop), outputs, stop, show)
        progress.finished = went_through and (chosen.limit is None or progress.tally.rows < chosen.limit)
        outputs.save()
        notes = _notes(outputs, chosen)
    _end(progress, chosen, finished=went_through, notes=notes)


def _notes(outputs: Outputs, chosen: Choices) -> tuple[str, ...]:
    refused = (f"refused rows: {outputs.places.refused}",) if outputs.refused_any else ()
    report = (f"report: {chosen.report} (holds receipt codes: keep it private)",) if chosen.report else ()
    return (*refused, *report)


def _end(progress: Progress, chosen: Choices, *, finished: bool, notes: tuple[str, ...]) -> None:
    from huiyin.importing.display import print_summary, summary

    if chosen.as_json:
        print(json.dumps(summary(progress, finished=finished, dry=chosen.dry_run), ensure_ascii=False, indent=2))
    else:
        print_summary(progress, dry=chosen.dry_run)
    for note in notes:
        print(note, file=sys.stderr)
    progress.tally.require_sum()
    if not finished:
        print(f"stopped after row {progress.last_row}{_GOES_ON if not chosen.dry_run else ''}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second Ctrl-C interrupts at once, which is safe too."""
    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()
        print("stopping after the batch in hand …", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
