"""The published JSON Schema of a procedure file, for editors; made from the model, so the two cannot differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huiyin.cli.rules.meanings import meanings, models_in, purpose
from shared import procedures
from shared.procedures.model import Procedure

SCHEMA_FILE = Path(procedures.__file__).parent / "procedure.schema.json"
_PINNED = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}$"}
_PACK = {"pack": _PINNED, "with": {"type": "object", "description": "the pack's parameters"}}
_PARTS: dict[str, Any] = {
    "extends": {**_PINNED, "description": "the base, such as complaint@1"},
    "use": {
        "type": "array",
        "items": {"type": "object", "properties": _PACK, "required": ["pack"], "additionalProperties": False},
    },
    "conditions": {
        "type": "object",
        "additionalProperties": {"type": "object"},
        "description": "conditions that stand in several places, by their names",
    },
    "texts": {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/NoticeTexts"},
        "description": "texts of notices by occurrence",
    },
}
_NAMED_CONDITION: dict[str, Any] = {
    "type": "object",
    "properties": {"condition": {"type": "string", "description": "one of the file's `conditions`"}},
    "required": ["condition"],
    "additionalProperties": False,
}


def render_schema() -> str:
    """The schema as it stands in `procedure.schema.json`: JSON Schema 2020-12, two spaces, one line feed at the end."""
    whole = _described(Procedure.model_json_schema(by_alias=True, mode="validation"))
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_of_files(whole)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the meaning of every key, which editors show beside it."""
    for model in models_in(Procedure):
        own = schema if model is Procedure else schema["$defs"][model.__name__]
        own["description"] = purpose(model)
        for key, text in meanings(model).items():
            own["properties"][key]["description"] = text
    return schema


def _of_files(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a file, which may extend a base, use packs and name texts (`shared.procedures.composition`).

    In such a file an entry of a list that is merged by id needs nothing but its id. What is demanded of every other
    entry stands beside the reference to it, so that each definition is there once.
    """
    definitions: dict[str, Any] = schema["$defs"]
    needed = {name: one["required"] for name, one in definitions.items() if "id" in one.get("required", ())}
    rules = definitions["Admissibility"]["properties"]["rules"]
    demanded = {name: {"items": {"required": needed[_named(one)]}} for name, one in _merged_by_id(schema).items()}
    demanded["notices"]["items"]["required"] = [one for one in needed["Notice"] if one != "text"]  # it may be in texts
    demanded["admissibility"] = {"properties": {"rules": {"items": {"required": needed[_named(rules)]}}}}
    for name in definitions.keys() - {"Admissibility"}:
        _demand_beside(definitions[name], needed)
    for name in needed:
        definitions[name]["required"] = ["id"]
    for name in {_named(one) for one in (*_merged_by_id(schema).values(), rules)}:
        definitions[name]["properties"]["remove"] = {"const": True, "description": "the base's entry is left out"}
    text = definitions["Notice"]["properties"]
    text["text"] = {"anyOf": [text["text"], {"type": "string", "description": "the text of this occurrence"}]}
    text["at"]["items"] = {"anyOf": [text["at"]["items"], {"const": "breached:*"}]}
    schema["properties"] |= _PARTS
    schema["if"] = {"anyOf": [{"required": ["extends"]}, {"required": ["use"]}]}
    schema["else"] = {"required": schema.pop("required"), "properties": demanded}
    found: dict[str, Any] = _with_named_conditions(schema)
    found["$defs"]["NamedCondition"] = _NAMED_CONDITION
    return {**found, "required": ["id", "version", "name", "in_force_from"]}


def _with_named_conditions(schema: Any) -> Any:
    """Wherever a condition may stand, one of the file's `conditions` may be named."""
    if isinstance(schema, list):
        below = [_with_named_conditions(one) for one in schema]
        return [*below, {"$ref": "#/$defs/NamedCondition"}] if {"$ref": "#/$defs/Reached"} in below else below
    if isinstance(schema, dict):
        return {key: _with_named_conditions(one) for key, one in schema.items()}
    return schema


def _merged_by_id(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The lists of a procedure whose entries have ids, by their key."""
    definitions = schema["$defs"]
    return {
        key: one
        for key, one in schema["properties"].items()
        if one.get("type") == "array" and "id" in definitions.get(_named(one), {}).get("required", ())
    }


def _named(array: Mapping[str, Any]) -> str:
    return str(array["items"].get("$ref", "")).rpartition("/")[2]


def _demand_beside(part: Any, needed: Mapping[str, list[str]]) -> None:
    """Beside each reference to an entry write what the entry needs."""
    if isinstance(part, list):
        for one in part:
            _demand_beside(one, needed)
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name in needed:
            part["required"] = needed[name]
        for one in part.values():
            _demand_beside(one, needed)


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render_schema(), encoding="utf-8")
