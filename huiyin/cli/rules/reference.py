"""docs/procedure-reference.md: every key of a procedure file, made from the models, so that the two cannot differ.

`make docs` writes the page; a test fails while it is stale.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Discriminator, Tag
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from huiyin.cli.rules.meanings import meanings, models_in, purpose
from huiyin.cli.rules.words import DURATIONS, FACTS, OCCURRENCES, OF_A_FILE, PLACEHOLDERS
from shared.business_time.durations import Duration
from shared.procedures import conditions, formulas
from shared.procedures.loader import PACKAGE, read_document
from shared.procedures.milestones import FREELY_QUALIFIED, QUALIFIED_BY
from shared.procedures.model import Procedure
from shared.procedures.model import base as words
from shared.procedures.model.clocks import WallTime
from shared.procedures.model.notices import Addressees
from shared.procedures.model.reports import Fact, Shown
from shared.procedures.yaml_file import MAX_BYTES, MAX_DEPTH

PAGE = Path(__file__).parents[3] / "docs" / "procedure-reference.md"

_INTRODUCTION = f"""\
# The language of procedures: reference

Every key of a procedure file, with its type, what it is where it is not written, and what it means. How a file is
written and proven is in [writing-a-procedure.md](writing-a-procedure.md). This page is made from the models by
`make docs`: do not edit it.

