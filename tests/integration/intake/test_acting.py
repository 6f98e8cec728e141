"""Whoever decides, supplements, withdraws or files a document needs a key that may act as the office that it names."""

from __future__ import annotations

import pytest

from shared.security.keys import ensure_key
from tests.acting import ACTIONS, Action, is_refused_for_office
from tests.integration.intake.conftest import Intake
from tests.integration.intake.test_cases import register

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("action", ACTIONS["intake"], ids=lambda action: f"{action.path} {action.office}")
async def test_a_key_acts_only_as_its_offices(intake: Intake, action: Action, database_url: str) -> None:
    case = (await register(intake))["case_id"]
    others = {"test-desk/chief", "test-desk/desk", "test-desk/complainant"} - {f"test-desk/{action.office}"}
    await ensure_key(database_url, "other", ["*"], "hyk_other", acts_as=[*others, "another/*"])
    await ensure_key(database_url, "own", ["*"], "hyk_own", acts_as=[f"test-desk/{action.office}"])
    before = await intake.emitted(case)
    assert is_refused_for_office(await action.send(intake.http, case, "hyk_other"))
    assert await intake.emitted(case) == before
    assert await intake.rows("SELECT 1 FROM vault_documents") == []
    assert (await action.send(intake.http, case, "hyk_own")).is_success


@pytest.mark.parametrize("by", ["nobody", "handler"])
async def test_an_office_that_the_procedure_does_not_have_is_refused_by_name(intake: Intake, by: str) -> None:
    case = (await register(intake))["case_id"]
    for path, body in (("supplements", {"fields": {"amount": 5}}), ("withdrawal", {})):
        answer = await intake.http.post(f"/v1/cases/{case}/{path}", json={**body, "by": by})
        assert (answer.status_code, answer.json()["field"]) == (422, "by")
    answer = await intake.http.put(f"/v1/cases/{case}/documents/reply", json={"by": by, "text": "…"})
    assert (answer.status_code, answer.json()["field"]) == (422, "by")
