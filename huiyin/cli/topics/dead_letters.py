"""`huiyin dead-letters`: records that a service could not process; look at them, replay them, or drop them.

A dead letter is named by its service and its number there: `routing/12`. Payloads are shown only when asked for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from shared.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from huiyin.cli.client import Connection
    from huiyin.dead_letters.replay import DeadLetter

_Answer = TypeVar("_Answer")
HomeOption = Annotated[Path | None, typer.Option(help="home folder of the running stack")]
Names = Annotated[list[str], typer.Argument(help="dead letters, like routing/12")]


def register(app: typer.Typer) -> None:
    """Add these commands to `huiyin`."""
    group = typer.Typer(no_args_is_help=True, help="records that could not be processed")
    group.command("list")(list_)
    group.command()(show)
    group.command()(replay)
    group.command()(drop)
    app.add_typer(group, name="dead-letters")


def list_(
    service: Annotated[list[str] | None, typer.Option(help="only this service; may be given several times")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    home: HomeOption = None,
) -> None:
    """The open dead letters of every service, oldest first, without their payload."""
    from rich.console import Console
    from rich.table import Table

    found = [(f"{name}/{row.id}", row) for name, rows in _open(_connection(home), service).items() for row in rows]
    if as_json:
        print(json.dumps([{"letter": name, **_shown(row)} for name, row in found], indent=2))
        return
    table = Table("letter", "failed at", "reason", "case", "from", box=None, padding=(0, 2, 0, 0))
    for name, row in found:
        reason = f"{row.reason} ({row.field})" if row.field else row.reason
        place = f"{row.topic}/{row.partition}@{row.offset}"
        table.add_row(name, f"{row.failed_at:%Y-%m-%d %H:%M:%S}Z", reason, str(row.case_id or "-"), place)
    Console(highlight=False).print(table if found else "no open dead letters")


def show(
    letter: Annotated[str, typer.Argument(help="like routing/12")],
    payload: Annotated[bool, typer.Option("--payload", help="with the record itself")] = False,
    home: HomeOption = None,
) -> None:
    """One dead letter as JSON."""
    from huiyin.dead_letters.replay import find

    service, number = parse(letter)
    found = _in(_connection(home), service, lambda tx: find(tx, number))
    document = {"letter": letter, "consumer": found.consumer, **_shown(found)}
    if payload:
        document["payload"] = _readable(found.value)
    print(json.dumps(document, ensure_ascii=False, indent=2))


def replay(
    letters: Annotated[list[str] | None, typer.Argument(help="dead letters, like routing/12")] = None,
    every: Annotated[bool, typer.Option("--all", help="all that are open now")] = False,
    home: HomeOption = None,
) -> None:
    """Put records on their topics again for the consumer that failed, with all others of the same case, in order."""
    from huiyin.dead_letters.replay import replay as replay_one
    from huiyin.dead_letters.resend import send_again

    if bool(letters) == every:
        raise InvalidInput("name letters, or --all", field="LETTER")
    connection = _connection(home)
    kafka, now = connection.kafka(), _now(connection)
    wanted = [parse(letter) for letter in letters or ()]
    if every:
        wanted = [(name, row.id) for name, rows in _open(connection, None).items() for row in rows]
    done: set[tuple[str, int]] = set()
    for service, number in wanted:
        if (service, number) in done:
            continue
        sent = _in(
            connection,
            service,
            lambda tx, number=number: replay_one(  # type: ignore[misc]
                tx, number, lambda letters: send_again(kafka, letters), now
            ),
        )
        done.update((service, one.id) for one in sent)
        typer.echo(f"replayed {', '.join(f'{service}/{one.id}' for one in sent)}")
    if not wanted:
        typer.echo("no open dead letters")


def drop(letters: Names, home: HomeOption = None) -> None:
    """Give records up: they are kept as dropped, and what comes after them for their case is processed again."""
    from huiyin.dead_letters.replay import find, settle

    connection = _connection(home)
    now = _now(connection)

    async def settled(tx: AsyncConnection, number: int) -> None:
        await find(tx, number)
        await settle(tx, number, "dropped", now)

    for letter in letters:
        service, number = parse(letter)
        _in(connection, service, lambda tx, number=number: settled(tx, number))  # type: ignore[misc]
        typer.echo(f"dropped {letter}")


def parse(letter: str) -> tuple[str, int]:
    """`routing/12` -> (`routing`, 12). Raises `InvalidInput`."""
    service, _, number = letter.partition("/")
    if not (number.isascii() and number.isdigit()):
        raise InvalidInput("name it like routing/12", field="LETTER", hint="see `huiyin dead-letters list`")
    return service, int(number)


def _connection(home: Path | None) -> Connection:
    from huiyin.cli.client import Connection

    return Connection(home)


def _now(connection: Connection) -> datetime:
    """The time that the services live in: their clock's, where they have one of their own."""
    from shared.business_time.clock import FileClock, RealClock

    file = None if connection.environment.kafka else connection.state.clock
    return (FileClock(Path(file)) if file else RealClock()).now()


def _open(connection: Connection, services: list[str] | None) -> dict[str, list[DeadLetter]]:
    from huiyin.cli.databases import database_urls
    from huiyin.dead_letters.replay import listed

    return {service: _in(connection, service, listed) for service in database_urls(connection, services)}


def _in(connection: Connection, service: str, work: Callable[[AsyncConnection], Awaitable[_Answer]]) -> _Answer:
    """Do something in one transaction of a service's database."""
    from huiyin.cli.databases import database_urls, transaction

    url = database_urls(connection, (service,))[service]

    async def within() -> _Answer:
        async with transaction(service, url) as tx:
            return await work(tx)

    return asyncio.run(within())


def _shown(row: Any) -> dict[str, Any]:
    return {
        "case_id": str(row.case_id) if row.case_id else None,
        "event_id": str(row.event_id) if row.event_id else None,
        "topic": row.topic,
        "partition": row.partition,
        "offset": row.offset,
        "reason": row.reason,
        "field": row.field,
        "failed_at": row.failed_at.isoformat(),
    }


def _readable(value: bytes | None) -> Any:
    """JSON as itself, another text as text, other bytes as hexadecimal digits."""
    if value is None:
        return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    try:
        return json.loads(text)
    except ValueError:
        return text
