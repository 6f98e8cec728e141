"""A procedure written out: with all that its base and its packs put into it, and nothing that goes without saying."""

from __future__ import annotations

from typing import Any

import yaml

from shared.procedures.model import Procedure


def as_data(procedure: Procedure) -> dict[str, Any]:
    """As JSON data by the names of the YAML file; what has its usual value is left out. Read back it is equal."""
    return procedure.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def as_yaml(procedure: Procedure) -> str:
    """The same as one YAML document, which loads to an equal procedure."""
    return yaml.dump(as_data(procedure), Dumper=_Quoting, allow_unicode=True, sort_keys=False, width=118)


class _Quoting(yaml.SafeDumper):
    """Quotes what YAML 1.1 or the reader of procedures would take for something else than text."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = text.replace("-", "").replace("_", "")
    quoted = not (plain.isalpha() and plain.isascii() and len(plain) > 3)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if quoted else None)


_Quoting.add_representer(str, _text)
