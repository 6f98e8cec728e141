"""Which routes answer without an API key: those that are listed, and no other of any service."""

from __future__ import annotations

import base64
import importlib
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.business_time.clock import VirtualClock
from shared.business_time.loader import load_calendars
from shared.hosting.host import Context
from shared.hosting.http import OPEN_ROUTES, make_app
from shared.messaging.database import open_database
from shared.messaging.outbox import Outbox
from shared.procedures.loader import Library
from shared.security.keys import KeyRing
from shared.service_names import SERVICES
from shared.settings import ServiceSettings
from tests.unit.intake.sample import MONDAY, PROCEDURE

NO_DATABASE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
AN_ID = "00000000-0000-0000-0000-000000000001"


def app_of(service: str, folder: Path, engine: AsyncEngine) -> FastAPI:
    """The whole HTTP side of a service, over a database that is not there."""
    key_file = folder / "vault.key"
    key_file.write_text(base64.b64encode(bytes(range(32))).decode(), encoding="ascii")
    key_file.chmod(0o600)
    settings = ServiceSettings(vault_key_file=key_file, notices=folder)
    library = Library((PROCEDURE,))
    context = Context(service, settings, engine, VirtualClock(MONDAY), library, load_calendars(), Outbox(engine))
    built = importlib.import_module(f"services.{service}.service").build(context)
    app = make_app(service, KeyRing(engine), {}, built.limits)
    for router in built.routers:
        app.include_router(router)
    return app


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path, with something in place of the path's parameters."""
    return [
        (method.upper(), re.sub(r"\{[^}]+\}", AN_ID, path))
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    ]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.asyncio
async def test_every_route_but_the_open_ones_needs_a_key(service: str, tmp_path: Path) -> None:
    engine = open_database(NO_DATABASE)
    app = app_of(service, tmp_path, engine)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    without_key = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        for method, path in routes_of(app):
            without_key[path, method] = (await http.request(method, path)).status_code
    await engine.dispose()
    assert len(without_key) > len(OPEN_ROUTES) + 2
    answered = {path for (path, _), status in without_key.items() if status != 401}
    assert answered == {path for path, _ in without_key} & set(OPEN_ROUTES)
    assert answered >= {"/v1/progress", "/v1/how-to"} if service == "intake" else len(answered) == 2
