"""One slow or dead receiver holds up nobody else; the vault's absence costs no attempt; a backlog is no storm."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.delivery.sinks.webhook import WebhookSink
from tests.integration.notify.bench import bench
from tests.integration.notify.receivers import Answer, HttpServer, Request
from tests.integration.notify.test_webhooks import to_webhooks
from tests.unit.notify.samples import Story

pytestmark = pytest.mark.asyncio


async def test_a_receiver_that_hangs_delays_no_other_and_has_one_request_at_a_time(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async def hang(_request: Request) -> Answer:
        await asyncio.sleep(3600)
        return Answer(200)

    async def ok(_request: Request) -> Answer:
        return Answer(200)

    async with HttpServer(hang) as slow, HttpServer(ok) as quick:
        recipients = to_webhooks(tmp_path, water=slow.url, roads=quick.url)
        sinks = {"webhook": WebhookSink(recipients, timeout_seconds=3600)}
        async with bench(engine, tmp_path / "out", recipients=recipients, sinks=sinks) as (it, _):
            events = []
            for number in range(40):
                story = Story(number)
                events += [story.registered(), story.assigned("water" if number % 2 else "roads"), story.started()]
            await it.apply(events)
            async with it.sending():

                async def quick_has_all() -> bool:
                    return len(quick.requests) == 20 and len(slow.requests) == 1

                await it.until(quick_has_all)
            assert quick.most_open == 1


async def test_a_receiver_that_was_down_gets_everything_in_order_and_other_notices_use_up_no_tries(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    down = True

    async def script(_request: Request) -> Answer:
        return Answer(503) if down else Answer(200)

    async with HttpServer(script) as server:
        async with bench(engine, tmp_path / "out", recipients=to_webhooks(tmp_path, water=server.url)) as (it, _):
            events = []
            for number in range(10):
                story = Story(number)
                events += [story.registered(), story.assigned(), story.started()]
            await it.apply(events)
            async with it.sending():

                async def tried() -> bool:
                    return len(server.requests) >= 1

                await it.until(tried)
                down = False
                await it.until_state("assignment", "sent")
            rows = await it.rows("notice = 'assignment'")

    delivered = [request.headers["webhook-id"] for request in server.requests]
    assert delivered == [str(rows[0].id), *(str(row.id) for row in rows)]
    assert [row.attempts for row in rows] == [2] + [1] * 9


async def test_while_the_vault_is_away_departments_get_theirs_and_no_attempt_is_counted(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with bench(engine, tmp_path) as (it, vault):
        vault.away = True
        story = Story()
        await it.apply([story.registered(), story.assigned(), story.started()])
        async with it.sending():
            await it.until_state("assignment", "sent")
            assert (await it.row("receipt")).attempts == 0
            vault.away = False
            row = await it.until_state("receipt", "sent")
        assert row.attempts == 1


async def test_a_case_that_the_vault_does_not_know_fails_for_good(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, vault):
        vault.unknown = True
        await it.apply([Story().registered()])
        async with it.sending():
            row = await it.until_state("receipt", "failed")
        assert row.reason == "unknown-to-the-vault"


async def test_after_a_long_silence_one_warning_is_sent_and_the_breach(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        await it.apply([story.registered(), story.assigned(), story.started()])
        await it.apply([story.later(days=1).warned("half")])
        await it.apply([story.later(days=1).warned("late"), story.later(days=1).breached()])
        async with it.sending():
            await it.until_state("overdue", "sent")

            async def settled() -> bool:
                return not await it.rows("state IN ('waiting', 'sending')")

            await it.until(settled)
        states = [row.state for row in await it.rows("notice = 'urging'")]
    assert states == ["joined", "joined", "sent"]


async def test_the_notice_goes_to_the_department_that_has_the_case_at_sending(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        await it.apply([story.registered(), story.assigned("water"), story.started(), story.reassigned("roads")])
        async with it.sending():
            await it.until_state("assignment", "sent")
        shown = {row.addressee for row in await it.rows("notice = 'assignment'")}
    assert shown == {"department:roads"}


async def test_two_senders_share_the_work_and_send_nothing_twice(engine: AsyncEngine, tmp_path: Path) -> None:
    counts: dict[str, int] = {}

    async def script(request: Request) -> Answer:
        id = request.headers["webhook-id"]
        counts[id] = counts.get(id, 0) + 1
        return Answer(200)

    async with HttpServer(script) as one, HttpServer(script) as other:
        recipients = to_webhooks(tmp_path, water=one.url, roads=other.url)
        async with bench(engine, tmp_path / "out", recipients=recipients) as (it, _):
            events = []
            for number in range(60):
                story = Story(number)
                events += [story.registered(), story.assigned("water" if number % 2 else "roads"), story.started()]
            await it.apply(events)
            async with it.sending(), it.sending():
                await it.until_state("assignment", "sent")
                await it.until_state("receipt", "sent")
    assert set(counts.values()) == {1}
    assert len(counts) == 60
    assert one.most_open == other.most_open == 1


async def test_a_due_instant_that_is_on_its_way_is_waited_for(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        await it.apply([story.registered(), story.assigned()])
        async with it.sending():
            await it.until_state("receipt", "sent")
            assert (await it.row("assignment")).state == "waiting"
            await it.apply([story.started()])
            await it.until_state("assignment", "sent")
        (file,) = [one for one in it.files() if one["notice"] == "assignment"]
    assert file["body"] == "水务，应于 2026年11月9日 09:00 前办结"


async def test_a_database_that_cuts_all_connections_is_come_back_to(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        async with it.sending():
            await it.apply([Story(1).registered()])
            await it.until_state("receipt", "sent")
            async with it.engine.begin() as tx:
                await tx.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                        "AND datname = current_database() AND usename = current_user "
                        "AND backend_type = 'client backend'"
                    )
                )
            await it.apply([Story(2).registered()])
            await it.until_state("receipt", "sent")
        assert len(it.files()) == 2