A file is one YAML mapping, UTF-8, at most {MAX_BYTES // 1024} KiB and {MAX_DEPTH} deep, without anchors and tags; words
that YAML 1.1 takes for something else (`on`, `yes`, `12:30`, `0123`) stand in quotes. A key that is not here is
refused. An id is of small letters, digits and single hyphens. Every part that has an id may have `source` too: the
facts of the catalogue that it implements, `[hotline.07]`, or `[7]` for one of the file's own.
"""

_SIMPLE: Sequence[tuple[Any, str]] = (
    (words.Id, "id"),
    (words.Occurrence, "[occurrence](#occurrences)"),
    (words.FactName, "[fact](#facts)"),
    (Fact, "[fact](#facts)"),
    (formulas.FieldName, "[fact](#facts)"),
    (words.DurationText, "[duration](#durations)"),
    (Duration, "[duration](#durations)"),
    (words.Currency, "currency, `CNY`"),
    (conditions.Condition, "[condition](#conditions)"),
    (formulas.Formula, "[formula](#formulas)"),
    (formulas.Number, "number"),
    (Shown, "a figure, or an occurrence"),
    (Addressees, "addressee, or list of these"),
    (WallTime, "`HH:MM`"),
    (words.Text, "`{zh: …, en: …}`"),
    (str, "text"),
    (bool, "true or false"),
    (int, "whole number"),
    (float, "number"),
)
_OF_CONDITIONS = (
    conditions.All, conditions.Any_, conditions.Not, conditions.Reached, conditions.Always, conditions.Compare
)  # fmt: skip
_OF_FORMULAS = (
    formulas.FieldAmount, formulas.Min, formulas.Max, formulas.Sum, formulas.Times, formulas.Percent, formulas.Share,
    formulas.ByValue,
)  # fmt: skip


def render_reference() -> str:
    """The page as it stands in docs."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    places = _places()
    listed = [one for one in models_in(Procedure) if one not in (*_OF_CONDITIONS, *_OF_FORMULAS)]
    yield "## The parts\n"
    for model in listed:
        yield from _model(model, f"`{places[model][0]}`", places[model][1:])
    yield "## Conditions\n"
    yield (
        "Three-valued: what is not known is neither true nor false, and a rule fires only on true. One of these "
        "mappings:\n"
    )
    for model in _OF_CONDITIONS:
        yield from _model(model, _shape(model), [])
    yield "## Formulas\n"
    yield (
        "Of amounts: decimal, rounded half up to two places at the end. A number, the name of a fact, or one of these "
        "mappings:\n"
    )
    for model in _OF_FORMULAS:
        yield from _model(model, _shape(model), [])
    yield from _occurrences()
    yield from _table("Facts", "What conditions, formulas and tables read.", "fact", FACTS)
    inside = {
        **PLACEHOLDERS,
        "documents.<name>": "a text that was put into the case's vault; in a body only",
        "number.<document>": "the number of a document",
        "due.<clock>": "when this clock is due, as local time",
    }
    shown = {f"{{{{{name}}}}}": meaning for name, meaning in inside.items()}
    yield from _table("Placeholders", "Of notices' texts; nothing else is replaced, or executed.", "in a text", shown)
    yield from _table("Durations", "", "duration", DURATIONS)
    yield from _shelves()


@lru_cache(maxsize=1)
def _places() -> dict[type[BaseModel], list[str]]:
    """Where each model stands in a file: `clocks[].extension`."""
    found: dict[type[BaseModel], list[str]] = {Procedure: ["(the file)"]}
    waiting: list[tuple[type[BaseModel], str]] = [(Procedure, "")]
    while waiting:
        model, path = waiting.pop(0)
        for name, spec in model.model_fields.items():
            key = f"{path}.{spec.alias or name}".lstrip(".")
            for below, many in _below(spec.annotation, many=False):
                place = f"{key}[]" if many else key
                new = below not in found
                found.setdefault(below, []).append(place)
                if new:
                    waiting.append((below, place))
    return found


def _below(annotation: Any, *, many: bool) -> Iterator[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
    for part in get_args(annotation):
        yield from _below(part, many=many or get_origin(annotation) is tuple)


def _model(model: type[BaseModel], title: str, also: Sequence[str]) -> Iterator[str]:
    yield f"### {title}\n"
    if text := purpose(model):
        yield text + "\n"
    if also:
        shown = ", ".join(f"`{place}`" for place in also[:6]) + (", …" if len(also) > 6 else "")
        yield f"Also at {shown}.\n"
    yield "| key | type | without it | meaning |"
    yield "|---|---|---|---|"
    said, hints = meanings(model), get_type_hints(model, include_extras=True)
    for name, spec in model.model_fields.items():
        key = spec.alias or name
        if key == "source":
            continue
        kind = _type(hints[name]) + _bounds(spec)
        yield f"| `{key}` | {_cell(kind)} | {_cell(_without(spec))} | {_cell(said.get(key, ''))} |"
    if model is Procedure:
        for key, (kind, meaning) in OF_A_FILE.items():
            yield f"| `{key}` | {kind} | | {meaning} |"
    extras = hints.get("__pydantic_extra__")
    if extras is not None:
        yield f"| *a value* | {_cell(_type(get_args(extras)[1]))} | | for this value of the fact |"
    yield ""


def _shape(model: type[BaseModel]) -> str:
    keys = [spec.alias or name for name, spec in model.model_fields.items()]
    if model is conditions.Compare:
        return "`{field: …, is: …}`"
    if model is formulas.ByValue:
        return "`{by: …, <value>: …, else: …}`"
    return "`{" + ", ".join(f"{key}: …" for key in keys) + "}`"


def _type(hint: Any) -> str:
    for known, text in _SIMPLE:
        if hint == known:
            return text
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{str(one).lower() if isinstance(one, bool) else one}`" for one in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(one) for one in parts if one is not type(None)))
    if origin is tuple:
        inner = _type(parts[0])
        return f"{inner} and {_type(parts[1])}" if len(parts) > 1 and parts[1] is not Ellipsis else f"list of {inner}"
    if origin is Annotated:
        kept = [one for one in parts[1:] if not isinstance(one, Tag | Discriminator)]
        bare = len(kept) == len(parts) - 1
        return _type(parts[0] if bare or not kept else Annotated.__class_getitem__((parts[0], *kept)))
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        place = _places()[hint][0] if hint in _places() else ""
        return f"[mapping](#{re.sub(r'[^a-z0-9_-]', '', place)})" if place else "mapping"
    return getattr(hint, "__name__", str(hint))


def _bounds(spec: FieldInfo) -> str:
    """` from 1 to 20`: of numbers, and of how many there may be."""
    found = {type(one).__name__: one for one in spec.metadata}
    low = getattr(found.get("Ge"), "ge", getattr(found.get("MinLen"), "min_length", None))
    high = getattr(found.get("Le"), "le", getattr(found.get("MaxLen"), "max_length", None))
    text = (f"at least {low}" if low else "") + (" and " if low and high else "") + (f"at most {high}" if high else "")
    return f", {text}" if text else ""


def _without(spec: FieldInfo) -> str:
    if spec.is_required():
        return "**needed**"
    default = spec.get_default(call_default_factory=True)
    if default is PydanticUndefined or default is None or default == ():
        return ""
    if isinstance(default, BaseModel):
        given = default.model_dump(mode="json", exclude_defaults=True)
        return ", ".join(f"`{key}: {value}`" for key, value in given.items())
    if isinstance(default, tuple):
        return ", ".join(f"`{one}`" for one in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _occurrences() -> Iterator[str]:
    yield "## Occurrences\n"
    yield (
        "Words for what happens to a case. With a qualifier they mean one of them, `escalated:<level>`; without it "
        "any. A step of a clock is `warned:<clock>.<step>` or `overdue:<clock>.<step>`; the sla service's words need "
        "their clock. Milestones that a procedure declares are words too.\n"
    )
    for who, several in OCCURRENCES.items():
        yield f"### Emitted by {who}\n" if " " not in who else f"### By {who}\n"
        yield "| occurrence | qualifier | meaning |"
        yield "|---|---|---|"
        for word, meaning in several.items():
            part = QUALIFIED_BY.get(word, "")
            qualifier = "any name" if word in FREELY_QUALIFIED else f"one of `{part}`" if part else ""
            yield f"| `{word}` | {qualifier} | {meaning} |"
        yield ""


def _table(title: str, text: str, first: str, rows: Any) -> Iterator[str]:
    yield f"## {title}\n"
    if text:
        yield text + "\n"
    yield f"| {first} | meaning |"
    yield "|---|---|"
    for name, meaning in rows.items():
        yield f"| {', '.join(f'`{one}`' for one in name.split(', '))} | {_cell(meaning)} |"
    yield ""


def _shelves() -> Iterator[str]:
    yield "## Bases and packs\n"
    yield (
        "`extends: <base>@<version>` takes all of a base; `use: [{pack: <pack>@<version>, with: {<parameter>: …}}]` "
        "adds packs. An entry with the id of one that is there already adds its keys to it, and `remove: true` takes "
        "it away.\n"
    )
    for kind in ("bases", "packs"):
        for path in sorted((PACKAGE / kind).glob("*.yaml")):
            data = read_document(path).data
            yield f"### `{path.stem}`\n"
            yield f"A {'base' if kind == 'bases' else 'pack'}: {data['about']}.\n"
            if parameters := data.get("parameters"):
                yield "| parameter | without it | meaning |"
                yield "|---|---|---|"
                for name, about in parameters.items():
                    default = f"`{about['default']}`" if about.get("default") is not None else "**needed**"
                    yield f"| `{name}` | {default} | {_cell(str(about.get('about', '')))} |"
                yield ""
            if usual := data.get("usual"):
                known = [f"{key} {', '.join(f'`{one}`' for one in _names(value))}" for key, value in usual.items()]
                yield "Knows what these are, where a file names them by their ids alone: " + "; ".join(known) + ".\n"
            parts = {
                key: value
                for key, value in data.items()
                if key not in ("about", "parameters", "extends", "use", "usual")
            }
            named = [f"{key} {', '.join(f'`{name}`' for name in _names(value))}" for key, value in parts.items()]
            yield "Brings " + "; ".join(named) + ".\n"


def _names(part: Any) -> list[str]:
    if isinstance(part, list):
        return [str(one["id"]) for one in part if isinstance(one, dict) and "id" in one]
    return list(part) if isinstance(part, dict) else [str(part)]


if __name__ == "__main__":
    PAGE.write_text(render_reference(), encoding="utf-8")
