"""Routing's wiring: settings in, running service out."""

from __future__ import annotations

from services.routing.background.looking_again import LookingAgain
from services.routing.consumer import Consumer
from services.routing.http.cases import routes
from services.routing.rule_book import RuleBook
from shared.events.topics import COMPLAINTS, DEADLINES, DEPARTMENT_REPORTS, NOTICES
from shared.hosting.host import Context, Service


def build(context: Context) -> Service:
    """What the routing service is made of."""
    rules = RuleBook(context.library, context.calendars)
    return Service(
        routers=[routes(context, rules)],
        topics=[COMPLAINTS, DEADLINES, NOTICES, DEPARTMENT_REPORTS],
        handler=Consumer(rules),
        loops=[LookingAgain(context, rules).run],
    )
