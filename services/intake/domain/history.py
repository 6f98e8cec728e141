"""What has happened to a case and which facts hold of it, from its timeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.intake.domain.timeline import TimelineEntry
from shared.events.base import REGISTRY, EventData
from shared.events.occurrences import facts_of, names_of


@dataclass(frozen=True, slots=True)
class History:
    """`happened`: every occurrence, plain and qualified; `facts`: for conditions, `reached:<name>` included."""

    happened: frozenset[str]
    facts: Mapping[str, Any]


def data_of(entry: TimelineEntry) -> EventData | None:
    """The event's data, but for what a timeline leaves out (`matters`, and what is null); None for a type of another
    version."""
    model = REGISTRY.get(entry.type)
    if model is None:
        return None
    left_out = {name: None for name, spec in model.model_fields.items() if spec.is_required()}
    return model.model_validate({**left_out, **entry.details})


def history(entries: Iterable[TimelineEntry]) -> History:
    """The history that these entries are, given in the order in which they happened."""
    happened: set[str] = set()
    facts: dict[str, Any] = {}
    for entry in entries:
        data = data_of(entry)
        if data is not None:
            happened |= set(names_of(data))
            facts |= facts_of(data)
    return History(frozenset(happened), {**facts, **{f"reached:{name}": True for name in happened}})
