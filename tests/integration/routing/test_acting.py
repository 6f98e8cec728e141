"""Whoever reports or reassigns needs a key that may act as the office that it names."""

from __future__ import annotations

import pytest

from shared.security.keys import ensure_key
from tests.acting import ACTIONS, Action, is_refused_for_office
from tests.integration.routing.test_cases import Routing, routing  # noqa: F401  (a fixture)

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("action", ACTIONS["routing"], ids=lambda action: f"{action.path} {action.office}")
async def test_a_key_acts_only_as_its_offices(
    routing: Routing,  # noqa: F811
    action: Action,
    database_urls: dict[str, str],
) -> None:
    case = await routing.admitted()
    url = database_urls["routing"]
    await ensure_key(url, "other", ["*"], "hyk_other", acts_as=["sample/centre", f"other/{action.office}", "other/*"])
    await ensure_key(url, "own", ["*"], "hyk_own", acts_as=[f"sample/{action.office}"])
    before = await routing.published()
    assert is_refused_for_office(await action.send(routing.http, case, "hyk_other"))
    assert await routing.published() == before
    assert (await action.send(routing.http, case, "hyk_own")).is_success


async def test_the_person_is_stored_shown_and_published(routing: Routing) -> None:  # noqa: F811
    case = await routing.admitted()
    body = {**ACTIONS["routing"][0].body, "person": "s-17"}
    answer = await routing.http.post(f"/v1/cases/{case}/milestones", json=body)
    assert [one["person"] for one in answer.json()["milestones"] if one["name"] == "investigated"] == ["s-17"]
    assert (await routing.http.get(f"/v1/cases/{case}")).json()["milestones"] == answer.json()["milestones"]
    assert [event.data.model_dump()["person"] for event in await routing.published()] == ["s-17"]
    given = {"milestone": "accepted-by-department", "by": "desk", "person": "王 莉"}
    refused = await routing.http.post(f"/v1/cases/{case}/milestones", json=given)
    assert (refused.status_code, refused.json()["field"]) == (422, "person")
