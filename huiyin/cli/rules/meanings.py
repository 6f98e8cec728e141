"""What each key of a procedure file means: the models' own docstrings and descriptions, key by key.

A docstring says of a key `` `key`: what it means. ``, of several `` `a`, `b`: … ``, until the next key or the end of
the paragraph. `Field(description=…)` goes before that; what is the same everywhere (`id`, `source`) stands here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_KEY = r"`[a-z_]+`"
_SAYS = re.compile(rf"(?:^|(?<=[.:;] ))({_KEY}(?:(?:, | and |, and ){_KEY})*): ")
_EVERYWHERE = {
    "id": "by which other parts name it: small letters, digits, single hyphens",
    "name": "what people read, in Chinese and English",
    "label": "what people read, in Chinese and English",
    "when": "only where this holds, judged at that moment",
    "source": "ids of the catalogue's facts that it implements",
}


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """The meaning of each key, by its name in the file; a key of which nothing is said is not there."""
    said = _said(model)
    found = {}
    for name, spec in model.model_fields.items():
        key = spec.alias or name
        text = spec.description or said.get(key) or _EVERYWHERE.get(key)
        if text:
            found[key] = text
    return found


def purpose(model: type[BaseModel]) -> str:
    """The docstring without what it says of single keys, as one paragraph."""
    return " ".join(text for paragraph in _paragraphs(model) if (text := _SAYS.split(paragraph, maxsplit=1)[0].strip()))


def models_in(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> Iterator[type[BaseModel]]:
    """The model and every model that a value of it may hold, each once, in the order of the keys."""
    seen = set() if seen is None else seen
    if model in seen:
        return
    seen.add(model)
    yield model
    for spec in model.model_fields.values():
        for below in _models_of(spec):
            yield from models_in(below, seen)


def _models_of(spec: FieldInfo) -> Iterator[type[BaseModel]]:
    waiting: list[Any] = [spec.annotation]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, type) and issubclass(found, BaseModel):
            yield found
        else:
            waiting += get_args(found)


def _said(model: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] = {}
    for paragraph in _paragraphs(model):
        _, *pieces = _SAYS.split(paragraph)
        for names, text in zip(pieces[::2], pieces[1::2], strict=True):
            found |= dict.fromkeys(re.findall(r"[a-z_]+", names), text.strip().rstrip(".;,"))
    return found


def _paragraphs(model: type[BaseModel]) -> list[str]:
    text = inspect.cleandoc(model.__doc__ or "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
