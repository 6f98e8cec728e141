"""Complainants who come again: seen by opaque ids and numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huiyin.cli.cases.repeated import lines
from tests.integration.intake.conftest import LIMITED, Intake
from tests.unit.intake.sample import FIELDS, MONDAY

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def register(intake: Intake, days_ago: int = 0, **fields: Any) -> str:
    received = (MONDAY - timedelta(days=days_ago)).isoformat()
    fields = {name: value for name, value in {**FIELDS, "kind": None, **fields}.items() if value is not None}
    document = {"procedure": "test-desk", "channel": "letter", "received_at": received, "fields": fields}
    return str((await intake.http.post("/v1/complaints", json=document)).json()["case_id"])


async def repeated(intake: Intake, **query: Any) -> list[tuple[int, int, list[str]]]:
    found = (await intake.http.get("/v1/complainants", params=query)).json()["complainants"]
    return [(one["cases"], one["open"], one["case_ids"]) for one in found]


async def test_who_complained_more_than_once_is_listed_the_most_frequent_first(intake: Intake) -> None:
    first = await register(intake, 9)
    second = await register(intake, 3, phone="+86 138 0013 8000", name="他人", content="别的事")
    others = [await register(intake, days, phone="13900139000", content=str(days)) for days in (30, 20, 10)]
    await register(intake, phone="13700137000")
    await register(intake, phone=None, name=None)  # nobody knows who this was
    assert await repeated(intake) == [(3, 3, others[::-1]), (2, 2, [second, first])]
    assert await repeated(intake, at_least=3) == [(3, 3, others[::-1])]
    assert await repeated(intake, days=15) == [(2, 2, [second, first])]
    assert await repeated(intake, limit=1) == [(3, 3, others[::-1])]
    assert await repeated(intake, procedure="another") == []
    await intake.http.post(f"/v1/cases/{first}/withdrawal", json={})
    assert (await repeated(intake))[1] == (2, 1, [second, first])


async def test_nothing_tells_who_it_is(intake: Intake) -> None:
    for content in "ab":
        await register(intake, content=content)
    answer = await intake.http.get("/v1/complainants", headers={"Authorization": f"Bearer {LIMITED}"})
    (one,) = answer.json()["complainants"]
    assert len(one["complainant"]) == 12
    assert not any(str(value) in answer.text for value in (FIELDS["name"], FIELDS["phone"]))
    rows = await intake.rows("SELECT complainant FROM cases")
    assert len({row["complainant"] for row in rows}) == 1
    for event in await intake.emitted():
        assert rows[0]["complainant"] not in event.data.model_dump_json()
    assert [line.split("  ")[1] for line in lines(answer.json(), zh=True)][:1] == ["2 件，2 件未结"]
    assert list(lines({"complainants": []}, zh=False)) == ["nobody complained so often"]


async def test_a_telephone_that_is_given_later_tells_who_it_was(intake: Intake) -> None:
    first = await register(intake, 1)
    second = await register(intake, phone=None, name="别名", content="b")
    assert await repeated(intake) == []
    given = {"fields": {"phone": FIELDS["phone"]}}
    assert (await intake.http.post(f"/v1/cases/{second}/supplements", json=given)).status_code == 200
    assert await repeated(intake) == [(2, 2, [second, first])]
