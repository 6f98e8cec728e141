"""A complaint is not there for the unit that it is about: no route reads it, no list has it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.events.complaints import ComplaintRegistered, ComplaintSupplemented
from shared.security.keys import ensure_key
from tests.integration.intake.conftest import Intake
from tests.unit.intake.sample import FIELDS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def register(intake: Intake, **fields: Any) -> str:
    document = {"procedure": "test-recusal", "channel": "letter", "fields": {**FIELDS, **fields}}
    return str((await intake.http.post("/v1/complaints", json=document)).json()["case_id"])


async def key(intake: Intake, name: str, *acts_as: str) -> dict[str, str]:
    url = intake.engine.url.render_as_string(hide_password=False)
    await ensure_key(url, name, ["*"], f"hyk_{name}", acts_as=list(acts_as))
    return {"Authorization": f"Bearer hyk_{name}"}


async def test_every_route_of_a_case_is_closed_to_the_unit_that_it_is_about(intake: Intake) -> None:
    case_id = await register(intake, accused="窗口工作人员")
    desk = await key(intake, "desk", "test-recusal/desk")
    app = intake.http._transport.app  # type: ignore[attr-defined]
    tried = 0
    for path, methods in app.openapi()["paths"].items():
        if "{case_id}" not in path:
            continue
        for method in methods:
            filled = re.sub(r"\{(?!case_id)[^}]+\}", "x", path.replace("{case_id}", case_id))
            answer = await intake.http.request(method, filled, headers=desk)
            assert (answer.status_code, answer.json()["title"]) == (404, "no such case"), (method, path)
            tried += 1
    assert tried >= 12


async def test_a_list_leaves_it_out_for_that_unit_alone(intake: Intake) -> None:
    about, other = await register(intake, accused="窗口"), await register(intake, accused="某店", kind="service")
    seen = {}
    for name, grants in {
        "desk": ["test-recusal/desk"],
        "both": ["test-recusal/desk", "test-recusal/audit"],
        "chief": ["test-recusal/chief"],
        "all": ["test-recusal/*"],
        "elsewhere": ["test-desk/desk"],
        "nobody": [],
    }.items():
        headers = await key(intake, name, *grants)
        found = (await intake.http.get("/v1/cases", headers=headers)).json()["cases"]
        one = await intake.http.get(f"/v1/cases/{about}", headers=headers)
        repeated = (await intake.http.get("/v1/complainants?at_least=1", headers=headers)).json()["complainants"]
        seen[name] = (
            sorted(case["case_id"] for case in found),
            one.status_code,
            sum(each["cases"] for each in repeated),
        )
    assert seen == {"desk": ([other], 404, 1)} | dict.fromkeys(
        ("both", "chief", "all", "elsewhere", "nobody"), (sorted([about, other]), 200, 2)
    )


async def test_events_carry_the_offices_and_a_supplement_may_change_them(intake: Intake) -> None:
    case_id = await register(intake, accused="某店")
    desk = await key(intake, "desk", "test-recusal/desk")
    assert (await intake.http.get(f"/v1/cases/{case_id}", headers=desk)).status_code == 200
    given = {"fields": {"accused": "窗口"}}
    assert (await intake.http.post(f"/v1/cases/{case_id}/supplements", json=given)).status_code == 200
    assert (await intake.http.get(f"/v1/cases/{case_id}", headers=desk)).status_code == 404
    given = {"fields": {"name": "李四"}}
    assert (await intake.http.post(f"/v1/cases/{case_id}/supplements", json=given)).status_code == 200
    recused = [
        one.data.recused
        for one in await intake.emitted(case_id)
        if isinstance(one.data, ComplaintRegistered | ComplaintSupplemented)
    ]
    assert recused == [(), ("desk",), None]
    assert (await intake.http.get(f"/v1/cases/{case_id}", headers=desk)).status_code == 404
