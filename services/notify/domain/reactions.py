"""What a batch of events brings about: notices with their waits, follow-ups with their due instants, and what facts
that came late decide otherwise. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notify.domain import follow_ups
from services.notify.domain.case import Case
from services.notify.domain.digests import Window, about_deadline, wait_seconds
from services.notify.domain.follow_ups import NewFollowUp, element_of, ends_follow_ups, plan_follow_ups, scheduled
from services.notify.domain.notices import Conditional, Planned, plan_notices, verdict
from services.notify.domain.rows import FollowUpRow
from shared.business_time.calendars import Calendar
from shared.events.deadlines import BreachRetracted
from shared.events.envelope import Event
from shared.events.notices import NoticeEvent
from shared.procedures.model import Procedure

ProcedureOf = Callable[[str, int], Procedure]
"""The procedure of an id and version."""


@dataclass(frozen=True)
class NewNotice:
    """A planned notice with its procedure and version, and how long (real seconds) it waits for others."""

    planned: Planned
    procedure: str
    version: int
    wait: float


@dataclass(frozen=True)
class Waits:
    """How notices wait for others: the window, and how fast the cases' clock runs (0 or less: it is moved by hand)."""

    window: Window
    rate: float

    def of(self, planned: Planned, *, crowded: bool) -> float:
        """How long (real seconds) a notice waits; `crowded`: several steps of its case came at once."""
        if not planned.joins:
            return 0.0
        return wait_seconds(planned.late_by / (self.rate or 1.0), self.window, crowded=crowded)


def reactions(
    cases: Mapping[UUID, Case],
    events: Sequence[Event],
    procedure_of: ProcedureOf,
    calendars: Mapping[str, Calendar],
    waits: Waits,
) -> tuple[list[NewNotice], list[NewFollowUp]]:
    """What events cause, which are folded into their cases already.

    A notice about a notice would answer itself without end: notify's own events cause follow-ups only.
    """
    notices: list[NewNotice] = []
    rounds: list[NewFollowUp] = []
    steps = Counter(one.subject for one in {one.id: one for one in events}.values() if about_deadline(one))
    for event in events:
        case = cases[event.subject]
        procedure = procedure_of(case.procedure, case.version)
        if not isinstance(event.data, NoticeEvent):
            notices += [
                NewNotice(one, *procedure.key, waits.of(one, crowded=steps[case.id] > 1))
                for one in plan_notices(case, event, procedure)
            ]
        rounds += [scheduled(one, procedure, calendars) for one in plan_follow_ups(case, event, procedure)]
    return notices, rounds


def reconsidered(
    notices: Iterable[Conditional], cases: Mapping[UUID, Case], procedure_of: ProcedureOf
) -> dict[UUID, str]:
    """The notices whose verdict, as of the moment of their occurrence, is another now: id -> new state."""
    states: dict[UUID, str] = {}
    for one in notices:
        element = next(
            (each for each in procedure_of(one.procedure, one.version).notices if each.id == one.notice), None
        )
        holds = element is not None and verdict(element, cases[one.case_id], one.emitted_at)
        state = "waiting" if holds else "undecided"
        if state != one.state:
            states[one.id] = state
    return states


def now_holding(
    undecided: Iterable[FollowUpRow], cases: Mapping[UUID, Case], procedure_of: ProcedureOf
) -> list[FollowUpRow]:
    """The undecided follow-ups whose condition holds now, as of the moment of their occurrence."""
    return [
        one
        for one in undecided
        if follow_ups.verdict(
            element_of(procedure_of(one.procedure, one.version), one.follow_up), cases[one.case_id], one.emitted_at
        )
    ]


def ended_follow_ups(events: Iterable[Event]) -> dict[UUID, datetime]:
    """The cases about which nobody is asked any more of what was before, each with the instant since when."""
    found: dict[UUID, datetime] = {}
    for event in events:
        if ends_follow_ups(event):
            found[event.subject] = max(event.time, found.get(event.subject, event.time))
    return found


def retracted_breaches(events: Iterable[Event]) -> Collection[tuple[UUID, str, int]]:
    """The breaches that these events take back: case, clock and cycle of each."""
    return {
        (event.subject, event.data.clock, event.data.cycle)
        for event in events
        if isinstance(event.data, BreachRetracted)
    }
