"""A sender that dies at any point of an attempt leaves at most one visible delivery."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.delivery.sinks.console import ConsoleSink
from services.notify.delivery.sinks.smtp import SmtpServer, SmtpSink
from services.notify.domain.recipients import Recipients
from shared.events.notices import NoticeFailed, NoticeSent
from tests.integration.notify.bench import bench
from tests.integration.notify.mail import ScriptedMailServer
from tests.integration.notify.receivers import Answer, HttpServer, Request
from tests.integration.notify.test_webhooks import to_webhooks
from tests.unit.notify.samples import Story

pytestmark = pytest.mark.asyncio

PLACES = ("begun", "delivered")


class Crash(BaseException):
    """Nothing catches it: as if the process had ended there."""


def _dies_at(place: str) -> Callable[[str], None]:
    def failpoint(here: str) -> None:
        if here == place:
            raise Crash

    return failpoint


async def _forget_senders(engine: AsyncEngine) -> None:
    """As time does: a sender that is not seen is forgotten after `stale`."""
    async with engine.begin() as tx:
        await tx.execute(text("DELETE FROM senders"))


@pytest.mark.parametrize("place", PLACES)
async def test_a_file_is_seen_once_though_its_sender_died(place: str, engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        await it.apply([Story().registered()])
        async with it.sending(failpoint=_dies_at(place)):

            async def died() -> bool:
                return bool((await it.row("receipt")).state == "sending")

            await it.until(died)
        await _forget_senders(engine)
        async with it.sending():
            row = await it.until_state("receipt", "sent")
        assert len(it.files()) == 1
        assert row.attempts == 2
        assert [type(event.data) for event in await it.events()] == [NoticeSent]


@pytest.mark.parametrize("place", PLACES)
async def test_a_webhook_is_repeated_with_the_same_id(place: str, engine: AsyncEngine, tmp_path: Path) -> None:
    async def ok(_request: Request) -> Answer:
        return Answer(200)

    async with HttpServer(ok) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        async with bench(engine, tmp_path / "out", recipients=recipients) as (it, _):
            story = Story()
            await it.apply([story.registered(), story.assigned(), story.started()])
            async with it.engine.begin() as tx:
                await tx.execute(text("DELETE FROM notices WHERE notice = 'receipt'"))
            async with it.sending(failpoint=_dies_at(place)):

                async def died() -> bool:
                    return bool((await it.row("assignment")).state == "sending")

                await it.until(died)
            await _forget_senders(engine)
            async with it.sending():
                await it.until_state("assignment", "sent")
    assert len({request.headers["webhook-id"] for request in server.requests}) == 1
    assert len(server.requests) == (2 if place == "delivered" else 1)


@pytest.mark.parametrize("place", PLACES)
async def test_a_mail_is_not_repeated_and_is_listed_as_ambiguous(
    place: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with ScriptedMailServer() as server:
        recipients = Recipients.model_validate({"complainant": {"sink": "smtp"}})
        sinks = {"smtp": SmtpSink(SmtpServer("127.0.0.1", server.port, "n@example.org", "offered"))}
        async with bench(engine, tmp_path, recipients=recipients, sinks=sinks) as (it, _):
            await it.apply([Story().registered()])
            async with it.sending(failpoint=_dies_at(place)):

                async def died() -> bool:
                    return bool((await it.row("receipt")).state == "sending")

                await it.until(died)
            await _forget_senders(engine)
            async with it.sending():
                row = await it.until_state("receipt", "failed")
            (emitted,) = await it.events()
    assert (row.ambiguous, row.reason) == (True, "ambiguous")
    assert isinstance(emitted.data, NoticeFailed)
    assert emitted.data.ambiguous
    assert len(server.delivered) == (1 if place == "delivered" else 0)


async def test_a_line_on_the_console_is_not_repeated_either(engine: AsyncEngine, tmp_path: Path) -> None:
    stream = io.StringIO()
    recipients = Recipients.model_validate({"complainant": {"sink": "console"}})
    async with bench(engine, tmp_path, recipients=recipients, sinks={"console": ConsoleSink(stream)}) as (it, _):
        await it.apply([Story().registered()])
        async with it.sending(failpoint=_dies_at("delivered")):

            async def died() -> bool:
                return bool((await it.row("receipt")).state == "sending")

            await it.until(died)
        await _forget_senders(engine)
        async with it.sending():
            await it.until_state("receipt", "failed")
    assert len(stream.getvalue().splitlines()) == 1


async def test_a_killed_process_loses_nothing_and_shows_nothing_twice(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    async with bench(engine, tmp_path) as (it, _):
        await it.apply([Story(number).registered() for number in range(300)])
        program = Path(__file__).with_name("doomed_sender.py")
        for _ in range(3):
            doomed = await asyncio.create_subprocess_exec(
                sys.executable,
                str(program),
                env={
                    **os.environ,
                    "TEST_DATABASE": database_url,
                    "TEST_FOLDER": str(tmp_path),
                    "TEST_VAULT": it.vault_url,
                    "PYTHONPATH": str(Path(__file__).parents[3]),
                },
            )
            assert await asyncio.wait_for(doomed.wait(), 90) == -signal.SIGKILL
            assert await it.rows("state = 'sending'")
            await _forget_senders(engine)
        async with it.sending():
            await it.until_state("receipt", "sent")
        assert len(it.files()) == 300
        assert len(await it.events()) == 300
