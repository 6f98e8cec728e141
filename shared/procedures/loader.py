"""Loads procedures: one file, or the library that a process works with.

A file may extend a base and use packs: it is put together first (`composition`), then read, then checked. Its mistakes
come all together in one `ProcedureError`: its message has a line for each, with the line in the file (or in the base or
pack: `bases/complaint@1.yaml line 12`), the path (`clocks[forward].duration`), what is wrong and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.errors import NotFound, ProcedureError
from shared.procedures.check import Finding, check_procedure
from shared.procedures.composition import Composed, Shelf, compose
from shared.procedures.model import Procedure
from shared.procedures.nodes import Place
from shared.procedures.validation_messages import hint_for, plain_message
from shared.procedures.yaml_file import Document, read_yaml
from shared.procedures.yaml_file import Path as Keys

PACKAGE = Path(__file__).parent
LIBRARY_FOLDER = PACKAGE / "library"
# After these keys a validation error names which of several forms the value was taken for.
_SEVERAL_FORMS = ("when", "while", "not", "duration", "no_consequence")
_TAGGED_LISTS = ("all", "any", "shows")


@dataclass(frozen=True)
class Source:
    """A procedure with what it was made of: `composed` knows where each of its parts was written."""

    name: str
    procedure: Procedure
    composed: Composed

    def located(self) -> list[tuple[Finding, Place, str]]:
        """What `check` finds, errors first, each with its place and with that place as people read it."""
        known = {written(self.composed.data, keys): place for keys, place in self.composed.places.items()}
        found = []
        for one in check_procedure(self.procedure):
            place = _nearest_place(known, one.path)
            found.append((one, place, _where(place, self.name)))
        return found


def read_source(path: Path) -> Source:
    """Read one procedure file (UTF-8 YAML), with the base and the packs that it names.

    These are of this package, or of folders `bases` and `packs` beside the file. Raises `ProcedureError`: `field` is
    the file's name, the message has one line per mistake.
    """
    return parse_source(_text(path), path.name, path.parent)


def parse_source(text: str, name: str, folder: Path | None = None) -> Source:
    """The same from text; `name` stands for the file in errors, `folder` is where bases and packs may be too."""
    composed = compose(_document(text, name), name, _shelf(folder))
    try:
        return Source(name, Procedure.model_validate(composed.data), composed)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        lines = sorted({_line(composed, name, detail) for detail in details})
        raise ProcedureError("\n".join(text for *_, text in lines), field=name, hint=_count(len(lines))) from None


def read_document(path: Path) -> Document:
    """The data of one file as it is written, with its lines; raises `ProcedureError`."""
    return _document(_text(path), path.name)


def load_procedure(path: Path) -> Procedure:
    """The procedure of a file; raises `ProcedureError` as `read_source` does."""
    return read_source(path).procedure


def parse_procedure(text: str, name: str) -> Procedure:
    """The same from text; `name` stands for the file in errors."""
    return parse_source(text, name).procedure


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProcedureError("the file cannot be read", field=path.name, hint="is it there, and UTF-8 text?") from error


def _document(text: str, name: str) -> Document:
    try:
        return read_yaml(text)
    except ProcedureError as error:
        raise ProcedureError(error.message, field=name, hint=error.hint) from error


def _shelf(folder: Path | None) -> Shelf:
    def read(kind: str, name: str) -> Document | None:
        for place in (folder, PACKAGE) if folder is not None else (PACKAGE,):
            path = place / kind / f"{name}.yaml"
            if path.is_file():
                return _document(_text(path), f"{kind}/{name}.yaml")
        return None

    return read


def _nearest_place(known: dict[str, Place], path: str) -> Place:
    while path not in known:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
        if not path:
            return known["(file)"]
    return known[path]


def _where(place: Place, name: str) -> str:
    return f"line {place.line}" if place.file == name else f"{place.file} line {place.line}"


def _count(number: int) -> str:
    return "1 mistake; the language is in docs/writing-a-procedure.md" if number == 1 else f"{number} mistakes"


def _line(composed: Composed, name: str, detail: ErrorDetails) -> tuple[str, int, str]:
    keys = in_file(detail["loc"])
    place = composed.place(keys)
    hint = hint_for(detail, keys, _value(composed.data, keys))
    path = written(composed.data, keys)
    text = f"{_where(place, name)}: {path}: {plain_message(detail)}" + (f" ({hint})" if hint else "")
    return "" if place.file == name else place.file, place.line, text


def _value(data: Any, keys: Keys) -> Any:
    for key in keys:
        data = _below(data, key)
    return data


def in_file(location: Keys) -> Keys:
    """A validation error's location without the tags that pydantic puts into it where a value has several forms."""
    kept: list[str | int] = []
    skip = False
    for step in location:
        if skip:
            skip = False
            continue
        kept.append(step)
        above = kept[-2] if len(kept) > 1 else None
        skip = step in _SEVERAL_FORMS or (isinstance(step, int) and above in _TAGGED_LISTS)
    return tuple(kept)


