"""Calendars that change while clocks run: recomputed once, whoever works and whatever dies; ended cases untouched (T4).

The story is that of 27 January 2020, when the State Council made the Spring Festival three days longer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.sla import changes as module
from services.sla.api_changes import change_routes
from services.sla.changes import Changes
from services.sla.timers import Timers
from services.sla.worker import Worker
from shared.business_time.calendars import Calendar
from shared.business_time.clock import VirtualClock
from shared.business_time.extending import document_of
from shared.business_time.loader import load_calendars
from shared.events.assignments import MilestoneReached
from shared.events.complaints import ComplaintAdmitted
from shared.events.envelope import Event, decode, make
from shared.hosting.host import Context
from shared.hosting.http import make_app
from shared.hosting.reloading import Folders, Rules
from shared.messaging import outbox
from shared.procedures.loader import assemble
from shared.security.keys import KeyRing, ensure_key
from shared.settings import ServiceSettings
from tests.integration.conftest import Open
from tests.unit.sla.scenes import at, procedure
from tests.unit.sla.test_basis import AFTER_THE_EXTENSION, BEFORE_THE_EXTENSION

RULES = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P5WD"})
START, NOW = at("2020-01-20 09:00"), at("2020-01-27 12:00")
pytestmark = pytest.mark.asyncio


class Bench:
    """The sla service without its process, on the calendar as it was published in 2019."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = VirtualClock(START)
        self.calendars = load_calendars() | {"cn": BEFORE_THE_EXTENSION}
        library = assemble([("sample", RULES)])
        settings = ServiceSettings(database="", kafka="")
        self.context = Context("sla", settings, engine, self.clock, library, self.calendars, asyncio.Event())
        self.worker = Worker(library, self.calendars, self.clock)

    def changes(self) -> Changes:
        """One process's watch."""
        return Changes(self.context, self.worker)

    async def hear(self, *events: Event) -> None:
        async with self.engine.begin() as tx:
            await outbox.append(tx, await self.worker.handle(tx, events, self.clock.now()))

    async def said(self, word: str) -> list[Event]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT value FROM outbox ORDER BY id"))
            events = [decode(row.value) for row in rows]
        return [one for one in events if one.type == f"huiyin.deadline.{word}.v1"]

    async def rows(self, sql: str) -> list[Any]:
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(sql))).mappings()]

    async def recomputation(self) -> dict[str, Any]:
        rows = await self.rows("SELECT * FROM recomputations ORDER BY id DESC LIMIT 1")
        return dict(rows[0])

    async def publish(self, calendar: Calendar) -> None:
        """The calendar is loaded."""
        self.clock.set(NOW)
        self.calendars["cn"] = calendar


def admitted(case: UUID, when: datetime = START) -> Event:
    return make("intake", case, RULES.key, ComplaintAdmitted(), cause="1", at=when)


def resolved(case: UUID, when: datetime) -> Event:
    data = MilestoneReached(milestone="resolved", at=when, by="office")
    return make("routing", case, RULES.key, data, cause="2", at=when)


@pytest_asyncio.fixture
async def bench(open_service: Open) -> Bench:
    """Twelve open cases that the longer festival moves, three that ended, and the calendars noted."""
    found = Bench(await open_service("sla"))
    await found.changes().note()
    for _ in range(12):
        await found.hear(admitted(uuid4()))
    for _ in range(3):
        case = uuid4()
        await found.hear(admitted(case), resolved(case, at("2020-01-21 09:00")))
    return found


async def test_every_open_clock_is_recomputed_once_and_the_old_due_instant_is_kept_in_the_event(bench: Bench) -> None:
    ended = await bench.rows("SELECT * FROM clocks WHERE state = 'met' ORDER BY case_id")
    cases = await bench.rows("SELECT id, said, generation FROM cases WHERE NOT open ORDER BY id")
    await bench.publish(AFTER_THE_EXTENSION)
    changes = bench.changes()

    assert await changes.note() == ["calendar:cn@2020.2"]
    while await changes.page():
        pass

    moved = await bench.said("rescheduled")
    assert len({one.subject for one in moved}) == len(moved) == 12
    facts = {(one.data.previous_due_at, one.data.due_at, one.data.cause) for one in moved}  # type: ignore[attr-defined]
    assert facts == {(at("2020-02-02 00:00"), at("2020-02-05 00:00"), "calendar:cn@2020.2")}
    assert {row["due_at"] for row in await bench.rows("SELECT due_at FROM clocks WHERE state = 'running'")} == {
        at("2020-02-05 00:00")
    }
    assert await bench.rows("SELECT * FROM clocks WHERE state = 'met' ORDER BY case_id") == ended
    assert await bench.rows("SELECT id, said, generation FROM cases WHERE NOT open ORDER BY id") == cases
    row = await bench.recomputation()
    assert (row["looked_at"], row["moved"], row["confirmed"]) == (12, 12, 0)
    assert row["finished_at"] == NOW


