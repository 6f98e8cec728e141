"""The published JSON Schema of a procedure file, for editors; made from the model, so the two cannot differ.

The model is of a whole procedure. A file may stand on a base or on packs (`extends`, `use`), have default texts
(`texts`), and then say of an element only what differs: `shared/procedures/composition.py`.
"""

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
        **_as_written(Procedure.model_json_schema(by_alias=True, mode="validation")),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _as_written(whole: dict[str, Any]) -> dict[str, Any]:
    """The schema of what stands in a file: whole where it stands alone, else its elements may lack all but their id."""
    parts: dict[str, Any] = whole["$defs"]
    text = parts["Notice"]["properties"]["text"]
    parts["Notice"]["properties"]["text"] = {"anyOf": [text, {"type": "string", "description": "a word of `texts`"}]}
    parts["Notice"]["required"] = [name for name in parts["Notice"]["required"] if name != "text"]
    properties, complete = dict(whole["properties"]), {}
    for name, spec in whole["properties"].items():
        element = spec.get("items", {}).get("$ref", "").rpartition("/")[2]
        if "id" in parts.get(element, {}).get("properties", {}):
            parts[f"{element}OverBase"] = _over_base(parts[element])
            properties[name] = {**spec, "items": {"$ref": f"#/$defs/{element}OverBase"}}
            complete[name] = {"items": {"required": parts[element]["required"]}}
    composed = {"anyOf": [{"required": ["extends"]}, {"required": ["use"]}]}
    alone = {"required": whole["required"], "properties": complete}
    return {
        **whole,
        "properties": {**_COMPOSED, **properties},
        "required": ["id", "version"],
        "if": {"not": composed},
        "then": alone,
    }


def _over_base(element: dict[str, Any]) -> dict[str, Any]:
    remove = {"const": True, "description": "the base's entry of this id is dropped"}
    return {**element, "properties": {**element["properties"], "remove": remove}, "required": ["id"]}


_PINNED = {"type": "string", "pattern": r"^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}$"}
_COMPOSED: dict[str, Any] = {
    "extends": {**_PINNED, "description": "the base that this file says what differs from: complaint@1"},
    "use": {
        "type": "array",
        "description": "packs that are laid over the base, in order",
        "items": {
            "type": "object",
            "properties": {"pack": _PINNED, "with": {"type": "object"}},
            "required": ["pack"],
            "additionalProperties": False,
        },
    },
    "texts": {
        "type": "object",
        "description": "default texts of notices, by the occurrence that they are about or by a word of your own",
        "additionalProperties": {"$ref": "#/$defs/NoticeTexts"},
    },
}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render_schema(), encoding="utf-8")