def written(data: Any, keys: Keys) -> str:
    """A path as people read it: `clocks[forward].duration`; a part without an id goes by its number."""
    text = ""
    for key in keys:
        below = _below(data, key)
        if isinstance(key, int):
            name = below.get("id") if isinstance(below, dict) else None
            text += f"[{name}]" if isinstance(name, str) and len(name) <= 60 else f"[{key}]"
        else:
            text += f".{key}" if text else key
        data = below
    return text or "(file)"


def _below(data: Any, key: str | int) -> Any:
    try:
        return data[key]
    except (KeyError, IndexError, TypeError):
        return None


@dataclass
class Library:
    """The procedures that a process knows, by id and version."""

    procedures: tuple[Procedure, ...]

    def put(self, procedures: tuple[Procedure, ...]) -> None:
        """Take these, in the order of ids and versions, in place of all others, at once for every reader."""
        self.procedures = procedures

    def all(self) -> tuple[Procedure, ...]:
        """Every version of every procedure, by id, then version."""
        return self.procedures

    def get(self, id: str, version: int | None = None, *, on: date | None = None) -> Procedure:
        """The version asked for; without one, the highest that is in force `on` that day (or at all).

        `on` is a date of the procedure's own time zone. Raises `NotFound`.
        """
        found = [
            procedure
            for procedure in self.procedures
            if procedure.id == id
            and (version is None or procedure.version == version)
            and (on is None or version is not None or procedure.in_force_from <= on)
        ]
        if not found:
            raise NotFound("no such procedure in the library", field="procedure", hint="see `huiyin procedure list`")
        return max(found, key=lambda procedure: (procedure.in_force_from, procedure.version))


def assemble(procedures: Iterable[tuple[str, Procedure]]) -> Library:
    """A library of (file name, procedure) pairs.

    The same id and version twice is harmless when the content is the same, and a `ProcedureError` otherwise.
    """
    known: dict[tuple[str, int], tuple[str, Procedure]] = {}
    for name, procedure in procedures:
        first, other = known.setdefault(procedure.key, (name, procedure))
        if other != procedure:
            raise ProcedureError(
                f"{first} and {name} hold the same id and version with different content",
                field=name,
                hint="give the later one the next version",
            )
    return Library(tuple(known[key][1] for key in sorted(known)))


@lru_cache(maxsize=8)
def load_library(extra: Path | None = None) -> Library:
    """As `read_library`; read once per process."""
    return read_library(extra)


def read_library(extra: Path | None = None) -> Library:
    """The shipped procedures and those of a further folder, as its files are now.

    Raises `ProcedureError` for a file that breaks the language, or whose cross-references do not hold.
    """
    folders = [LIBRARY_FOLDER] if extra is None else [LIBRARY_FOLDER, extra]
    if extra is not None and not extra.is_dir():
        raise ProcedureError("the folder of further procedures does not exist", hint="name a folder of .yaml files")
    files = [path for folder in folders for path in sorted(folder.glob("*.y*ml"))]
    return assemble((path.name, _sound(path)) for path in files)


def _sound(path: Path) -> Procedure:
    source = read_source(path)
    errors = [f"{where}: {one.path}: {one.en}" for one, _, where in source.located() if one.severity == "error"]
    if errors:
        raise ProcedureError(
            "\n".join(errors), field=path.name, hint=f"`huiyin procedure check {path.name}` shows them"
        )
    return source.procedure