async def test_the_timers_fire_at_the_new_due_instant_and_not_at_the_old(bench: Bench) -> None:
    await bench.publish(AFTER_THE_EXTENSION)
    changes = bench.changes()
    await changes.note()
    while await changes.page():
        pass

    bench.clock.set(at("2020-02-02 00:00"))
    while await Timers(bench.context, bench.worker).fire_page():
        pass
    assert await bench.said("breached") == []
    bench.clock.set(at("2020-02-05 00:00"))
    while await Timers(bench.context, bench.worker).fire_page():
        pass
    assert len(await bench.said("breached")) == 12


async def test_a_process_that_dies_in_a_page_leaves_nothing_half_done_and_the_next_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE", 5)
    await bench.publish(AFTER_THE_EXTENSION)
    first, settle = bench.changes(), bench.worker.settle
    await first.note()
    assert await first.page()

    async def dying(tx: AsyncConnection, *given: Any, **named: Any) -> list[Event]:
        await settle(tx, *given, **named)
        raise RuntimeError("killed")

    monkeypatch.setattr(bench.worker, "settle", dying)
    with pytest.raises(RuntimeError):
        await first.page()
    assert len(await bench.said("rescheduled")) == 5
    assert (await bench.recomputation())["looked_at"] == 5
    monkeypatch.setattr(bench.worker, "settle", settle)

    again = bench.changes()
    assert await again.note() == []
    while await again.page():
        pass

    assert len({one.subject for one in await bench.said("rescheduled")}) == 12
    assert len(await bench.said("rescheduled")) == 12
    assert (await bench.recomputation())["looked_at"] == 12


