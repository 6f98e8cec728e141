"""The contract in files: a JSON Schema per event type and one AsyncAPI 3 document, generated from the models.

`python -m shared.events.contracts` writes them to `shared/events/schemas`; a test compares them with the models, and
another holds a change against the released ones (tests/contract).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from shared.events import headers
from shared.events.base import REGISTRY, EventData
from shared.events.envelope import CONTENT_TYPE, Wire
from shared.events.topics import TOPICS

FOLDER = Path(__file__).parent / "schemas"


def schema_of(type_: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a whole event of this type, as it stands in a record."""
    model = _envelope(type_, REGISTRY[type_])
    schema = model.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = f"/contracts/{type_}.json"
    schema["properties"]["type"] = {"const": type_, "type": "string"}
    return schema


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of all topics, from the point of view of Huiyin (it sends what subscribers read)."""
    models = {type_: _envelope(type_, model) for type_, model in REGISTRY.items()}
    _, definitions = models_json_schema(
        [(model, "serialization") for model in models.values()], ref_template="#/components/schemas/{model}"
    )
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for topic in TOPICS:
        types = sorted(type_ for type_, model in REGISTRY.items() if model.topic_ is topic)
        channels[topic.name] = {
            "address": topic.name,
            "description": topic.meaning,
            "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in types},
            "bindings": {"kafka": {"topic": topic.name, "partitions": topic.partitions, "bindingVersion": "0.5.0"}},
        }
        action = "receive" if topic.writer == "outside" else "send"
        operations[f"{action}-{topic.name.replace('.', '-')}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "messages": [{"$ref": f"#/channels/{topic.name}/messages/{type_}"} for type_ in types],
        }
    messages: dict[str, dict[str, Any]] = {
        type_: {
            "name": type_,
            "contentType": CONTENT_TYPE.partition(";")[0],
            "summary": (REGISTRY[type_].__doc__ or "").strip().split("\n")[0],
            "payload": {"$ref": f"#/components/schemas/{models[type_].__name__}"},
            "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}, "bindingVersion": "0.5.0"}},
        }
        for type_ in sorted(REGISTRY)
    }
    for type_, message in messages.items():
        if REGISTRY[type_].topic_.writer == "outside":
            message["headers"] = _signature_schema()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Huiyin events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0, structured JSON, keyed by the case id. No event carries an identity.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": definitions["$defs"]},
    }


def _signature_schema() -> dict[str, Any]:
    """The headers that others sign their records with."""
    properties = {name: {"type": "string", "description": meaning} for name, meaning in headers.MEANINGS.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def write() -> list[Path]:
    """Write all files; returns those that changed. A type that is gone takes its file with it."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {FOLDER / f"{type_}.json": schema_of(type_) for type_ in REGISTRY}
    wanted[FOLDER / "asyncapi.json"] = asyncapi()
    changed = []
    for path in set(FOLDER.glob("*.json")) - wanted.keys():
        path.unlink()
        changed.append(path)
    for path, document in wanted.items():
        content = as_text(document)
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            changed.append(path)
    return sorted(changed)


def as_text(document: dict[str, Any]) -> str:
    """A document as its file holds it."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _envelope(type_: str, data: type[EventData]) -> type[BaseModel]:
    name = "".join(part.capitalize() for part in type_.replace("-", ".").split(".")[1:])
    return create_model(name, __base__=Wire, data=(data, ...))


if __name__ == "__main__":
    for path in write():
        print(path.name)
