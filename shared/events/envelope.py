"""The envelope: CloudEvents 1.0, structured JSON, one event per record; the record's key is the case id.

Extension attributes: `partitionkey` (the case id), `procedure` and `procedureversion` (what the case is pinned to),
`sequence` (1, 2, 3 … per case and topic, no gaps), `cause` (the id of the event or request that led to it) and
`traceparent` (W3C). Ids are uuid5 of producer, case, type and cause, so that a repeated decision makes the same event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import InvalidInput
from shared.events import assignments, complaints, dead_letters, deadlines, notices, reports  # noqa: F401  (they fill the registry)
from shared.events.base import REGISTRY, EventData

NAMESPACE = UUID("6f1d2c52-6d0b-5c8e-9c6e-2f0a8f4f7a11")
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


class Wire(BaseModel):
    """The envelope as it stands in a record."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: UUID
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str | None = None
    partitionkey: str | None = None
    procedure: str
    procedureversion: int = 1
    sequence: int = 0
    cause: str | None = None
    traceparent: str | None = None
    data: dict[str, Any]


@dataclass(frozen=True)
class Transport:
    """How a record came on a topic that others write: the headers of its signature, its bytes, and when the broker
    took it (None where the broker does not say)."""

    headers: Mapping[str, str]
    value: bytes
    appended_at: datetime | None


@dataclass(frozen=True)
class Event:
    """One event in memory. `subject` is the case id; `time` when it was emitted, in UTC.

    `transport` is kept of what others wrote, until its signature has been checked.
    """

    id: UUID
    source: str
    subject: UUID
    time: datetime
    procedure: str
    procedure_version: int
    data: EventData
    cause: str
    sequence: int = 0
    traceparent: str | None = None
    transport: Transport | None = field(default=None, compare=False, repr=False)
    foreign_id: str | None = field(default=None, compare=False, repr=False)

    @property
    def wire_id(self) -> str:
        """The id as it stands in the record; another system's own need not be a UUID."""
        return self.foreign_id or str(self.id)

    @property
    def type(self) -> str:
        """The CloudEvents type, with its major version."""
        return self.data.type_

    def numbered(self, sequence: int) -> Event:
        """The same event with its place among the topic's events of the case."""
        return replace(self, sequence=sequence)


def event_id(producer: str, case_id: UUID, type_: str, cause: str) -> UUID:
    """The id of an event: a function of producer, case, type and cause."""
    return uuid5(NAMESPACE, f"{producer}|{case_id}|{type_}|{cause}")


def make(
    producer: str,
    case_id: UUID,
    procedure: tuple[str, int],
    data: EventData,
    *,
    cause: str,
    at: datetime,
    traceparent: str | None = None,
) -> Event:
    """Make an event whose id is a function of producer, case, type and cause; `at` is aware."""
    return Event(
        id=event_id(producer, case_id, data.type_, cause),
        source=f"/huiyin/{producer}",
        subject=case_id,
        time=at,
        procedure=procedure[0],
        procedure_version=procedure[1],
        data=data,
        cause=cause,
        traceparent=traceparent,
    )


def encode(event: Event) -> bytes:
    """The record's value: UTF-8 JSON, Chinese as itself."""
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": event.source,
        "type": event.type,
        "subject": str(event.subject),
        "time": event.time.isoformat(),
        "datacontenttype": "application/json",
        "dataschema": f"/contracts/{event.type}.json",
        "partitionkey": str(event.subject),
        "procedure": event.procedure,
        "procedureversion": event.procedure_version,
        "sequence": event.sequence,
        "cause": event.cause,
        "data": event.data.model_dump(mode="json", exclude_defaults=False),
    }
    if event.traceparent:
        document["traceparent"] = event.traceparent
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


class UnknownType(InvalidInput):
    """A type that this version does not know: it is skipped and counted, not a dead letter."""

    code = "unknown-type"


def decode(value: bytes | None) -> Event:
    """Read a record's value. Raises `InvalidInput` naming the first bad field (never its value), or `UnknownType`."""
    if not value:
        raise InvalidInput("the record is empty", field="value")
    try:
        wire = Wire.model_validate_json(value)
        model = REGISTRY.get(wire.type)
        if model is None:
            raise UnknownType("this version does not know the event's type", field="type")
        data = model.model_validate(wire.data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise InvalidInput(first["msg"], field=".".join(map(str, first["loc"])) or "value") from None
    if wire.time.tzinfo is None:
        raise InvalidInput("an instant needs its offset from UTC", field="time")
    try:
        identifier = UUID(wire.id)
    except ValueError:  # another system's own id: made a UUID of ours, always the same one
        identifier = uuid5(NAMESPACE, f"{wire.source}|{wire.id}")
    foreign_id = wire.id if wire.id != str(identifier) else None
    return Event(
        id=identifier,
        source=wire.source,
        subject=wire.subject,
        time=wire.time,
        procedure=wire.procedure,
        procedure_version=wire.procedureversion,
        data=data,
        cause=wire.cause or wire.id,
        sequence=wire.sequence,
        traceparent=wire.traceparent,
        foreign_id=foreign_id,
    )
