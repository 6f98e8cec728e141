"""The open page that says how to complain."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.intake.conftest import Intake

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_anybody_reads_how_to_complain(intake: Intake) -> None:
    del intake.http.headers["authorization"]
    zh = await intake.http.get("/v1/how-to?procedure=test-desk")
    en = await intake.http.get("/v1/how-to?procedure=test-desk&lang=en")
    assert (zh.status_code, zh.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert "- 内容（缺了不予登记）" in zh.text
    assert "- Content (needed for registration)" in en.text


@pytest.mark.parametrize(
    ("query", "status"), [("procedure=none", 404), ("procedure=test-desk&lang=fr", 422), ("procedure=A%20B", 422)]
)
async def test_what_there_is_not_is_not_answered(intake: Intake, query: str, status: int) -> None:
    answer: httpx.Response = await intake.http.get(f"/v1/how-to?{query}")
    assert answer.status_code == status
    assert "fr" not in answer.json().get("title", "")
