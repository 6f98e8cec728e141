"""`huiyin sla explain`: why a case's clocks are due when they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from huiyin.cli.options import Lang, LangOption
from shared.errors import NotFound


def explain(
    case: Annotated[str, typer.Argument(help="the case's id or its number")],
    clock: Annotated[str | None, typer.Argument(help="one clock only, by its id")] = None,
    lang: LangOption = Lang.en,
    days: Annotated[bool, typer.Option("--days", help="a line for each date, counted or skipped")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    home: Annotated[Path | None, typer.Option(help="home folder of the running stack")] = None,
) -> None:
    """Why a clock is due when it is: skipped days by reason, pauses, extensions, time used and left, its facts."""
    from huiyin.cli.cases.commands import find
    from huiyin.cli.client import Connection

    connection = Connection(home)
    with connection.open("intake") as intake:
        case_id = find(intake.get, case)
    with connection.open("sla") as sla:
        answer = sla.get(f"/v1/cases/{case_id}/clocks", explain=lang.value, days=str(days).lower())
    shown = [one for one in answer["clocks"] if clock in (None, one["clock"])]
    if not shown:
        known = ", ".join(sorted({one["clock"] for one in answer["clocks"]})) or "none"
        raise NotFound("the case has no such clock", field="clock", hint=f"its clocks: {known}")
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for one in shown:
        print("\n".join(_lines(one, lang.value)))


def _lines(clock: dict[str, Any], lang: str) -> Iterator[str]:
    name = (clock.get("name") or {}).get(lang, clock["clock"])
    zh = lang == "zh"
    cycle = f"第 {clock['cycle']} 轮" if zh else f"cycle {clock['cycle']}"
    yield f"{name} ({clock['clock']}, {cycle}): {clock['state']}"
    found = clock.get("explanation") or {}
    for line in found.get("lines", ()):
        yield f"  {line}"
    if found.get("elapsed_seconds") is not None:
        used, left = (_spoken(found[key]) for key in ("elapsed_seconds", "remaining_seconds"))
        yield f"  已用 {used}，剩余 {left}" if zh else f"  used {used}, left {left}"
    if found.get("source"):
        yield ("  依据：" if zh else "  rests on: ") + ", ".join(found["source"])
    yield ""


def _spoken(seconds: float) -> str:
    """Hours, minutes and seconds as they are counted: never days, for a day is not 24 hours."""
    whole = round(abs(seconds))
    return f"{'-' if seconds < 0 else ''}{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
