"""The sla service's wiring."""

from __future__ import annotations

from services.sla.api import routes
from services.sla.api_changes import WHAT_IF_LIMIT, WHAT_IF_PATH, change_routes
from services.sla.changes import Changes
from services.sla.counting import OpenClocks
from services.sla.sweeper import Sweeper
from services.sla.timers import Timers
from services.sla.worker import Worker
from shared.events.topics import ASSIGNMENTS, COMPLAINTS, NOTICES
from shared.hosting.host import Context, Service

_BATCH = 64  # deciding takes a millisecond each, in which no timer fires


def build(context: Context) -> Service:
    """What the sla service is made of."""
    worker = Worker(context.library, context.calendars, context.clock)
    timers = Timers(context, worker)
    sweeper = Sweeper(context, worker)
    return Service(
        routers=[routes(context), change_routes(context)],
        topics=[COMPLAINTS, ASSIGNMENTS, NOTICES],
        handler=worker,
        batch=_BATCH,
        loops=[
            timers.fire,
            timers.fire_aside,
            sweeper.sweep,
            sweeper.check,
            OpenClocks(context).run,
            Changes(context, worker).run,
        ],
        limits={WHAT_IF_PATH: WHAT_IF_LIMIT},
    )
