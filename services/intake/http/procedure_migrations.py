"""Migrations over HTTP: deciding that open cases go on under another version of their procedure, and how far it is."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.handlers.procedure_migrations import MigrationHandlers, Mode
from services.intake.http.request_bodies import body_of, described
from services.intake.store import procedure_migrations
from services.intake.store.procedure_migrations import Migration
from shared.errors import NotFound
from shared.hosting.http import needs
from shared.security.acting import Principal


class Order(BaseModel):
    """Which version open cases go on under (`from_version`: only those of one version), how, and why.

    `keep-elapsed`: clocks count from their original start by the new version. `restart`: open clocks begin anew.
    `leave`: nothing moves; the decision is recorded. `reason` is kept for the file and stands in no event.
    """

    model_config = ConfigDict(extra="forbid")

    to_version: int = Field(ge=1)
    mode: Mode
    reason: str = Field(min_length=1, max_length=500)
    from_version: int | None = Field(default=None, ge=1)


def migration_routes(engine: AsyncEngine, migrations: MigrationHandlers) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1/procedures/{procedure}/migrations")

    @routes.post("", status_code=202, openapi_extra=described(Order))
    async def migrate(
        procedure: str,
        caller: Annotated[Principal, needs("procedures:migrate")],
        order: Annotated[Order, body_of(Order)],
    ) -> dict[str, Any]:
        """Decide it; the cases follow in pages. The same decision while it is under way is the same migration."""
        decided = await migrations.decide(
            procedure, order.to_version, order.mode, order.reason, caller.name, from_version=order.from_version
        )
        return _view(decided)

    @routes.get("", dependencies=[needs("cases:read")])
    async def listed(procedure: str) -> list[dict[str, Any]]:
        """All migrations of a procedure, the newest first."""
        async with engine.connect() as connection:
            return [_view(one) for one in await procedure_migrations.listed(connection, procedure)]

    @routes.get("/{migration_id}", dependencies=[needs("cases:read")])
    async def one(procedure: str, migration_id: UUID) -> dict[str, Any]:
        """One migration and how many cases it has moved."""
        async with engine.connect() as connection:
            found = await procedure_migrations.find(connection, procedure, migration_id)
        if found is None:
            raise NotFound("there is no such migration")
        return _view(found)

    return routes


def _view(one: Migration) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "procedure": one.procedure,
        "from_version": one.from_version,
        "to_version": one.to_version,
        "mode": one.mode,
        "reason": one.reason,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at.isoformat(),
        "migrated": one.migrated,
        "finished_at": one.finished_at.isoformat() if one.finished_at else None,
    }
