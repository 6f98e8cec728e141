"""What several tests of changing rules begin with: open cases before the change, and the API over the same database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest_asyncio

from services.sla.http.rule_changes import change_routes
from shared.hosting.http import make_app
from shared.security.keys import KeyRing, ensure_key
from tests.integration.conftest import Open
from tests.integration.sla.bench import Bench, resolved
from tests.integration.sla.festival import admitted, bench_of_2019
from tests.unit.sla.scenes import at


@pytest_asyncio.fixture
async def bench(open_service: Open) -> Bench:
    """Twelve open cases that the longer festival moves, three that ended, and the calendars noted."""
    found = bench_of_2019(await open_service("sla"))
    await found.changes().note()
    for _ in range(12):
        await found.apply(admitted(uuid4()))
    for _ in range(3):
        case = uuid4()
        await found.apply(admitted(case), resolved(case, at("2020-01-21 09:00")))
    return found


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
