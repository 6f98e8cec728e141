"""Routing's wiring."""

from __future__ import annotations

from services.routing.handlers import Worker
from services.routing.http.cases import routes
from shared.events.topics import COMPLAINTS, DEADLINES, DEPARTMENT_REPORTS, NOTICES
from shared.hosting.host import Context, Service


def build(context: Context) -> Service:
    """What the routing service is made of."""
    worker = Worker(context.library, context.calendars)
    return Service(
        routers=[routes(context, worker)],
        topics=[COMPLAINTS, DEADLINES, NOTICES, DEPARTMENT_REPORTS],
        handler=worker,
    )
