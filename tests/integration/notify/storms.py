"""What an outage of the sla service leaves for notify, and what was delivered of it."""

from __future__ import annotations

import json
from typing import Any

from shared.events.envelope import Event
from tests.integration.notify.bench import Bench
from tests.integration.notify.receivers import HttpServer
from tests.unit.notify.samples import Story

OUTAGE = 7200.0
ABOUT = ("urging", "overdue", "reminder", "chased")


def late_steps(story: Story) -> list[Event]:
    """Five steps of two clocks that an outage held up: five notices to the department, three to the chief."""
    return [
        story.warned("half", late=OUTAGE),
        story.later(minutes=1).warned("late", late=OUTAGE),
        story.later(minutes=1).warned("soon", clock="reporting", late=OUTAGE),
        story.later(minutes=1).breached(late=OUTAGE),
        story.later(minutes=1).breached(clock="reporting", late=OUTAGE),
    ]


async def known(it: Bench, *stories: Story) -> None:
    """Cases that are registered, assigned, and whose clocks run."""
    await it.apply([event for story in stories for event in (story.registered(), story.assigned(), story.started())])


async def quiet(it: Bench) -> bool:
    """Whether nothing waits to be sent."""
    return not await it.rows("state IN ('waiting', 'sending')")


def requests(server: HttpServer) -> list[dict[str, Any]]:
    """The deadline notices that a webhook received."""
    shown = [json.loads(request.body)["data"] for request in server.requests]
    return [one for one in shown if one["notice"] in ABOUT]
