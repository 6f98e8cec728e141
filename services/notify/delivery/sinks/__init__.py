"""Where notices are delivered: files, the console, mail, webhooks. One file each, and what they have in common here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from services.notify.domain.recipients import Endpoint


@dataclass(frozen=True)
class Message:
    """One notice as it is delivered; it exists in memory only.

    `day` is the date on which the notice was made, in the procedure's zone. `facts` are coded values, fit for anybody.
    `contact` are the vault's fields that the endpoint needs.
    """

    id: UUID
    case_id: UUID
    case_number: str
    notice: str
    addressee: str
    endpoint: Endpoint
    language: Literal["zh", "en"]
    subject: str
    body: str
    day: date
    made_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    contact: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended.

    sent: accepted. refused: not accepted, for good. again: this notice may be tried later. away: the receiver fails,
    so everything for it waits. gone: the receiver wants no more, ever. ambiguous: nobody can know whether it arrived.
    `reason` is a code; `wait` is in seconds, where the receiver asked for it.
    """

    kind: Literal["sent", "refused", "again", "away", "gone", "ambiguous"]
    reason: str | None = None
    wait: float | None = None


SENT = Outcome("sent")


class Sink(Protocol):
    """A way of delivery. `repeatable`: the same notice delivered again is seen once. `batch`: how many at a time."""

    name: str
    repeatable: bool
    batch: int

    async def deliver(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Deliver up to `batch` messages; one outcome for each, in order. Raises nothing but cancellation."""
        ...
