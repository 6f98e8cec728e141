"""Officers link cases as one matter: both say so, whoever may takes it back, and each goes on by itself."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.events.complaints import SameMatterLinked, SameMatterUndone
from tests.integration.intake.conftest import Intake
from tests.integration.intake.test_recusal import key, register
from tests.unit.intake.sample import FIELDS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def link(intake: Intake, one: str, other: str, by: str = "chief", **more: Any) -> Any:
    return await intake.http.post(f"/v1/cases/{one}/same-matter", json={"case": other, "by": by}, **more)


async def undo(intake: Intake, one: str, other: str, by: str = "chief", **more: Any) -> Any:
    return await intake.http.delete(f"/v1/cases/{one}/same-matter/{other}?by={by}", **more)


async def linked(intake: Intake, case_id: str, **more: Any) -> list[str]:
    case = (await intake.http.get(f"/v1/cases/{case_id}", **more)).json()
    return [one["case_id"] for one in case["links"]["same_matter"]]


async def words(intake: Intake, case_id: str) -> list[tuple[str, str, str]]:
    entries = (await intake.http.get(f"/v1/cases/{case_id}/timeline")).json()["occurrences"]
    return [
        (one["occurrence"], one["details"]["case"], one["details"]["by"])
        for one in entries
        if one["occurrence"].startswith("same-matter")
    ]


async def two(intake: Intake) -> tuple[str, str]:
    return await register(intake, phone="13800000001"), await register(intake, phone="13800000002")


async def test_both_cases_know_of_it_once_and_of_its_end(intake: Intake) -> None:
    one, other = await two(intake)
    for _ in range(2):
        assert (await link(intake, one, other)).json()["same_matter"][0]["case_id"] == other
    assert (await link(intake, other, one)).status_code == 200
    assert (await linked(intake, one), await linked(intake, other)) == ([other], [one])
    for _ in range(2):
        assert (await undo(intake, other, one)).json() == {"same_matter": []}
    assert (await link(intake, one, other)).status_code == 200
    assert await words(intake, one) == [
        ("same-matter", other, "chief"),
        ("same-matter-undone", other, "chief"),
        ("same-matter", other, "chief"),
    ]
    for case_id in (one, other):
        data = [event.data for event in await intake.emitted(case_id)]
        assert [type(each) for each in data if isinstance(each, SameMatterLinked | SameMatterUndone)] == [
            SameMatterLinked,
            SameMatterUndone,
            SameMatterLinked,
        ]
    status = (await intake.http.get(f"/v1/cases/{other}")).json()["status"]
    assert status != "merged"


async def test_two_officers_at_once_make_one_link(intake: Intake) -> None:
    one, other = await two(intake)
    answers = await asyncio.gather(*(link(intake, *pair) for pair in [(one, other), (other, one)] * 4))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await words(intake, one)) == len(await words(intake, other)) == 1


@pytest.mark.parametrize(
    ("by", "status", "field"),
    [("chief", 200, None), ("desk", 422, "by"), ("nobody", 422, "by"), ("audit", 422, "by")],
)
async def test_whoever_decides_on_admission_or_has_a_case_may_say_so(
    intake: Intake, by: str, status: int, field: str | None
) -> None:
    one, other = await two(intake)
    answer = await link(intake, one, other, by)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    await link(intake, one, other)
    assert (await undo(intake, one, other, by)).status_code == status


async def test_what_is_no_other_case_of_the_procedure_is_not_linked(intake: Intake) -> None:
    one = await register(intake)
    document = {"procedure": "test-desk", "channel": "letter", "fields": dict(FIELDS)}
    elsewhere = (await intake.http.post("/v1/complaints", json=document)).json()["case_id"]
    for other, status in [(one, 422), (elsewhere, 422), (str(uuid4()), 404)]:
        answer = await link(intake, one, other)
        assert (answer.status_code, answer.json()["field"]) == (status, "case")
    assert (await link(intake, str(uuid4()), one)).status_code == 404
    chief = await key(intake, "officer", "test-recusal/audit")
    refused = await link(intake, one, one, headers=chief)
    assert (refused.status_code, refused.json()["field"]) == (403, "by")
    refused = await undo(intake, one, await register(intake, phone="13800000009"), headers=chief)
    assert (refused.status_code, refused.json()["field"]) == (403, "by")


async def test_a_case_that_is_hidden_is_neither_linked_nor_shown(intake: Intake) -> None:
    one, about = await register(intake, phone="13800000003"), await register(intake, accused="稽核部")
    audit = await key(intake, "audit", "test-recusal/audit")
    answer = await link(intake, one, about, "audit", headers=audit)
    assert (answer.status_code, answer.json()["field"]) == (404, "case")
    await link(intake, one, about)
    assert (await linked(intake, one), await linked(intake, one, headers=audit)) == ([about], [])
