"""A case that goes on under another version of its procedure, on a real database: its pin, its clocks, its timers."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import httpx
import pytest

from services.sla.http.rule_changes import change_routes
from shared.events.complaints import ProcedureMigrated
from shared.events.envelope import Event, make
from shared.hosting.http import make_app
from shared.security.keys import KeyRing, ensure_key
from tests.integration.conftest import Open
from tests.integration.sla.bench import Bench
from tests.integration.sla.festival import RULES, admitted, bench_of_2019
from tests.unit.sla.scenes import at, procedure

NEXT = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P3WD"}).model_copy(update={"version": 2})
WHEN = at("2020-01-21 09:00")
pytestmark = pytest.mark.asyncio


def migrated(case: UUID, mode: str) -> Event:
    data = ProcedureMigrated(from_version=1, to_version=2, mode=mode, migration=UUID(int=1), by="office")
    return make("intake", case, NEXT.key, data, cause="migration", at=WHEN)


async def bench_of(open_service: Open) -> Bench:
    return bench_of_2019(await open_service("sla"), RULES, NEXT)


async def test_the_case_is_pinned_anew_and_its_timer_fires_by_the_new_version(open_service: Open) -> None:
    bench, case = await bench_of(open_service), uuid4()
    await bench.apply(admitted(case))
    bench.clock.set(WHEN)
    await bench.apply(migrated(case, "keep-elapsed"))

    (moved,) = await bench.emitted("rescheduled")
    assert (moved.procedure_version, moved.data.model_dump()["cause"]) == (2, "procedure:sample@2")
    assert (await bench.rows("SELECT version FROM cases"))[0]["version"] == 2
    assert (await bench.rows("SELECT version FROM clocks"))[0]["version"] == 2
    bench.clock.set(at("2020-01-24 00:00"))  # from Mon 20: 21, 22, 23, until 24:00
    await bench.fire()
    (breach,) = await bench.emitted("breached")
    assert (breach.procedure_version, breach.data.model_dump()["due_at"]) == (2, at("2020-01-24 00:00"))


async def test_anew_the_old_cycle_ends_and_the_next_one_breaches_in_its_own_time(open_service: Open) -> None:
    bench, case = await bench_of(open_service), uuid4()
    await bench.apply(admitted(case))
    bench.clock.set(WHEN)
    await bench.apply(migrated(case, "restart"))
    bench.clock.set(at("2020-02-10 00:00"))
    await bench.fire()

    assert [event.data.model_dump()["cause"] for event in await bench.emitted("cancelled")] == ["migrated"]
    # from Tue 21: 22 (1), 23 (2), Fri 31 (3), until 24:00, by the calendar of 2019
    breaches = [event.data.model_dump() for event in await bench.emitted("breached")]
    assert [(one["cycle"], one["due_at"]) for one in breaches] == [(2, at("2020-02-01 00:00"))]


async def test_the_migration_may_come_before_anything_else_of_the_case(open_service: Open) -> None:
    bench, case = await bench_of(open_service), uuid4()
    bench.clock.set(WHEN)
    await bench.apply(migrated(case, "restart"))
    await bench.apply(admitted(case))
    rows = await bench.rows("SELECT cycle, state, due_at FROM clocks WHERE state = 'running'")
    assert rows == [{"cycle": 2, "state": "running", "due_at": at("2020-02-01 00:00")}]
    assert (await bench.rows("SELECT version FROM cases"))[0]["version"] == 2


async def test_a_dry_run_with_the_installed_version(open_service: Open, database_urls: dict[str, str]) -> None:
    bench = await bench_of(open_service)
    for _ in range(3):
        await bench.apply(admitted(uuid4()))
    bench.clock.set(WHEN)
    await ensure_key(database_urls["sla"], "reader", ["clocks:read"], "hyk_reader")
    app = make_app("sla", KeyRing(bench.engine), {}, {})
    app.include_router(change_routes(bench.context))
    headers = {"Authorization": "Bearer hyk_reader"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sla", headers=headers) as http:
        found = {}
        for mode in ("keep-elapsed", "restart"):
            answer = await http.post("/v1/what-if", json={"procedure": "sample", "to": 2, "from": 1, "mode": mode})
            found[mode] = json.loads(answer.text.splitlines()[-1])["result"]["total"]
    assert {mode: (one["earlier"], one["unchanged"]) for mode, one in found.items()} == {
        "keep-elapsed": (3, 0),
        "restart": (3, 0),
    }
