"""Whoever records a call or an answer needs a key that may act as the office that it names."""

from __future__ import annotations

import pytest

from shared.security.keys import ensure_key
from tests.acting import ACTIONS, Action, is_refused_for_office
from tests.integration.notify.test_api import Pair, _task, api  # noqa: F401  (a fixture)

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("action", ACTIONS["notify"], ids=lambda action: f"{action.path} {action.office}")
async def test_a_key_acts_only_as_its_offices(api: Pair, action: Action, database_url: str) -> None:  # noqa: F811
    client, it = api
    task = await _task(api)
    case = (await client.get("/v1/call-backs", params={"state": "open"})).json()["call_backs"][0]["case_id"]
    id = task if "call-backs" in action.path else case
    others = {"sample/chief", "sample/water", "sample/roads", "sample/complainant"} - {f"sample/{action.office}"}
    await ensure_key(database_url, "other", ["notices:write"], "hyk_other", acts_as=[*others, "another/*"])
    await ensure_key(database_url, "own", ["notices:write"], "hyk_own", acts_as=[f"sample/{action.office}"])
    before = await it.events()
    assert is_refused_for_office(await action.send(client, id, "hyk_other"))
    assert await it.events() == before
    assert (await action.send(client, id, "hyk_own")).is_success


async def test_an_office_that_the_procedure_does_not_have_is_refused_by_name(api: Pair) -> None:  # noqa: F811
    client, _ = api
    task = await _task(api)
    for by in ("nobody", "complainant"):  # a call is an office's
        answer = await client.post(f"/v1/call-backs/{task}", json={"reached": False, "by": by})
        assert (answer.status_code, answer.json()["field"]) == (422, "by")
