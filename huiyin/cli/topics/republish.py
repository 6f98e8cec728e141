"""`huiyin topics republish`: have services publish again what they have emitted, from their outboxes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from shared.errors import InvalidInput


def republish(
    since: Annotated[str, typer.Option(help="instant by the services' clock, like 2026-09-29T08:00+08:00")],
    service: Annotated[
        list[str] | None, typer.Option(help="only this service; may be given several times; else all")
    ] = None,
    case: Annotated[str | None, typer.Option(help="only this case, by its id")] = None,
    home: Annotated[Path | None, typer.Option(help="home folder of the running stack")] = None,
) -> None:
    """Publish again what was emitted since an instant: for a broker that lost it, or a database restored from a backup.

    Consumers leave out what they have. The outbox reaches thirty days back. It is marked here, and the services send
    it, each case's events in their order.
    """
    from huiyin.cli.client import Connection
    from huiyin.cli.databases import database_urls, transaction
    from shared.messaging import outbox

    instant, case_id = parse_instant(since), parse_case(case)

    async def mark(name: str, url: str) -> int:
        async with transaction(name, url) as tx:
            return await outbox.republish(tx, since=instant, case_id=case_id)

    for name, url in database_urls(Connection(home), service).items():
        count = asyncio.run(mark(name, url))
        what = f"of case {case_id} " if case_id else ""
        events = "1 event" if count == 1 else f"{count:,} events"
        typer.echo(f"{name}: {events} {what}emitted since {instant.isoformat(timespec='seconds')} will be sent again")


def parse_instant(given: str) -> datetime:
    """An instant in UTC. Raises `InvalidInput` for anything without a date, a time and an offset."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidInput("give an instant like 2026-09-29T08:00+08:00", field="--since") from None
    if found.tzinfo is None:
        raise InvalidInput("an instant needs its offset from UTC, like 2026-09-29T08:00+08:00", field="--since")
    return found.astimezone(UTC)


def parse_case(given: str | None) -> UUID | None:
    """A case's id. Raises `InvalidInput`."""
    try:
        return UUID(given) if given is not None else None
    except ValueError:
        raise InvalidInput("give the case's id", field="--case", hint="`huiyin case show NUMBER` shows it") from None
