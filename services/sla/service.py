"""The sla service's wiring."""

from __future__ import annotations

from services.sla.background.open_clocks import OpenClocks
from services.sla.background.rule_changes import Changes
from services.sla.consumer import Consumer
from services.sla.handlers import ClockHandlers
from services.sla.http.clocks import routes
from services.sla.http.rule_changes import WHAT_IF_LIMIT, WHAT_IF_PATH, change_routes
from services.sla.timers.scheduler import Timers
from services.sla.timers.sweeper import Sweeper
from shared.events.topics import ASSIGNMENTS, COMPLAINTS, NOTICES
from shared.hosting.host import Context, Service

_BATCH = 64  # deciding takes a millisecond each, in which no timer fires


def build(context: Context) -> Service:
    """What the sla service is made of."""
    handlers = ClockHandlers(context.library, context.calendars, context.clock)
    timers = Timers(context, handlers)
    sweeper = Sweeper(context, handlers)
    return Service(
        routers=[routes(context), change_routes(context)],
        topics=[COMPLAINTS, ASSIGNMENTS, NOTICES],
        handler=Consumer(handlers),
        batch=_BATCH,
        loops=[
            timers.fire,
            timers.fire_aside,
            sweeper.sweep,
            sweeper.check,
            OpenClocks(context).run,
            Changes(context, handlers).run,
        ],
        limits={WHAT_IF_PATH: WHAT_IF_LIMIT},
    )