async def test_several_processes_note_a_change_once_and_share_its_pages(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE", 2)
    processes = [bench.changes() for _ in range(4)]
    for process in processes:
        await process.note()
    await bench.publish(AFTER_THE_EXTENSION)

    noted = await asyncio.gather(*(process.note() for process in processes))
    assert sorted(noted) == [[], [], [], ["calendar:cn@2020.2"]]

    async def work(process: Changes) -> None:
        while (await bench.recomputation())["finished_at"] is None:
            await process.page()

    await asyncio.gather(*(work(process) for process in processes))
    assert len(await bench.said("rescheduled")) == 12
    assert (await bench.recomputation())["looked_at"] == 12


async def test_a_process_that_still_has_the_old_calendars_neither_sets_them_back_nor_works(bench: Bench) -> None:
    behind = Bench(bench.engine)
    behind.clock.set(NOW)
    late = behind.changes()
    await late.note()
    await bench.publish(AFTER_THE_EXTENSION)
    await bench.changes().note()

    assert await late.note() == []
    assert not await late.page()
    assert (await bench.recomputation())["looked_at"] == 0


async def test_a_change_while_no_process_ran_is_found_at_the_start(bench: Bench) -> None:
    await bench.publish(AFTER_THE_EXTENSION)
    assert await bench.changes().note() == ["calendar:cn@2020.2"]
    assert await bench.changes().note() == []


async def test_a_change_settles_before_it_is_worked_on(bench: Bench) -> None:
    await bench.publish(AFTER_THE_EXTENSION)
    changes = bench.changes()
    await changes.note()
    assert not await changes.page(settling=60.0)
    assert await changes.page()


async def test_what_an_event_made_move_first_is_counted_all_the_same(bench: Bench) -> None:
    await bench.publish(AFTER_THE_EXTENSION)
    case = (await bench.rows("SELECT id FROM cases WHERE open ORDER BY id LIMIT 1"))[0]["id"]
    await bench.hear(
        make("routing", case, RULES.key, MilestoneReached(milestone="noted", at=NOW, by="office"), cause="3", at=NOW)
    )
    assert [one.data.cause for one in await bench.said("rescheduled")] == ["calendar:cn@2020.2"]  # type: ignore[attr-defined]
    changes = bench.changes()
    await changes.note()
    while await changes.page():
        pass
    assert (await bench.recomputation())["moved"] == 12
    assert len(await bench.said("rescheduled")) == 12


@pytest_asyncio.fixture
async def client(bench: Bench, database_urls: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The API, in this process."""
    await ensure_key(database_urls["sla"], "reader", ["clocks:read"], "hyk_reader")
    app = make_app("sla", KeyRing(bench.engine), {}, {})
    app.include_router(change_routes(bench.context))
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": "Bearer hyk_reader"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sla", headers=headers) as found:
        yield found


async def test_what_if_tells_how_clocks_would_move_and_writes_nothing(bench: Bench, client: httpx.AsyncClient) -> None:
    bench.clock.set(NOW)
    before = await bench.rows("SELECT * FROM cases ORDER BY id")
    answer = await client.post("/v1/what-if", json={"calendar": document_of(AFTER_THE_EXTENSION)})

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0] == {"looked": 12}
    result = lines[-1]["result"]
    assert (result["change"], result["cases"]) == ("cn@2020.2", 12)
    expected = {"open": 12, "unchanged": 0, "earlier": 0, "later": 12, "appears": 0, "vanishes": 0}
    assert result["clocks"] == {"reply": {**expected, "overdue_at_once": 0, "confirmed": 0}}
    assert result["moved_by_seconds"] == {"median": 3 * 86_400.0, "max": 3 * 86_400.0}
    assert len(result["examples"]) == 12
    assert result["examples"][0]["old_due"] == at("2020-02-02 00:00").astimezone(UTC).isoformat()
    assert await bench.rows("SELECT * FROM cases ORDER BY id") == before
    assert await bench.said("rescheduled") == []


async def test_what_if_takes_a_procedure_and_an_extension_of_a_calendar(client: httpx.AsyncClient) -> None:
    document = RULES.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document["version"] = 2
    document["clocks"][0]["duration"] = "P3WD"
    answer = await client.post("/v1/what-if", json={"procedure": "sample", "document": document})
    assert json.loads(answer.text.splitlines()[-1])["result"]["total"]["earlier"] == 12

    local = {"extends": "cn", "version": "2020.x", "holidays": ["2020-01-21"]}
    answer = await client.post("/v1/what-if", json={"calendar": local})
    assert json.loads(answer.text.splitlines()[-1])["result"]["total"]["later"] == 12


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "document"),
        ({"document": {}, "calendar": {}}, "document"),
        ({"document": {"id": "sample"}}, "procedure"),
        ({"procedure": "sample", "document": {"id": "sample"}}, "document."),
        ({"procedure": "nowhere", "to": 2}, "procedure"),
        ({"procedure": "sample", "to": 99}, "procedure"),
        ({"procedure": "nowhere", "calendar": {"extends": "cn", "version": "x"}}, "procedure"),
        ({"calendar": {"extends": "cn"}}, "calendar.version"),
        ({"calendar": {"extends": "nowhere", "version": "1"}}, "calendar.extends"),
        ({"unheard": 1}, "unheard"),
    ],
)
async def test_what_if_names_the_field_that_is_wrong(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await client.post("/v1/what-if", json=body)
    assert answer.status_code in (404, 422)
    assert answer.json()["field"].startswith(field)


async def test_the_calendars_in_force_and_the_changes_can_be_read(bench: Bench, client: httpx.AsyncClient) -> None:
    await bench.publish(AFTER_THE_EXTENSION)
    await bench.changes().note()

    calendars = {one["id"]: one["version"] for one in (await client.get("/v1/calendars")).json()}
    assert calendars["cn"] == "2020.2"
    found = (await client.get("/v1/recomputations")).json()
    assert found[0]["because"] == ["calendar:cn@2020.2"]
    assert found[0]["finished_at"] is None
    assert found[0]["cases_open"] == 12


async def test_without_the_scope_nothing_is_told(bench: Bench, client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/recomputations", headers={"Authorization": "Bearer hyk_nobody"})
    assert answer.status_code == 401


async def test_a_file_in_the_calendars_folder_moves_the_clocks_within_seconds(bench: Bench, tmp_path: Path) -> None:
    """The folder, the watch and the recomputing together; each waits at most half a second, the settling two."""
    rules = Rules(Folders(tmp_path, None), "sla")
    rules.calendars["cn"] = BEFORE_THE_EXTENSION
    bench.clock.set(NOW)
    context = replace(bench.context, calendars=rules.calendars)
    changes = Changes(context, Worker(context.library, rules.calendars, bench.clock))
    await changes.note()
    loops = [asyncio.create_task(rules.watch()), asyncio.create_task(changes.run())]

    (tmp_path / "cn.yaml").write_text(json.dumps(document_of(AFTER_THE_EXTENSION)), "utf-8")

    async with asyncio.timeout(10):
        while not (rows := await bench.rows("SELECT * FROM recomputations")) or rows[0]["finished_at"] is None:
            await asyncio.sleep(0.05)
    for loop in loops:
        loop.cancel()
    assert len(await bench.said("rescheduled")) == 12
