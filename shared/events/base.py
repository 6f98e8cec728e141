"""The registry of event types: each type is one pydantic model of its `data`, bound to a topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.events.topics import Topic


class EventData(BaseModel):
    """Base of every event's `data`. Readers ignore fields that they do not know, so that a field may be added."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

    type_: ClassVar[str]
    topic_: ClassVar[Topic]


_Model = TypeVar("_Model", bound=type[EventData])
REGISTRY: dict[str, type[EventData]] = {}


def event(type_: str, topic: Topic) -> Callable[[_Model], _Model]:
    """Register an event type; its name carries the major version."""

    def register(model: _Model) -> _Model:
        model.type_ = type_
        model.topic_ = topic
        REGISTRY[type_] = model
        return model

    return register


Scalars = dict[str, Any]  # coded values only: choice, boolean, integer, date, instant (ISO text)
