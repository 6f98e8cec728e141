"""`huiyin replay`: real history through the deadlines' own rules. Nothing is registered, written or sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from huiyin.cli.options import Lang, LangOption, pairs
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from huiyin.replay.text import Replayed


class Form(StrEnum):
    """How the report is given."""

    text = "text"
    json = "json"
    csv = "csv"


class Time(StrEnum):
    """What hours and minutes of a duration count."""

    elapsed = "elapsed"
    business = "business"


def register(app: typer.Typer) -> None:
    """Add this command to `huiyin`."""
    app.command("replay")(replay)


def replay(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, XLSX or JSONL, each also as .gz")],
    received: Annotated[str, typer.Option(metavar="COL", help="column: when the complaint was received")],
    answered: Annotated[str, typer.Option(metavar="COL", help="column: when it was answered; empty: still open")],
    procedure: Annotated[
        str | None, typer.Option("--procedure", "-p", help="id of the library, or a YAML file")
    ] = None,
    clock: Annotated[list[str] | None, typer.Option(metavar="ID", help="this clock only (repeat for more)")] = None,
    duration: Annotated[
        list[str] | None, typer.Option(metavar="P15WD", help="what if this were the target? (repeat to compare)")
    ] = None,
    due: Annotated[str | None, typer.Option(metavar="COL", help="column: the row's own due date, as a target")] = None,
    calendar: Annotated[
        str | None, typer.Option(metavar="ID", help="calendar of --duration [cn, or the procedure's]")
    ] = None,
    time: Annotated[Time, typer.Option(help="what hours of --duration count; measure of --due")] = Time.elapsed,
    answered_as: Annotated[str, typer.Option(metavar="MILESTONE", help="which occurrence the answer is")] = "resolved",
    milestone: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COL",
            help="a further occurrence with its column. received, registered, admitted and assigned happen at receipt; "
            "a column of their own moves the last three, `admitted=` takes it away",
        ),
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="FACT=VALUE", help="a fact of all cases")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", metavar="FACT=COL", help="a fact from a column")] = None,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="event log: rows with this in common are one case, received at the earliest, answered at the latest",
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COL", help="split the report: the 20 most frequent, others")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="the end of the history [the latest instant in the file]")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="of times without an offset [the calendar's]")
    ] = None,
    midnight_is_day: Annotated[
        bool, typer.Option("--midnight-is-day", help="00:00:00 says a date without a time")
    ] = False,
    date_format: Annotated[str | None, typer.Option(help="of dates, e.g. %m/%d/%Y %I:%M:%S %p")] = None,
    encoding: Annotated[str | None, typer.Option(help="of the text, if it is not UTF-8 or GB 18030")] = None,
    sheet: Annotated[str | None, typer.Option(help="of a workbook; default: the first")] = None,
    form: Annotated[Form, typer.Option("--format", help="csv: one line per case and clock")] = Form.text,
    output: Annotated[Path | None, typer.Option(help="file for the report [standard output]")] = None,
    refused: Annotated[Path | None, typer.Option(help="file for the refused rows, as JSONL with reasons")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="processes [1; from 5,000 cases one per processor]")
    ] = None,
    lang: LangOption = Lang.en,
) -> None:
    """How would the deadlines have gone? Plays a file of past cases through the clocks of a procedure, or through a
    target that you only think of, and reports how many were in time.

    The clocks are those of the running system; time is virtual. Nothing is registered, no notice goes out.
    """
    from huiyin.replay.cases import Columns
    from huiyin.replay.run import run
    from huiyin.replay.setup import Choices
    from huiyin.tabular.source import inspect

    milestones = tuple((name, column or None) for name, column in pairs(milestone, "--milestone", "NAME=COL"))
    columns = Columns(
        received=received.strip(),
        answered=answered.strip(),
        answered_as=answered_as.strip(),
        milestones=milestones,
        due=due,
        case=case,
        by=by,
        facts=_distinct(pairs(map_, "--map", "FACT=COL"), "--map"),
        constants=_distinct(pairs(set_, "--set", "FACT=VALUE"), "--set"),
    )
    choices = Choices(
        columns=columns,
        procedure=procedure,
        clocks=tuple(clock or ()),
        durations=tuple(duration or ()),
        calendar=calendar,
        time_basis=time.value,
        until=until,
        time_zone=time_zone,
        midnight_is_day=midnight_is_day,
        date_format=date_format,
        sheet=sheet,
        refused=refused,
        output=output,
        lines=form is Form.csv,
        workers=workers,
    )
    _give(run(inspect(file, encoding), choices), form, output, lang)


def _give(done: Replayed, form: Form, output: Path | None, lang: Lang) -> None:
    """Print the report; beside the lines of a CSV it is a text on standard error."""
    from rich.console import Console

    from huiyin.replay.output import written

    if form is Form.csv:
        done.print(Console(stderr=True, highlight=False), lang.value)
        return
    with written(output, "--output") as file:
        if form is Form.json:
            file.write(json.dumps(done.to_dict(), ensure_ascii=False, indent=2) + "\n")
        else:
            done.print(Console(file=file, highlight=False, width=None if output is None else 160), lang.value)


def _distinct(pairs: Sequence[tuple[str, str]], option: str) -> dict[str, str]:
    found = dict(pairs)
    if len(found) < len(pairs) or not all(found.values()):
        raise InvalidInput("each name once, and with a value", field=option)
    return found
