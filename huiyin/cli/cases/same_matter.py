"""`huiyin case same-matter`: an officer links two cases as one matter."""

from __future__ import annotations

from typing import Annotated

import typer

from huiyin.cli.cases.commands import CaseArgument, HomeOption, find


def register(case: typer.Typer) -> None:
    """Add this command to `huiyin case`."""
    case.command("same-matter")(same_matter)


def same_matter(
    case: CaseArgument,
    other: Annotated[str, typer.Argument(help="the other case's id or its number")],
    by: Annotated[str, typer.Option(help="the office that says so: it has one of them, or decides on admission")],
    undo: Annotated[bool, typer.Option("--undo", help="take it back")] = False,
    home: HomeOption = None,
) -> None:
    """Say that two cases are the same matter, or take that back; each goes on by itself."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        first, second = find(intake.get, case), find(intake.get, other)
        path = f"/v1/cases/{first}/same-matter"
        answer = intake.delete(f"{path}/{second}", by=by) if undo else intake.post(path, {"case": second, "by": by})
    linked = [one["case_id"] for one in answer["same_matter"]]
    print(f"{case}: same matter as {', '.join(linked)}" if linked else f"{case}: linked with no other case")
