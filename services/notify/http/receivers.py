"""The receivers of notices over HTTP: how each one's endpoint queue stands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from services.notify.domain.rows import QueueStatus
from services.notify.store import delivery_queue
from shared.hosting.host import Context
from shared.hosting.http import needs


def receiver_routes(context: Context) -> APIRouter:
    """The routes."""
    api = APIRouter()

    @api.get("/v1/receivers", dependencies=[needs("notices:read")])
    async def receivers() -> dict[str, Any]:
        """Every queue: failures in a row, when it may be tried again (real time), if it is disabled, what waits."""
        async with context.engine.connect() as tx:
            return {"receivers": [_receiver(one) for one in await delivery_queue.endpoints(tx)]}

    return api


def _receiver(one: QueueStatus) -> dict[str, Any]:
    return {
        "lane": one.queue,
        "sink": one.sink,
        "failures": one.failures,
        "open_at": one.open_at,
        "disabled_at": one.disabled_at,
        "reason": one.reason,
        "waiting": one.waiting,
    }
