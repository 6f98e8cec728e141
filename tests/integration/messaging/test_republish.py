"""`huiyin topics republish` on real databases: what it marks, and what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from huiyin.cli import databases
from huiyin.main import build
from shared.errors import InvalidInput
from tests.integration.conftest import Open
from tests.integration.messaging.emitting import cases, emit, event, waiting

pytestmark = pytest.mark.asyncio


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, database_urls: dict[str, str]) -> None:
    """The command finds these databases."""

    def urls(connection: object, services: Sequence[str] | None = None) -> dict[str, str]:
        if set(services or ()) - set(database_urls):
            raise InvalidInput("there is no such service here", field="--service")
        return {service: database_urls[service] for service in services or database_urls}

    monkeypatch.setattr(databases, "database_urls", urls)


async def run(*words: str) -> Any:
    """The command in a thread, because it has an event loop of its own."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(build(), ["topics", "republish", *words]))


@pytest.mark.usefixtures("here")
async def test_what_was_said_since_then_waits_again_and_is_counted(open_service: Open) -> None:
    intake, routing, (one, other) = await open_service("intake"), await open_service("routing"), cases(2, "command")
    await emit(intake, [event(case, number) for case in (one, other) for number in range(3)])
    async with intake.begin() as tx:
        await tx.execute(text("DELETE FROM unpublished"))

    done = await run("--since", "2025-09-29T09:00+08:00", "--service", "intake", "--case", str(one))
    assert done.output == f"intake: 3 events of case {one} emitted since 2025-09-29T01:00:00+00:00 will be sent again\n"
    assert await waiting(intake) == 3

    done = await run("--since", "2025-09-29T09:00+08:00", "--service", "intake", "--service", "routing")
    assert done.output.splitlines() == [
        "intake: 6 events emitted since 2025-09-29T01:00:00+00:00 will be sent again",
        "routing: 0 events emitted since 2025-09-29T01:00:00+00:00 will be sent again",
    ]
    assert (await waiting(intake), await waiting(routing)) == (6, 0)


@pytest.mark.usefixtures("here")
async def test_a_service_that_there_is_not_is_refused(open_service: Open) -> None:
    done = await run("--since", "2025-09-29T09:00+08:00", "--service", "water")
    assert isinstance(done.exception, InvalidInput)
