"""`huiyin sla what-if` and `migrate`: what a change of rules would do to open clocks, and moving cases to a version."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.errors import InvalidInput, Unavailable

_WORDS = ("open", "unchanged", "earlier", "later", "appears", "vanishes", "overdue_at_once", "confirmed")
_LOOK_SECONDS = 0.3
_FILE = {"exists": True, "dir_okay": False, "readable": True}


class Mode(StrEnum):
    """What becomes of the open clocks of a case that moves."""

    keep_elapsed = "keep-elapsed"
    restart = "restart"
    leave = "leave"


def what_if(
    procedure: Annotated[str | None, typer.Option(help="whose open cases are asked about")] = None,
    file: Annotated[Path | None, typer.Option(help="the procedure's next version, as YAML", **_FILE)] = None,
    calendar: Annotated[Path | None, typer.Option(help="a calendar as YAML, instead of --file", **_FILE)] = None,
    from_version: Annotated[int | None, typer.Option("--from", help="only cases pinned to this version")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    home: Annotated[Path | None, typer.Option(help="home folder of the running stack")] = None,
) -> None:
    """How open clocks would move under another version of a procedure, or another calendar. Nothing is changed."""
    if (file is None) == (calendar is None):
        raise InvalidInput("name a procedure's file or a calendar's", field="--file", hint="--file or --calendar")
    question: dict[str, Any] = {"procedure": procedure, "from": from_version}
    if calendar is not None:
        from shared.business_time.loader import document_from

        question["calendar"] = _plain(document_from(calendar))
    elif file is not None:
        question |= _of_procedure(file, procedure)
    show(ask(question, home), as_json=as_json)


def migrate(
    procedure: Annotated[str, typer.Option(help="whose open cases are moved")],
    to: Annotated[int, typer.Option(help="the installed version under which they go on")],
    mode: Annotated[Mode, typer.Option(help="what becomes of their open clocks")],
    reason: Annotated[str, typer.Option(help="kept for the file; name nobody in it")],
    from_version: Annotated[int | None, typer.Option("--from", help="only cases pinned to this version")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show how clocks would move")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    home: Annotated[Path | None, typer.Option(help="home folder of the running stack")] = None,
) -> None:
    """Move open cases to another version of their procedure, and wait until intake has moved them all.

    keep-elapsed: clocks count from their original start by the new version. restart: open clocks begin anew. leave:
    nothing moves, the decision is recorded.
    """
    if dry_run:
        if mode is Mode.leave:
            raise InvalidInput("to leave cases moves no clock", field="--mode")
        question = {"procedure": procedure, "to": to, "from": from_version, "mode": mode.value}
        show(ask(question, home), as_json=as_json)
        return
    moved = _migrated(procedure, {"to_version": to, "mode": mode, "reason": reason, "from_version": from_version}, home)
    if as_json:
        print(json.dumps(moved, ensure_ascii=False, indent=2))
    elif mode is Mode.leave:
        print(f"recorded: open cases of {procedure} stay with their versions ({moved['id']})")
    else:
        print(f"{moved['migrated']} open cases of {procedure} go on under version {to} ({moved['id']})")


def _migrated(procedure: str, order: dict[str, Any], home: Path | None) -> dict[str, Any]:
    from urllib.parse import quote

    from huiyin.cli.client import Connection

    path = f"/v1/procedures/{quote(procedure, safe='')}/migrations"
    with Connection(home).open("intake") as intake:
        found: dict[str, Any] = intake.post(path, order)
        while found["finished_at"] is None:
            time.sleep(_LOOK_SECONDS)
            found = intake.get(f"{path}/{found['id']}")
            if sys.stderr.isatty():
                print(f"\r{found['migrated']} cases moved", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    return found


def ask(question: dict[str, Any], home: Path | None) -> dict[str, Any]:
    """Ask the running sla service, with a progress line on a terminal; returns its result."""
    import httpx

    from huiyin.cli.client import Connection, raise_for_problem

    result: dict[str, Any] | None = None
    body = {name: value for name, value in question.items() if value is not None}
    with Connection(home).open("sla") as sla:
        try:
            with sla.http.stream("POST", "/v1/what-if", json=body) as answer:
                raise_for_problem(answer)
                for line in answer.iter_lines():
                    line = json.loads(line)
                    result = line.get("result")
                    if result is None and sys.stderr.isatty():
                        print(f"\r{line['looked']} cases looked at", end="", file=sys.stderr)
        except httpx.TransportError as error:
            raise sla.away(error) from None
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    if result is None:
        raise Unavailable("the answer broke off", hint="the sla service's log says why: huiyin logs sla")
    return result


def show(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result: a line per clock, how far they move, and the first that change."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    print("\n".join(_lines(result)))


def _of_procedure(file: Path, procedure: str | None) -> dict[str, Any]:
    from shared.procedures.expanded import as_data
    from shared.procedures.loader import load_procedure

    checked = load_procedure(file)  # its mistakes are line with their lines here
    if procedure is not None and procedure != checked.id:
        raise InvalidInput("the file is of another procedure", field="--procedure")
    return {"procedure": checked.id, "document": as_data(checked)}


def _plain(value: Any) -> Any:
    """YAML's dates as texts, so that the document can travel as JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    return value.isoformat() if isinstance(value, date) else value


def _lines(result: dict[str, Any]) -> Iterator[str]:
    yield f"{result['change']}: {result['cases']} open cases"
    rows = [*result["clocks"].items(), ("total", result["total"])]
    width = max(len(name) for name, _ in rows)
    yield " " * width + "  " + "  ".join(word.replace("_", " ") for word in _WORDS)
    for name, counts in rows:
        yield f"{name:<{width}}  " + "  ".join(f"{counts[word]:>{len(word)}}" for word in _WORDS)
    if (spread := result["moved_by_seconds"]) is not None:
        yield f"moved by {_spoken(spread['median'])} (median), {_spoken(spread['max'])} at most"
    for one in result["examples"]:
        mark = "  overdue at once" if one["overdue_at_once"] else ""
        dues = f"{_instant(one['old_due'])} -> {_instant(one['new_due'])}"
        yield f"  {one['case_id']}  {one['clock']} #{one['cycle']}  {one['outcome']}  {dues}{mark}"


def _instant(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%MZ}" if text else "-"


def _spoken(seconds: float) -> str:
    """Hours and minutes as they are counted: never days, for a day is not 24 hours."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
