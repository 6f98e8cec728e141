"""Intake's database, empty, and the service's API in this process."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from huiyin.embedded.home import Home
from services.intake.service import build
from shared.business_time.clock import VirtualClock
from shared.business_time.loader import load_calendars
from shared.events import envelope
from shared.events.envelope import Event
from shared.hosting.host import Context, Service
from shared.hosting.http import make_app
from shared.messaging.database import open_database
from shared.messaging.outbox import Outbox
from shared.procedures.loader import Library
from shared.security.keys import KeyRing, ensure_key
from shared.security.vault import Vault, open_vault
from shared.settings import ServiceSettings
from tests.integration.conftest import empty
from tests.integration.servers import throw_away_home
from tests.unit.intake.disclosure_sample import PROCEDURE as WITH_DISCLOSURE
from tests.unit.intake.parties_sample import PROCEDURE as WITH_PARTIES
from tests.unit.intake.sample import MONDAY, PROCEDURE
from tests.unit.intake.test_recusal import PROCEDURE as WITH_RECUSAL

MASTER = bytes(range(32))
LIBRARY = Library((PROCEDURE, WITH_PARTIES, WITH_RECUSAL, WITH_DISCLOSURE))
SECRET = "hyk_test"
LIMITED = "hyk_limited"


@pytest.fixture(scope="package")
def home() -> Iterator[Home]:
    """The folder of the server and of the vault's key."""
    with throw_away_home("intake") as found:
        found.secret("vault.key", lambda: base64.b64encode(MASTER).decode())
        yield found


@pytest.fixture
def database_url(database_urls: dict[str, str]) -> str:
    """The URL of intake's database."""
    return database_urls["intake"]


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Empty tables, but for two API keys."""
    found = open_database(database_url, size=20)
    async with found.begin() as tx:
        await empty(tx)
    await ensure_key(database_url, "tester", ["*"], SECRET, acts_as=["*/*"])
    await ensure_key(database_url, "limited", ["cases:read"], LIMITED)
    yield found
    await found.dispose()


@dataclass(frozen=True)
class Intake:
    """The service in this process: over HTTP, and its parts."""

    http: httpx.AsyncClient
    engine: AsyncEngine
    clock: VirtualClock
    vault: Vault
    service: Service
    outbox: Outbox

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """What a query finds."""
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(query), values)).mappings()]

    async def emitted(self, case_id: str | None = None) -> list[Event]:
        """The events that were emitted, in order."""
        query = "SELECT value FROM outbox WHERE case_id = coalesce(CAST(:case_id AS uuid), case_id) ORDER BY id"
        return [envelope.decode(row["value"]) for row in await self.rows(query, case_id=case_id)]


@pytest_asyncio.fixture
async def intake(engine: AsyncEngine, home: Home) -> AsyncIterator[Intake]:
    """Intake with the test procedure, on Monday morning."""
    key_file: Path = home.secrets / "vault.key"
    clock, outbox = VirtualClock(MONDAY), Outbox(engine)
    settings = ServiceSettings(vault_key_file=key_file)
    context = Context("intake", settings, engine, clock, LIBRARY, load_calendars(), outbox)
    service = build(context)
    app = make_app("intake", KeyRing(engine), {}, service.limits)
    for router in service.routers:
        app.include_router(router)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://intake", headers=headers) as http:
        yield Intake(http, engine, clock, open_vault(key_file), service, outbox)
