"""Digests: which notices about deadlines are delivered together, and how long a late one waits for others. Pure.

After an outage, or when a calendar is loaded, many steps of one case come within moments. Each addressee gets
one message: the notices about deadlines that wait for one addressee of one case are joined to one of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notify.domain.wording import names_of, needs_vault
from shared.events import deadlines as d
from shared.events.assignments import CaseEscalated
from shared.events.envelope import Event
from shared.procedures.model import Notice

_DEADLINES = ("warned", "breached", "overdue")
_SHARE_OF_LATENESS = 0.01
_LONGEST_WINDOWS = 10


@dataclass(frozen=True)
class Window:
    """How late (real seconds) a step must come to wait, and how long (real seconds) at least; 0: not at all."""

    late_after: float
    seconds: float


def about_deadline(event: Event) -> bool:
    """Whether an event is a step of a clock (a warning, a breach, a further step), or an escalation that one caused."""
    match event.data:
        case d.FiredEvent():
            return True
        case CaseEscalated(cause=str(cause)):
            return cause.partition(":")[0] in _DEADLINES
    return False


def may_join(element: Notice, to: str, event: Event, parties: Collection[str] = ()) -> bool:
    """Whether this notice to `to` may be delivered within another of the same case and addressee.

    A notice to the complainant or one of the `parties` is a document of its own, and so are one that is served and what
    shows anything of the vault: each look into the vault is on record for its own notice.
    """
    outside = to == "complainant" or to.removeprefix("party:") in parties
    of_its_own = outside or element.service is not None or needs_vault(names_of(element))
    return about_deadline(event) and not of_its_own


def wait_seconds(late: float, window: Window, *, crowded: bool) -> float:
    """How long (real seconds) a notice waits for others of its case. `late` is how late its step came, in real seconds.

    Punctual steps never wait, unless several of the case came at once (`crowded`). What came late waits a hundredth of
    its lateness, within one and ten windows: steps of one case that an outage held up follow each other while the
    backlog is worked off, the further apart the longer the outage was.
    """
    if late >= window.late_after:
        return min(max(window.seconds, late * _SHARE_OF_LATENESS), window.seconds * _LONGEST_WINDOWS)
    return window.seconds if crowded else 0.0


@dataclass(frozen=True)
class Waiting:
    """A notice about a deadline that nobody has begun to send. `overdue`: it is about a breach, or what follows one."""

    id: UUID
    case_id: UUID
    addressee: str
    overdue: bool
    rank: int
    occurred_at: datetime


@dataclass(frozen=True)
class Group:
    """Notices delivered together: the `lead`, with the `others` in the order in which they happened."""

    lead: UUID
    others: tuple[UUID, ...]


def grouped(waiting: Iterable[Waiting]) -> list[Group]:
    """Each case's notices to each addressee as one.

    The lead is the gravest, and of those the latest. Whatever order they are given in, the answer is the same.
    """
    groups: dict[tuple[UUID, str], list[Waiting]] = {}
    for one in waiting:
        groups.setdefault((one.case_id, one.addressee), []).append(one)
    found = []
    for group in groups.values():
        lead = max(group, key=lambda one: (one.overdue, one.occurred_at, one.rank, one.id))
        others = sorted((one for one in group if one.id != lead.id), key=lambda one: (one.occurred_at, one.id))
        found.append(Group(lead.id, tuple(one.id for one in others)))
    return found
