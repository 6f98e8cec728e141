"""A case is not there for the unit that it is about: every route of it answers 404, and no list has it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.events.complaints import ComplaintAdmitted, ComplaintRegistered
from shared.security.keys import ensure_key
from tests.integration.routing.test_cases import INVESTIGATED, Routing, routing  # noqa: F401  (a fixture)
from tests.unit.routing.sample import NOW

pytestmark = pytest.mark.asyncio


async def test_the_unit_that_a_case_is_about_does_not_find_it(
    routing: Routing,  # noqa: F811
    database_urls: dict[str, str],
) -> None:
    usual, about = await routing.admitted(), uuid4()
    registered = ComplaintRegistered(case_number="S2", channel="online", received_at=NOW, recused=("desk",))
    await routing.apply((about, registered), (about, ComplaintAdmitted()))
    grants = {"desk": ["sample/desk"], "both": ["sample/desk", "sample/centre"], "all": ["sample/*"], "none": []}
    seen = {}
    for name, acts_as in grants.items():
        await ensure_key(database_urls["routing"], name, ["*"], f"hyk_{name}", acts_as=acts_as)
        headers = {"Authorization": f"Bearer hyk_{name}"}
        listed = {one["case_id"] for one in (await routing.http.get("/v1/cases", headers=headers)).json()}
        one = await routing.http.get(f"/v1/cases/{about}", headers=headers)
        seen[name] = (listed == {str(usual), str(about)}, one.status_code)
    assert seen == {"desk": (False, 404)} | dict.fromkeys(("both", "all", "none"), (True, 200))
    assert (await routing.http.get(f"/v1/cases/{about}")).json()["department"] != "desk"

    desk = {"Authorization": "Bearer hyk_desk"}
    given = {"department": "centre", "by": "desk"}
    answers = [
        await routing.http.post(f"/v1/cases/{about}/milestones", json=INVESTIGATED, headers=desk),
        await routing.http.post(f"/v1/cases/{about}/reassignment", json=given, headers=desk),
        await routing.http.post(f"/v1/cases/{about}/assistants", json=given, headers=desk),
        await routing.http.get(f"/v1/cases/{about}/awards", headers=desk),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
