"""Open cases that go on under another version of their procedure: decided once, moved in pages, one event each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from services.intake.handlers.procedure_migrations import MigrationHandlers
from services.intake.http.procedure_migrations import migration_routes
from services.intake.store import procedure_migrations as store
from shared.errors import Conflict, InvalidInput, NotFound
from shared.events.complaints import ProcedureMigrated
from shared.events.envelope import Event
from shared.hosting.http import make_app
from shared.procedures.loader import Library
from shared.security.keys import KeyRing
from tests.integration.intake.conftest import LIMITED, SECRET, Intake
from tests.unit.intake.sample import PROCEDURE

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEXT = PROCEDURE.model_copy(update={"version": 2})
PATH = "/v1/procedures/test-desk/migrations"
ORDER = {"to_version": 2, "mode": "keep-elapsed", "reason": "新规施行"}


@pytest.fixture
def migrations(intake: Intake) -> MigrationHandlers:
    """The migrations of a process that has both versions."""
    return MigrationHandlers(intake.outbox, Library((PROCEDURE, NEXT)), intake.clock)


@pytest_asyncio.fixture
async def http(intake: Intake, migrations: MigrationHandlers) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app("intake", KeyRing(intake.engine), {}, {})
    app.include_router(migration_routes(intake.engine, migrations))
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x", headers=headers) as found:
        yield found


async def register(intake: Intake, count: int, **fields: Any) -> list[str]:
    found = []
    for number in range(count):
        body = {"content": "内容", "name": "张三", "phone": f"1380013800{number}", **fields}
        answer = await intake.http.post(
            "/v1/complaints", json={"procedure": "test-desk", "channel": "letter", "fields": body}
        )
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["case_id"])
    return found


async def emitted(intake: Intake) -> list[Event]:
    return [event for event in await intake.emitted() if isinstance(event.data, ProcedureMigrated)]


async def versions(intake: Intake) -> dict[str, int]:
    rows = await intake.rows("SELECT id, procedure_version FROM cases")
    return {str(row["id"]): row["procedure_version"] for row in rows}


async def test_open_cases_are_moved_and_each_says_so_once_and_ended_ones_stay(
    intake: Intake, migrations: MigrationHandlers
) -> None:
    cases = await register(intake, 12)
    for ended in cases[:2]:
        await intake.http.post(f"/v1/cases/{ended}/withdrawal", json={})

    one = await migrations.decide("test-desk", 2, "restart", "新规施行", "office", from_version=None)
    while await migrations.page():
        pass

    moved = await emitted(intake)
    assert {str(event.subject) for event in moved} == set(cases[2:])
    assert len(moved) == 10
    expected = {"from_version": 1, "to_version": 2, "mode": "restart", "migration": one.id, "by": "office"}
    assert {event.procedure_version for event in moved} == {2}
    assert all(event.data.model_dump() == expected for event in moved)
    assert await versions(intake) == dict.fromkeys(cases[:2], 1) | dict.fromkeys(cases[2:], 2)
    timeline = (await intake.http.get(f"/v1/cases/{cases[5]}/timeline")).json()["occurrences"]
    assert timeline[-1]["occurrence"] == "procedure-migrated:restart"

    await migrations.decide("test-desk", 2, "restart", "再来一次", "office", from_version=None)
    while await migrations.page():
        pass
    assert len(await emitted(intake)) == 10


async def test_a_process_that_dies_in_a_page_leaves_nothing_half_done_and_the_next_goes_on(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = MigrationHandlers(intake.outbox, Library((PROCEDURE, NEXT)), intake.clock, page_size=5)
    await register(intake, 12)
    one = await migrations.decide("test-desk", 2, "keep-elapsed", "x", "office", from_version=1)
    await migrations.page()

    async def dying(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "go_on", dying)
        with pytest.raises(RuntimeError):
            await migrations.page()
    assert len(await emitted(intake)) == 5

    again = MigrationHandlers(intake.outbox, Library((PROCEDURE, NEXT)), intake.clock)
    while await again.page():
        pass
    assert len({event.subject for event in await emitted(intake)}) == len(await emitted(intake)) == 12
    (row,) = await intake.rows("SELECT migrated, finished_at FROM procedure_migrations WHERE id = :id", id=one.id)
    assert row["migrated"] == 12
    assert row["finished_at"] is not None


async def test_several_processes_share_the_pages(
    intake: Intake,
) -> None:
    migrations = MigrationHandlers(intake.outbox, Library((PROCEDURE, NEXT)), intake.clock, page_size=2)
    await register(intake, 9)
    await migrations.decide("test-desk", 2, "keep-elapsed", "x", "office", from_version=None)

    async def work() -> None:
        while not (await intake.rows("SELECT finished_at FROM procedure_migrations"))[0]["finished_at"]:
            await migrations.page()

    await asyncio.gather(*(work() for _ in range(3)))
    assert len({event.subject for event in await emitted(intake)}) == len(await emitted(intake)) == 9


async def test_a_decision_to_leave_cases_is_recorded_and_moves_nothing(intake: Intake, http: httpx.AsyncClient) -> None:
    await register(intake, 2)
    answer = await http.post(PATH, json={**ORDER, "mode": "leave"})
    assert answer.status_code == 202
    assert answer.json()["finished_at"] is not None
    assert set((await versions(intake)).values()) == {1}
    (row,) = (await http.get(PATH)).json()
    assert (row["mode"], row["reason"], row["decided_by"]) == ("leave", "新规施行", "tester")


async def test_it_is_decided_over_http_and_the_same_again_is_the_same_migration(
    intake: Intake, http: httpx.AsyncClient, migrations: MigrationHandlers
) -> None:
    await register(intake, 3)
    first, again = [(await http.post(PATH, json=ORDER)).json() for _ in range(2)]
    assert first["id"] == again["id"]
    other = await http.post(PATH, json={**ORDER, "mode": "restart"})
    assert other.status_code == 409
    while await migrations.page():
        pass
    assert (await http.get(f"{PATH}/{first['id']}")).json()["migrated"] == 3
    assert "新规施行" not in "".join(str(event.data) for event in await emitted(intake))


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"to_version": 7}, 404, "procedure"),
        ({"to_version": 0}, 422, "to_version"),
        ({"mode": "soon"}, 422, "mode"),
        ({"reason": ""}, 422, "reason"),
        ({"from_version": 2}, 422, "from_version"),
        ({"unheard": 1}, 422, "unheard"),
    ],
)
async def test_a_mistake_is_told_by_its_field(
    http: httpx.AsyncClient, change: dict[str, Any], status: int, field: str
) -> None:
    answer = await http.post(PATH, json=ORDER | change)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


async def test_only_a_key_with_the_scope_decides(http: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {LIMITED}"}
    assert (await http.post(PATH, json=ORDER, headers=headers)).status_code == 403
    assert (await http.get(PATH, headers=headers)).status_code == 200
    assert (await http.get(f"{PATH}/{UUID(int=1)}", headers=headers)).status_code == 404


async def test_a_version_that_lacks_what_a_case_has_is_refused(intake: Intake, migrations: MigrationHandlers) -> None:
    await register(intake, 1)
    async with intake.engine.begin() as tx:
        await tx.execute(text("UPDATE cases SET department = 'closed-down'"))
    with pytest.raises(InvalidInput) as caught:
        await migrations.decide("test-desk", 2, "restart", "x", "office", from_version=None)
    assert caught.value.field == "to_version"
    with pytest.raises(NotFound):
        await migrations.decide("nowhere", 2, "restart", "x", "office", from_version=None)


async def test_another_decision_waits_for_the_one_under_way(intake: Intake, migrations: MigrationHandlers) -> None:
    await register(intake, 1)
    await migrations.decide("test-desk", 2, "restart", "x", "office", from_version=None)
    with pytest.raises(Conflict):
        await migrations.decide("test-desk", 2, "restart", "x", "office", from_version=1)
    assert not await migrations.page(settling=60.0)
