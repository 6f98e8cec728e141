"""Which routes take the office that acts: those of `tests.acting`, and no other of any service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from shared.messaging.database import open_database
from shared.service_names import SERVICES
from tests.acting import ACTIONS, OF_REPORTS, OF_SEVERAL
from tests.unit.hosting.test_open_routes import NO_DATABASE, app_of


def names_an_office(operation: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether the operation's JSON body, or a parameter of it, has a `by` or `decided_by`."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    names = {*schema.get("properties", {}), *(one["name"] for one in operation.get("parameters", ()))}
    return bool(names & {"by", "decided_by"})


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.asyncio
async def test_every_route_that_names_an_office_is_known_to_check_it(service: str, tmp_path: Path) -> None:
    engine = open_database(NO_DATABASE)
    described = app_of(service, tmp_path, engine).openapi()
    await engine.dispose()
    schemas = described.get("components", {}).get("schemas", {})
    found = {
        (method.upper(), re.sub(r"\{[^}]+\}", "{}", path))
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if names_an_office(operation, schemas)
    }
    known = {
        (one.method, re.sub(r"\{[^}]+\}|(?<=/documents/)\w+|\?.*", _blank, one.path))
        for one in ACTIONS.get(service, ())
    }
    assert known | OF_REPORTS.get(service, set()) | OF_SEVERAL.get(service, set()) == found


def _blank(part: re.Match[str]) -> str:
    return "" if part[0].startswith("?") else "{}"
