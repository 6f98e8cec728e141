"""Calendars that change while clocks run: recomputed once, whoever works and whatever dies; the ended stay (T4)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.background import rule_changes as module
from services.sla.background.rule_changes import Changes
from services.sla.handlers import ClockHandlers
from shared.business_time.loader import document_of
from shared.events.assignments import MilestoneReached
from shared.events.envelope import Event, make
from shared.hosting.reloading import Folders, Rules
from tests.integration.sla.bench import Bench
from tests.integration.sla.festival import NOW, RULES, bench_of_2019, publish
from tests.unit.sla.scenes import at
from tests.unit.sla.test_rule_versions import AFTER_THE_EXTENSION, BEFORE_THE_EXTENSION

pytestmark = pytest.mark.asyncio


async def test_every_open_clock_is_recomputed_once_and_the_old_due_instant_is_kept_in_the_event(bench: Bench) -> None:
    ended = await bench.rows("SELECT * FROM clocks WHERE state = 'met' ORDER BY case_id")
    cases = await bench.rows("SELECT id, cycle_states, generation FROM cases WHERE NOT open ORDER BY id")
    publish(bench, AFTER_THE_EXTENSION)
    changes = bench.changes()

    assert await changes.note() == ["calendar:cn@2020.2"]
    while await changes.page():
        pass

    moved = await bench.emitted("rescheduled")
    assert len({one.subject for one in moved}) == len(moved) == 12
    facts = {(one.data.previous_due_at, one.data.due_at, one.data.cause) for one in moved}  # type: ignore[attr-defined]
    assert facts == {(at("2020-02-02 00:00"), at("2020-02-05 00:00"), "calendar:cn@2020.2")}
    assert {row["due_at"] for row in await bench.rows("SELECT due_at FROM clocks WHERE state = 'running'")} == {
        at("2020-02-05 00:00")
    }
    assert await bench.rows("SELECT * FROM clocks WHERE state = 'met' ORDER BY case_id") == ended
    assert await bench.rows("SELECT id, cycle_states, generation FROM cases WHERE NOT open ORDER BY id") == cases
    row = await bench.recomputation()
    assert (row["looked_at"], row["moved"], row["confirmed"]) == (12, 12, 0)
    assert row["finished_at"] == NOW


async def test_the_timers_fire_at_the_new_due_instant_and_not_at_the_old(bench: Bench) -> None:
    publish(bench, AFTER_THE_EXTENSION)
    changes = bench.changes()
    await changes.note()
    while await changes.page():
        pass

    bench.clock.set(at("2020-02-02 00:00"))
    await bench.fire()
    assert await bench.emitted("breached") == []
    bench.clock.set(at("2020-02-05 00:00"))
    await bench.fire()
    assert len(await bench.emitted("breached")) == 12


async def test_a_process_that_dies_in_a_page_leaves_nothing_half_done_and_the_next_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE", 5)
    publish(bench, AFTER_THE_EXTENSION)
    first, settle = bench.changes(), bench.handlers.settle
    await first.note()
    assert await first.page()

    async def dying(tx: AsyncConnection, *given: Any, **named: Any) -> list[Event]:
        await settle(tx, *given, **named)
        raise RuntimeError("killed")

    monkeypatch.setattr(bench.handlers, "settle", dying)
    with pytest.raises(RuntimeError):
        await first.page()
    assert len(await bench.emitted("rescheduled")) == 5
    assert (await bench.recomputation())["looked_at"] == 5
    monkeypatch.setattr(bench.handlers, "settle", settle)

    again = bench.changes()
    assert await again.note() == []
    while await again.page():
        pass

    assert len({one.subject for one in await bench.emitted("rescheduled")}) == 12
    assert len(await bench.emitted("rescheduled")) == 12
    assert (await bench.recomputation())["looked_at"] == 12


async def test_several_processes_note_a_change_once_and_share_its_pages(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE", 2)
    processes = [bench.changes() for _ in range(4)]
    for process in processes:
        await process.note()
    publish(bench, AFTER_THE_EXTENSION)

    noted = await asyncio.gather(*(process.note() for process in processes))
    assert sorted(noted) == [[], [], [], ["calendar:cn@2020.2"]]

    async def work(process: Changes) -> None:
        while (await bench.recomputation())["finished_at"] is None:
            await process.page()

    await asyncio.gather(*(work(process) for process in processes))
    assert len(await bench.emitted("rescheduled")) == 12
    assert (await bench.recomputation())["looked_at"] == 12


async def test_a_process_that_still_has_the_old_calendars_neither_sets_them_back_nor_works(bench: Bench) -> None:
    behind = bench_of_2019(bench.engine)
    behind.clock.set(NOW)
    late = behind.changes()
    await late.note()
    publish(bench, AFTER_THE_EXTENSION)
    await bench.changes().note()

    assert await late.note() == []
    assert not await late.page()
    assert (await bench.recomputation())["looked_at"] == 0


async def test_a_change_while_no_process_ran_is_found_at_the_start(bench: Bench) -> None:
    publish(bench, AFTER_THE_EXTENSION)
    assert await bench.changes().note() == ["calendar:cn@2020.2"]
    assert await bench.changes().note() == []


async def test_a_change_settles_before_it_is_worked_on(bench: Bench) -> None:
    publish(bench, AFTER_THE_EXTENSION)
    changes = bench.changes()
    await changes.note()
    assert not await changes.page(settling=60.0)
    assert await changes.page()


async def test_what_an_event_made_move_first_is_counted_all_the_same(bench: Bench) -> None:
    publish(bench, AFTER_THE_EXTENSION)
    case = (await bench.rows("SELECT id FROM cases WHERE open ORDER BY id LIMIT 1"))[0]["id"]
    await bench.apply(
        make("routing", case, RULES.key, MilestoneReached(milestone="noted", at=NOW, by="office"), cause="3", at=NOW)
    )
    assert [one.data.cause for one in await bench.emitted("rescheduled")] == ["calendar:cn@2020.2"]  # type: ignore[attr-defined]
    changes = bench.changes()
    await changes.note()
    while await changes.page():
        pass
    assert (await bench.recomputation())["moved"] == 12
    assert len(await bench.emitted("rescheduled")) == 12


async def test_a_file_in_the_calendars_folder_moves_the_clocks_within_seconds(bench: Bench, tmp_path: Path) -> None:
    """The folder, the watch and the recomputing together; each waits at most half a second, the settling two."""
    rules = Rules(Folders(tmp_path, None), "sla")
    rules.calendars["cn"] = BEFORE_THE_EXTENSION
    bench.clock.set(NOW)
    context = replace(bench.context, calendars=rules.calendars)
    changes = Changes(context, ClockHandlers(context.library, rules.calendars, bench.clock))
    await changes.note()
    loops = [asyncio.create_task(rules.watch()), asyncio.create_task(changes.run())]

    (tmp_path / "cn.yaml").write_text(json.dumps(document_of(AFTER_THE_EXTENSION)), "utf-8")

    async with asyncio.timeout(10):
        while not (rows := await bench.rows("SELECT * FROM recomputations")) or rows[0]["finished_at"] is None:
            await asyncio.sleep(0.05)
    for loop in loops:
        loop.cancel()
    assert len(await bench.emitted("rescheduled")) == 12
