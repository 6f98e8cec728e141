"""Reads docker-compose.yml as Compose would: variables put in, merge keys applied, the form checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
MADE_BY_SECRETS = {"HUIYIN_UID": "10001", "HUIYIN_GID": "10001"}
"""The variables that `deploy/make-secrets` writes into .env; the numbers are examples."""

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")


def interpolated(text: str, environment: Mapping[str, str]) -> str:
    """Replace `${NAME}`, `${NAME:-default}` and `${NAME:?message}`; raises `LookupError` with the message."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found["name"], found["kind"], found["rest"]
        if environment.get(name):
            return environment[name]
        if kind == "?":
            raise LookupError(f"{name}: {rest}")
        return rest if kind == "-" else ""

    return _VARIABLE.sub(value, text)


def form_findings(text: str) -> list[str]:
    """What breaks the Compose specification, and where."""
    try:
        # written anew, because the library does not follow a merge key within a merged part
        merged = yaml.safe_dump(read(text), sort_keys=False, allow_unicode=True)
        PyCompose.from_yaml(merged).validate()
    except (ValueError, LookupError, yaml.YAMLError) as error:
        return [str(error)]
    return []


def read(text: str) -> dict[str, Any]:
    """The file as plain dictionaries; raises `LookupError` for a variable without a value, `ValueError` for a list."""
    found = yaml.safe_load(interpolated(text, MADE_BY_SECRETS))
    if not isinstance(found, dict):
        raise ValueError("this is not a Compose file")
    return found


def environment_of(service: Mapping[str, Any]) -> dict[str, str | None]:
    """A container's variables; None for one that is passed on from where Compose runs."""
    return dict(service.get("environment") or {})
