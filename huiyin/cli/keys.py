"""`huiyin keys`: API keys. A key is made known in the database of each service that it is for.

Its secret is shown once and stored nowhere, and so is the private key with which its holder signs records.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from shared.errors import InvalidInput, NotFound

_Answer = TypeVar("_Answer")
_LIFE = re.compile(r"(\d{1,5})\s*([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

Services = Annotated[list[str] | None, typer.Option("--service", help="only this service; may be given several times")]
HomeOption = Annotated[Path | None, typer.Option(help="home folder of the running stack")]


def register(app: typer.Typer) -> None:
    """Add these commands to `huiyin`."""
    keys = typer.Typer(no_args_is_help=True, help="API keys: make, list, rotate, revoke")
    keys.command("new")(new)
    keys.command("list")(list_)
    keys.command("rotate")(rotate)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")


def new(
    name: Annotated[str, typer.Argument(help="what the key is called, e.g. the system that uses it")],
    scope: Annotated[list[str], typer.Option(help="what it may do; may be given several times")],
    acts_as: Annotated[
        list[str] | None,
        typer.Option(help="an office that it acts as: PROCEDURE/OFFICE, PROCEDURE/*, */*; may be given several times"),
    ] = None,
    signing: Annotated[bool, typer.Option("--signing", help="with a private key that signs reports on Kafka")] = False,
    service: Services = None,
    expires: Annotated[str | None, typer.Option(help="life: 12h, 90d, 4w; default: until revoked")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="take the place of a key of this name")] = False,
    home: HomeOption = None,
) -> None:
    """Make a key and print its secret, this one time; with --signing its private key too, on a second line."""
    from shared.security.keys import SCOPES, ensure_key, list_keys, new_secret
    from shared.security.signing import new_private_key, public_key_of

    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", name):
        raise InvalidInput("small letters, digits, dots and hyphens, at most 60", field="NAME")
    for one in scope:
        if one != "*" and one not in SCOPES:
            raise InvalidInput("there is no such scope", field="--scope", hint=f"there are: {', '.join(SCOPES)}, *")
    _check_offices(acts_as or [], home)
    life = lifetime(expires) if expires is not None else None
    urls = _urls(home, service)
    known = [one.name for keys in _each(urls, list_keys).values() for one in keys if one.revoked_at is None]
    if name in known and not replace:
        raise InvalidInput(
            "a key of this name is in use", field="NAME", hint="--replace ends it, or choose another name"
        )
    secret = new_secret()
    private = new_private_key() if signing else None
    public = public_key_of(private) if private else None
    _each(
        urls,
        lambda url: ensure_key(url, name, scope, secret, acts_as=acts_as or (), public_key=public, expires_in=life),
    )
    typer.echo(
        f"known in {', '.join(urls)}; shown this once: {'secret, private key' if private else 'secret'}", err=True
    )
    print(secret)
    if private:
        print(private)


def rotate(
    name: Annotated[str, typer.Argument(help="the key's name")],
    overlap: Annotated[str, typer.Option(help="how long the earlier private key is good: 12h, 90d, 4w, 0h")] = "24h",
    service: Services = None,
    home: HomeOption = None,
) -> None:
    """Give a key that signs a new private key, and print it, this one time. (For a new secret: keys new --replace.)"""
    from shared.security.keys import rotate_signing_key
    from shared.security.signing import new_private_key, public_key_of

    life = timedelta() if re.fullmatch(r"0\s*[hdw]", overlap.strip()) else lifetime(overlap, field="--overlap")
    private = new_private_key()
    public = public_key_of(private)
    done = _each(_urls(home, service), lambda url: rotate_signing_key(url, name, public, overlap=life))
    rotated = [where for where, was_there in done.items() if was_there]
    if not rotated:
        raise NotFound("no such key signs", field="NAME", hint="see `huiyin keys list`; `keys new --signing` makes one")
    typer.echo(f"known in {', '.join(rotated)}; the private key is shown this once:", err=True)
    print(private)


def _check_offices(acts_as: list[str], home: Path | None) -> None:
    from huiyin.cli.rules.folders import procedures_folder
    from shared.procedures.loader import load_library
    from shared.security.acting import check_grants, known_offices

    if acts_as:
        check_grants(acts_as, known_offices(load_library(procedures_folder(home)).procedures), field="--acts-as")


def list_(
    service: Services = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    home: HomeOption = None,
) -> None:
    """Every key by name: what it may do and as whom, whether it signs, where it is known, until when."""
    from rich.console import Console
    from rich.table import Table

    from shared.security.keys import KnownKey, list_keys

    found: dict[str, dict[str, KnownKey]] = {}
    for where, keys in _each(_urls(home, service), list_keys).items():
        for key in keys:
            found.setdefault(key.name, {})[where] = key
    if as_json:
        shown = [
            {"name": name, "service": where, "scopes": key.scopes, "acts_as": key.acts_as,
             "signing": key.signing > 0, "made_at": key.made_at.isoformat(),
             "expires_at": key.expires_at.isoformat() if key.expires_at else None, "state": state_of(key.expires_at,
             key.revoked_at, datetime.now(UTC))}
            for name, places in sorted(found.items()) for where, key in places.items()
        ]  # fmt: skip
        print(json.dumps(shown, indent=2))
        return
    table = Table("name", "scopes", "acts as", "signs", "state", "services", box=None, padding=(0, 2, 0, 0))
    for name, places in sorted(found.items()):
        by_row: dict[tuple[str, ...], list[str]] = {}
        for where, key in places.items():
            state = state_of(key.expires_at, key.revoked_at, datetime.now(UTC))
            row = (" ".join(key.scopes), " ".join(key.acts_as) or "-", "yes" if key.signing else "-", state)
            by_row.setdefault(row, []).append(where)
        for cells, services in by_row.items():
            table.add_row(name, *cells, ", ".join(services))
    Console(highlight=False).print(table)


def revoke(
    name: Annotated[str, typer.Argument(help="the key's name")], service: Services = None, home: HomeOption = None
) -> None:
    """Revoke a key everywhere; the services refuse it, and what it signs, within five seconds."""
    from shared.security.keys import revoke_key

    done = _each(_urls(home, service), lambda url: revoke_key(url, name))
    revoked = [where for where, was_there in done.items() if was_there]
    if not revoked:
        raise NotFound("no such key is in use", field="NAME", hint="see `huiyin keys list`")
    typer.echo(f"revoked in {', '.join(revoked)}")


def lifetime(text: str, *, field: str = "--expires") -> timedelta:
    """`12h`, `90d`, `4w`; raises `InvalidInput` for another form or none at all."""
    found = _LIFE.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise InvalidInput("write it like 12h, 90d or 4w", field=field)
    return int(found[1]) * _UNITS[found[2]]


def state_of(expires_at: datetime | None, revoked_at: datetime | None, now: datetime) -> str:
    """In words whether a key works."""
    if revoked_at is not None:
        return f"revoked {revoked_at:%Y-%m-%d %H:%M}Z"
    if expires_at is None:
        return "works until revoked"
    return f"{'expired' if expires_at < now else 'works until'} {expires_at:%Y-%m-%d %H:%M}Z"


def _urls(home: Path | None, services: list[str] | None) -> dict[str, str]:
    from huiyin.cli.client import Connection
    from huiyin.cli.databases import database_urls

    return database_urls(Connection(home), services)


def _each(urls: dict[str, str], work: Callable[[str], Awaitable[_Answer]]) -> dict[str, _Answer]:
    """The answer of each database. Raises `Unavailable` naming the first that does not answer."""
    from sqlalchemy.exc import SQLAlchemyError

    from shared.errors import Unavailable

    async def one(service: str, url: str) -> _Answer:
        try:
            return await work(url)
        except (SQLAlchemyError, OSError) as error:
            raise Unavailable(
                f"{service}'s database does not answer ({type(error).__name__})", hint="see `huiyin status`"
            ) from None

    async def every() -> list[_Answer]:
        return await asyncio.gather(*(one(service, url) for service, url in urls.items()))

    return dict(zip(urls, asyncio.run(every()), strict=True))
