"""Finds and reads the examples of a procedure: the file of the same name in the folder `examples` beside it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from huiyin.simulate.actions import KINDS
from huiyin.simulate.check import impossible
from huiyin.simulate.story import ExampleFile
from shared.errors import ProcedureError
from shared.procedures.loader import written
from shared.procedures.model import Procedure
from shared.procedures.validation_messages import hint_for, plain_message
from shared.procedures.yaml_file import Path as Keys
from shared.procedures.yaml_file import read_yaml

FOLDER = "examples"
_TAGS = frozenset((*KINDS, "expect"))


def examples_beside(procedure_file: Path) -> Path:
    """Where the examples of a procedure's file lie, whether there are any or not."""
    return procedure_file.parent / FOLDER / procedure_file.name


def load_examples(path: Path, procedure: Procedure | None = None) -> ExampleFile:
    """Read a file of examples: of this `procedure`, where one is given, and then of nothing that it cannot have.

    Raises `ProcedureError` with a line for each mistake, as for a procedure.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProcedureError("the file cannot be read", field=path.name, hint="is it there, and UTF-8 text?") from error
    return parse_examples(text, path.name, procedure)


def parse_examples(text: str, name: str, procedure: Procedure | None = None) -> ExampleFile:
    """The same from text; `name` stands for the file in errors."""
    try:
        document = read_yaml(text)
    except ProcedureError as error:
        raise ProcedureError(error.message, field=name, hint=error.hint) from error
    try:
        file = ExampleFile.model_validate(document.data)
    except ValidationError as error:
        lines = set()
        for detail in error.errors(include_input=False, include_url=False):
            keys = _in_file(detail["loc"])
            number, hint = document.line(keys), hint_for(detail, keys)
            message = f"line {number}: {written(document.data, keys)}: {plain_message(detail)}"
            lines.add((number, message + (f" ({hint})" if hint else "")))
        raise ProcedureError("\n".join(line for _, line in sorted(lines)), field=name) from None
    wrong = [
        (document.line(one.keys), f"{written(document.data, one.keys)}: {one.message}")
        for one in (impossible(file, procedure) if procedure is not None else ())
    ]
    if wrong:
        raise ProcedureError("\n".join(f"line {number}: {line}" for number, line in sorted(wrong)), field=name)
    return file


def _in_file(location: Keys) -> Keys:
    """A location without the tags of the union of actions."""
    kept = [
        step
        for place, step in enumerate(location)
        if not (step in _TAGS and place >= 2 and location[place - 2] == "when" and isinstance(location[place - 1], int))
    ]
    return tuple(kept)
