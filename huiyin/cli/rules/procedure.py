"""`huiyin procedure …`: list, show and check the procedures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from huiyin.cli.options import Lang, LangOption
from huiyin.cli.rules.examples import failures_of, procedure_file, prove, simulate
from huiyin.cli.rules.folders import procedures_folder
from shared.errors import ProcedureError

if TYPE_CHECKING:
    from huiyin.simulate.run import Failure
    from shared.procedures.model import Procedure


_FOLDER = Annotated[
    Path | None, typer.Option("--folder", help="of further procedures [HUIYIN_PROCEDURES, or the home's]")
]


def register(app: typer.Typer) -> None:
    """Mount `procedure list | show | check | simulate | prove | schema | how-to`."""
    group = typer.Typer(help="Procedures: the rules by which cases are handled.", no_args_is_help=True)
    group.command("list")(list_procedures)
    group.command("show")(show)
    group.command("check")(check)
    group.command("simulate")(simulate)
    group.command("prove")(prove)
    group.command("schema")(schema)
    group.command("how-to")(how_to)
    app.add_typer(group, name="procedure")


def list_procedures(lang: LangOption = Lang.en, folder: _FOLDER = None) -> None:
    """Every procedure of the library: id, version, since when in force, name."""
    from shared.procedures.loader import load_library

    for one in load_library(folder or procedures_folder()).all():
        name = one.name.zh if lang is Lang.zh else one.name.en
        print(f"{one.id}  v{one.version}  {one.in_force_from}  {name}")


def show(
    procedure: Annotated[str, typer.Argument(help="an id of the library, or a file")],
    lang: LangOption = Lang.en,
    facts: Annotated[bool, typer.Option("--facts", help="the facts behind each element")] = False,
    version: Annotated[int | None, typer.Option(help="a version other than the latest")] = None,
    folder: _FOLDER = None,
    expanded: Annotated[
        bool, typer.Option("--expanded", help="as one YAML file, with what its base and packs put into it")
    ] = False,
) -> None:
    """Print a procedure readably."""
    from huiyin.cli.rules.procedure_text import ProcedureText
    from shared.procedures.expanded import as_yaml

    chosen = _find(procedure, version, folder)
    if expanded:
        print(as_yaml(chosen), end="")
        return
    for line in ProcedureText(chosen, lang.value, with_facts=facts).lines():
        print(line)


def check(
    procedure: Annotated[str, typer.Argument(help="a file, or an id of the library")],
    lang: LangOption = Lang.en,
    folder: _FOLDER = None,
) -> None:
    """Check a procedure, and run the examples beside its file; exit 1 if there are errors or an example fails.

    Warnings are printed too. The examples of rules.yaml are in examples/rules.yaml.
    """
    from shared.procedures.loader import read_source

    file = procedure_file(procedure, folder)
    try:
        source = read_source(file)
    except ProcedureError as mistakes:
        for line in mistakes.message.splitlines():
            print(f"error: {_in(file.name, line)}")
        print(mistakes.hint or "", file=sys.stderr)
        raise typer.Exit(1) from None
    findings, loaded = source.located(), source.procedure
    for one, _, where in findings:
        print(f"{one.severity}: {_in(file.name, where)}: {one.path}: {one.zh if lang is Lang.zh else one.en}")
    errors = sum(one.severity == "error" for one, *_ in findings)
    examples, failures = (0, []) if errors else _examples(file, loaded)
    for failure in failures:
        print(f"example: {failure}")
    ran = "examples were not run" if errors else f"{examples} examples, {len({one.example for one in failures})} fail"
    print(f"{loaded.id} v{loaded.version}: {errors} errors, {len(findings) - errors} warnings; {ran}", file=sys.stderr)
    if errors or failures:
        raise typer.Exit(1)


def _in(file: str, place: str) -> str:
    """`line 12` of the file itself with the file's name; a base's or a pack's place has its own."""
    return f"{file} {place}" if place.startswith("line ") else place


def how_to(
    procedure: Annotated[str, typer.Argument(help="an id of the library, or a file")],
    lang: LangOption = Lang.zh,
    version: Annotated[int | None, typer.Option(help="a version other than the latest")] = None,
    folder: _FOLDER = None,
) -> None:
    """Print how to complain, as an organisation publishes it: channels, hours, what to state, refusals, deadlines."""
    from huiyin.cli.rules.folders import calendars_folder
    from shared.business_time.loader import load_calendars
    from shared.procedures.how_to import how_to_complain

    chosen = _find(procedure, version, folder)
    print(how_to_complain(chosen, load_calendars(calendars_folder()), lang.value), end="")


def schema() -> None:
    """Print the JSON Schema of procedure files, for editors."""
    from huiyin.cli.rules.schema import render_schema

    print(render_schema(), end="")


def _examples(file: Path, loaded: Procedure) -> tuple[int, list[Failure]]:
    try:
        return failures_of(file, loaded)
    except ProcedureError as mistakes:
        for line in mistakes.message.splitlines():
            print(f"error: {_in(f'examples/{file.name}', line)}")
        raise typer.Exit(1) from None


def _find(name: str, version: int | None, folder: Path | None) -> Procedure:
    from shared.procedures.loader import load_library, load_procedure

    if name.endswith((".yaml", ".yml")):
        return load_procedure(Path(name))
    return load_library(folder or procedures_folder()).get(name, version)
