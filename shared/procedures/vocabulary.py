"""Which keys the language has at a place of a procedure: for the nearest word to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel

from shared.procedures.model import Procedure

OF_A_FILE = ("extends", "use", "texts", "conditions")
"""What a file has beside a procedure's own keys; see `composition`."""


def words_at(keys: Sequence[str | int]) -> frozenset[str]:
    """The keys that a mapping at this path may have; empty where the path leads out of the language."""
    found = {word for model in _models_at(keys) for word in _keys(model)}
    return frozenset(found | set(OF_A_FILE) if not keys else found)


def _models_at(keys: Sequence[str | int]) -> frozenset[type[BaseModel]]:
    models: frozenset[type[BaseModel]] = frozenset((Procedure,))
    for key in keys:
        if isinstance(key, str):
            models = frozenset(one for model in models for one in _keys(model).get(key, ()))
    return models


@lru_cache(maxsize=200)
def _keys(model: type[BaseModel]) -> dict[str, frozenset[type[BaseModel]]]:
    """The keys of a model, each with the models that its value may be."""
    return {spec.alias or name: frozenset(_in(spec.annotation)) for name, spec in model.model_fields.items()}


def _in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _in(part)
