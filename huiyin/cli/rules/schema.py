"""The published JSON Schema of a procedure file, for editors; made from the model, so the two cannot differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared import procedures
from shared.procedures.model import Procedure

SCHEMA_FILE = Path(procedures.__file__).parent / "procedure.schema.json"


def render_schema() -> str:
    """The schema as it stands in `procedure.schema.json`: JSON Schema 2020-12, two spaces, one line feed at the end."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **of_files(Procedure.model_json_schema(by_alias=True, mode="validation")),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def of_files(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what stands in a file: it may extend a base and use packs, and then says only what differs.

    An entry with an id may be one of the base's, so it needs nothing but the id; what is missing in the end, the loader
    says.
    """
    whole = {**schema, "properties": {**schema["properties"], **_OF_A_FILE}, "required": ["id"]}
    extends = {"anyOf": [{"required": ["extends"]}, {"required": ["use"]}]}
    return {
        **whole,
        "$defs": {name: _of_an_entry(one) for name, one in schema["$defs"].items()},
        "if": extends,
        "else": {"required": schema["required"]},
    }


def _of_an_entry(schema: dict[str, Any]) -> dict[str, Any]:
    known = schema.get("properties", {})
    if known.get("text", {}).get("$ref") == "#/$defs/NoticeTexts":
        known = {**known, "text": {"anyOf": [known["text"], {"type": "string"}]}}
    if "id" not in schema.get("required", ()):
        return {**schema, "properties": known} if known else schema
    return {**schema, "properties": {**known, "remove": {"const": True}}, "required": ["id"]}


_OF_A_FILE: dict[str, Any] = {
    "extends": {"type": "string", "description": "one base, with its version: complaint@1"},
    "use": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"pack": {"type": "string"}, "with": {"type": "object"}},
            "required": ["pack"],
            "additionalProperties": False,
        },
    },
    "texts": {"type": "object", "additionalProperties": {"$ref": "#/$defs/NoticeTexts"}},
}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render_schema(), encoding="utf-8")
