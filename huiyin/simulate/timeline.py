"""What happened in an example, as lines to be read or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from huiyin.simulate.instants import wall
from huiyin.simulate.run import Outcome
from shared.events import occurrences
from shared.events.deadlines import ClockEvent
from shared.events.envelope import Event
from shared.events.notices import NoticeSent
from shared.events.reports import ReportEvent


def timeline(outcome: Outcome, time_zone: str, *, as_json: bool = False) -> Iterator[str]:
    """The events of an example in order, then what does not hold."""
    if as_json:
        for event in outcome.published:
            yield json.dumps({"example": outcome.example.id, **_document(event)}, ensure_ascii=False)
        return
    yield f"{outcome.example.id}: {'fails' if outcome.failures else 'holds'}"
    for event in outcome.published:
        at = occurrences.happened_at(event, (occurrences.names(event) or ("",))[0])
        yield f"  {wall(at, time_zone):<20} {event.source.rpartition('/')[2]:<8} {_text(event, time_zone)}"
    for failure in outcome.failures:
        yield f"  ! {failure}"


def _text(event: Event, time_zone: str) -> str:
    names = occurrences.names(event)
    word = names[-1] if names else event.type.split(".")[-2]
    match event.data:
        case ClockEvent(clock=clock, due_at=due):
            name = word if names else f"{word}:{clock}"
            return f"{name}  due {wall(due, time_zone)}" if due else name
        case NoticeSent(addressee=to):
            return f"{word}  to {to}"
        case ReportEvent(period=period, office=office):
            return f"{word}  {period}" + (f" of {office}" if office else "")
    return word


def _document(event: Event) -> dict[str, Any]:
    return {
        "time": event.time.isoformat(),
        "source": event.source,
        "type": event.type,
        "subject": str(event.subject),
        "data": event.data.model_dump(mode="json"),
    }
