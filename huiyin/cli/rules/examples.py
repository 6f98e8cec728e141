"""`huiyin procedure simulate | prove`: a procedure's examples, played in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from huiyin.cli.rules.folders import calendars_folder, procedures_folder
from shared.errors import InvalidInput, ProcedureError

if TYPE_CHECKING:
    from huiyin.simulate.prove import Proof
    from huiyin.simulate.run import Failure, Outcome
    from huiyin.simulate.story import ExampleFile
    from shared.business_time.calendars import Calendar
    from shared.procedures.model import Procedure

_PROCEDURE = Annotated[str, typer.Argument(help="an id of the library, or a file")]
_FOLDER = Annotated[
    Path | None, typer.Option("--folder", help="of further procedures [HUIYIN_PROCEDURES, or the home's]")
]


def simulate(
    procedure: _PROCEDURE,
    examples: Annotated[Path | None, typer.Argument(help="a file of examples; absent: the procedure's own")] = None,
    example: Annotated[list[str] | None, typer.Option("--example", "-e", help="only the one of this id")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="events as JSON lines")] = False,
    folder: _FOLDER = None,
) -> None:
    """Play examples in memory and print what happens; exit 1 if something does not hold."""
    from huiyin.simulate.files import load_examples
    from huiyin.simulate.timeline import timeline

    path = procedure_file(procedure, folder)
    loaded, calendars = _loaded(path), _calendars()
    file = load_examples(examples, loaded) if examples else own_examples(path, loaded)
    if file is None:
        raise InvalidInput(f"{path.name} has no examples beside it", hint="name a file of examples")
    chosen = [one for one in file.examples if not example or one.id in example]
    if unknown := set(example or ()) - {one.id for one in chosen}:
        raise InvalidInput(f"there is no example {', '.join(sorted(unknown))}", field="example")
    failed = False
    for outcome in play(loaded, file, calendars, [one.id for one in chosen]):
        failed = failed or bool(outcome.failures)
        for line in timeline(outcome, loaded.time_zone, as_json=as_json):
            print(line)
    if failed:
        raise typer.Exit(1)


def prove(
    procedures: Annotated[list[str] | None, typer.Argument(help="ids or files; absent: the whole library")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="verdicts by procedure as JSON")] = False,
    lines: Annotated[bool, typer.Option("--lines", help="the changes that no example notices")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="change offices, conditions, choices and switches too")
    ] = False,
    folder: _FOLDER = None,
) -> None:
    """Say of each fact that a procedure cites whether its examples prove it; exit 1 if an example fails.

    Whatever implements a fact is taken away, or its figures are changed: some example must notice.
    """
    from huiyin.simulate.prove import prove as judge
    from shared.procedures.loader import load_library

    names = procedures or sorted({one.id for one in load_library(folder or procedures_folder()).all()})
    calendars = _calendars()
    proofs: list[Proof] = []
    for number, name in enumerate(names, 1):
        path = procedure_file(name, folder)
        loaded = _loaded(path)
        file = own_examples(path, loaded)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(names)} {name}\033[K", end="", file=sys.stderr)
        proofs.append(judge(loaded, file, calendars, strict=strict))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if as_json:
        print(json.dumps({one.procedure: one.as_json() for one in proofs}, ensure_ascii=False, indent=1))
    else:
        _print_proofs(proofs, lines=lines)
    if any(one.failures for one in proofs):
        raise typer.Exit(1)


def _print_proofs(proofs: Sequence[Proof], *, lines: bool) -> None:
    for one in proofs:
        all_facts = len(one.enforced) + len(one.cited) + len(one.not_enforced)
        print(f"{one.procedure}: {len(one.enforced)} of {all_facts} enforced, {len(one.cited)} cited only,"
              f" {len(one.not_enforced)} not enforced")  # fmt: skip
        for failure in one.failures:
            print(f"  fails: {failure}")
        for fact in one.cited:
            changes = one.unnoticed.get(fact, ())
            print(f"  cited: {fact}" + ("" if lines else f"  ({len(changes)} changes are not noticed)"))
            for change in changes if lines else ():
                print(f"    {change}")
        for fact, why in one.not_enforced.items():
            print(f"  not enforced: {fact}: {why}")


def play(
    procedure: Procedure, file: ExampleFile, calendars: dict[str, Calendar], ids: Sequence[str] = ()
) -> list[Outcome]:
    """The examples (all, or those of these ids) played on a procedure."""
    from huiyin.simulate.rules import WorldRules
    from huiyin.simulate.run import run_example

    rules = WorldRules(procedure, calendars)
    return [run_example(one, file, rules) for one in file.examples if not ids or one.id in ids]


def failures_of(path: Path, procedure: Procedure) -> tuple[int, list[Failure]]:
    """How many examples a procedure's file has beside it, and what fails in them."""
    file = own_examples(path, procedure)
    if file is None:
        return 0, []
    return len(file.examples), [one for outcome in play(procedure, file, _calendars()) for one in outcome.failures]


def own_examples(path: Path, procedure: Procedure) -> ExampleFile | None:
    """The examples of this procedure beside a procedure's file; None if there are none. Raises `ProcedureError`."""
    from huiyin.simulate.files import examples_beside, load_examples

    beside = examples_beside(path)
    return load_examples(beside, procedure) if beside.is_file() else None


def procedure_file(name: str, folder: Path | None) -> Path:
    """The file of a procedure: itself, or that of this id in the folder of further procedures or the library.

    Of several versions it is the highest that is found. Raises `InvalidInput`.
    """
    from shared.procedures.loader import LIBRARY_FOLDER
    from shared.procedures.nearest import nearest

    if name.endswith((".yaml", ".yml")) or Path(name).is_file():
        return Path(name)
    folders = [where for where in (folder or procedures_folder(), LIBRARY_FOLDER) if where is not None]
    for where in folders:
        if (where / f"{name}.yaml").is_file():
            return where / f"{name}.yaml"
    found: dict[str, tuple[int, Path]] = {}
    for path in (path for where in folders for path in sorted(where.glob("*.y*ml"))):
        id_, version = _named_in(path)
        if id_ not in found or found[id_][0] < version:
            found[id_] = (version, path)
    if name in found:
        return found[name][1]
    hint = nearest(name, found) or "see `huiyin procedure list`"
    raise InvalidInput(f"there is no procedure {name}", field="procedure", hint=hint)


def _named_in(path: Path) -> tuple[str, int]:
    """The id and version that a file says, without reading it as a procedure; its name and 0 where it says none."""
    from shared.procedures.loader import read_document

    try:
        data = read_document(path).data
    except ProcedureError:
        return path.stem, 0
    id_, version = data.get("id"), data.get("version")
    return (id_ if isinstance(id_, str) else path.stem), (version if isinstance(version, int) else 0)


def _loaded(path: Path) -> Procedure:
    from shared.procedures.loader import load_procedure

    return load_procedure(path)


def _calendars() -> dict[str, Calendar]:
    from shared.business_time.loader import load_calendars

    own = calendars_folder()
    return load_calendars(own if own.is_dir() else None)
