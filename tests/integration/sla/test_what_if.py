"""What the API tells of changing rules: what one would do before it is made, what is in force, how far a change is."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import httpx
import pytest

from shared.business_time.loader import document_of
from tests.integration.sla.bench import Bench
from tests.integration.sla.festival import NOW, RULES, publish
from tests.unit.sla.scenes import at
from tests.unit.sla.test_rule_versions import AFTER_THE_EXTENSION

pytestmark = pytest.mark.asyncio


async def test_what_if_tells_how_clocks_would_move_and_writes_nothing(bench: Bench, client: httpx.AsyncClient) -> None:
    bench.clock.set(NOW)
    before = await bench.rows("SELECT * FROM cases ORDER BY id")
    answer = await client.post("/v1/what-if", json={"calendar": document_of(AFTER_THE_EXTENSION)})

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0] == {"looked": 12}
    result = lines[-1]["result"]
    assert (result["change"], result["cases"]) == ("cn@2020.2", 12)
    expected = {"open": 12, "unchanged": 0, "earlier": 0, "later": 12, "appears": 0, "vanishes": 0}
    assert result["clocks"] == {"reply": {**expected, "overdue_at_once": 0, "confirmed": 0}}
    assert result["moved_by_seconds"] == {"median": 3 * 86_400.0, "max": 3 * 86_400.0}
    assert len(result["examples"]) == 12
    assert result["examples"][0]["old_due"] == at("2020-02-02 00:00").astimezone(UTC).isoformat()
    assert await bench.rows("SELECT * FROM cases ORDER BY id") == before
    assert await bench.emitted("rescheduled") == []


async def test_what_if_takes_a_procedure_and_an_extension_of_a_calendar(client: httpx.AsyncClient) -> None:
    document = RULES.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document["version"] = 2
    document["clocks"][0]["duration"] = "P3WD"
    answer = await client.post("/v1/what-if", json={"procedure": "sample", "document": document})
    assert json.loads(answer.text.splitlines()[-1])["result"]["total"]["earlier"] == 12

    local = {"extends": "cn", "version": "2020.x", "holidays": ["2020-01-21"]}
    answer = await client.post("/v1/what-if", json={"calendar": local})
    assert json.loads(answer.text.splitlines()[-1])["result"]["total"]["later"] == 12


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "document"),
        ({"document": {}, "calendar": {}}, "document"),
        ({"document": {"id": "sample"}}, "procedure"),
        ({"procedure": "sample", "document": {"id": "sample"}}, "document."),
        ({"procedure": "nowhere", "to": 2}, "procedure"),
        ({"procedure": "sample", "to": 99}, "procedure"),
        ({"procedure": "nowhere", "calendar": {"extends": "cn", "version": "x"}}, "procedure"),
        ({"calendar": {"extends": "cn"}}, "calendar.version"),
        ({"calendar": {"extends": "nowhere", "version": "1"}}, "calendar.extends"),
        ({"unheard": 1}, "unheard"),
    ],
)
async def test_what_if_names_the_field_that_is_wrong(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await client.post("/v1/what-if", json=body)
    assert answer.status_code in (404, 422)
    assert answer.json()["field"].startswith(field)


async def test_the_calendars_in_force_and_the_changes_can_be_read(bench: Bench, client: httpx.AsyncClient) -> None:
    publish(bench, AFTER_THE_EXTENSION)
    await bench.changes().note()

    calendars = {one["id"]: one["version"] for one in (await client.get("/v1/calendars")).json()}
    assert calendars["cn"] == "2020.2"
    found = (await client.get("/v1/recomputations")).json()
    assert found[0]["because"] == ["calendar:cn@2020.2"]
    assert found[0]["finished_at"] is None
    assert found[0]["cases_open"] == 12


async def test_without_the_scope_nothing_is_told(bench: Bench, client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/recomputations", headers={"Authorization": "Bearer hyk_nobody"})
    assert answer.status_code == 401
