"""The published JSON Schema of a procedure file, for editors; made from the model, so the two cannot differ."""

from __future__ import annotations

import json
from pathlib import Path

from shared import procedures
from shared.procedures.model import Procedure

SCHEMA_FILE = Path(procedures.__file__).parent / "procedure.schema.json"


def render_schema() -> str:
    """The schema as it stands in `procedure.schema.json`: JSON Schema 2020-12, two spaces, one line feed at the end."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Procedure.model_json_schema(by_alias=True, mode="validation"),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render_schema(), encoding="utf-8")
