"""`huiyin case repeated`: complainants who came again, by opaque ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from huiyin.cli.cases.commands import HomeOption, JsonOption
from huiyin.cli.options import Lang, LangOption


def register(case: typer.Typer) -> None:
    """Add this command to `huiyin case`."""
    case.command()(repeated)


def repeated(
    at_least: Annotated[int, typer.Option(min=1, help="with at least so many cases")] = 2,
    days: Annotated[int, typer.Option(min=1, help="received within the last so many days")] = 365,
    procedure: Annotated[str | None, typer.Option(help="id of a procedure; default: all, each by itself")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="at most so many complainants")] = 50,
    lang: LangOption = Lang.en,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Complainants with several cases, the largest number first. Nobody's name is read for it."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        found = intake.get("/v1/complainants", at_least=at_least, days=days, procedure=procedure, limit=limit)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for line in lines(found, zh=lang is Lang.zh):
        print(line)


def lines(found: dict[str, Any], *, zh: bool) -> Iterator[str]:
    """The answer as people read it: dates are days in UTC."""
    if not found["complainants"]:
        yield "没有重复投诉的投诉人" if zh else "nobody complained so often"
    for one in found["complainants"]:
        span = f"{one['first_at'][:10]} – {one['last_at'][:10]}"
        numbers = f"{one['cases']} 件，{one['open']} 件未结" if zh else f"{one['cases']} cases, {one['open']} open"
        yield f"{one['complainant']}  {numbers}  {span}  {one['procedure']}"
        for case_id in one["case_ids"]:
            yield f"    {case_id}"
