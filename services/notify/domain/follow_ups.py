"""Which follow-ups an event causes, from when to when each round is made, and what follows its answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.notify.domain.case import Case
from services.notify.domain.rows import FollowUpRow, FollowUpState
from shared.business_time.calendars import Calendar
from shared.business_time.due import due
from shared.business_time.durations import Duration
from shared.events.envelope import NAMESPACE, Event
from shared.events.occurrences import happened_at, names
from shared.procedures.conditions import holds
from shared.procedures.milestones import VOID
from shared.procedures.model import FollowUp, Procedure

_ENDING = frozenset((*VOID, "reopened"))


@dataclass(frozen=True)
class PlannedFollowUp:
    """One round of a follow-up. `due` is the verdict of its condition.

    `occurred_at`: what `wait` and `within` count from. `event_id`: what caused the first round.
    """

    id: UUID
    case_id: UUID
    follow_up: str
    round: int
    occurrence: str
    event_id: UUID
    occurred_at: datetime
    emitted_at: datetime
    conditional: bool
    due: bool


@dataclass(frozen=True)
class NewFollowUp:
    """A planned round with its procedure; from when it is offered and until when it is due, on the cases' clock."""

    planned: PlannedFollowUp
    procedure: str
    version: int
    opens_at: datetime
    due_at: datetime | None

    def state(self, now: datetime) -> FollowUpState:
        """The state in which it begins."""
        return state_of(self.opens_at, self.planned.occurred_at, now) if self.planned.due else "undecided"


def state_of(opens_at: datetime, occurred_at: datetime, now: datetime) -> FollowUpState:
    """The state of a round whose condition holds. Other systems' clocks may be ahead: without a wait it is open."""
    return "open" if opens_at <= max(now, occurred_at) else "waiting"


def plan_follow_ups(case: Case, event: Event, procedure: Procedure) -> list[PlannedFollowUp]:
    """The first rounds that an event causes, judged by the facts as they had been emitted up to it."""
    called = names(event)
    return [
        PlannedFollowUp(
            id=_round_id(case.id, element.id, event.id, 1),
            case_id=case.id,
            follow_up=element.id,
            round=1,
            occurrence=element.after,
            event_id=event.id,
            occurred_at=happened_at(event, element.after),
            emitted_at=event.time,
            conditional=element.when is not None,
            due=verdict(element, case, event.time),
        )
        for element in procedure.follow_ups
        if element.after in called
    ]


def next_round(row: FollowUpRow, element: FollowUp, *, satisfied: bool | None, at: datetime) -> PlannedFollowUp | None:
    """The round that begins with an answer given at `at`, or None where the follow-up ends with it."""
    again = satisfied is False or element.next_round == "answered"
    if not again or row.round >= element.rounds:
        return None
    return PlannedFollowUp(
        id=_round_id(row.case_id, element.id, row.event_id, row.round + 1),
        case_id=row.case_id,
        follow_up=element.id,
        round=row.round + 1,
        occurrence=row.occurrence,
        event_id=row.event_id,
        occurred_at=at,
        emitted_at=at,
        conditional=False,
        due=True,
    )


def scheduled(planned: PlannedFollowUp, procedure: Procedure, calendars: Mapping[str, Calendar]) -> NewFollowUp:
    """A round with the instants between which it is to be made; `within` absent: no end."""
    element = element_of(procedure, planned.follow_up)
    calendar = calendars[procedure.calendar]

    def after(duration: str) -> datetime:
        return due(planned.occurred_at, Duration.parse(duration), calendar, time_basis="elapsed").at

    opens_at = after(element.wait) if element.wait is not None else planned.occurred_at
    due_at = after(element.within) if element.within is not None else None
    return NewFollowUp(planned, *procedure.key, opens_at, due_at)


def element_of(procedure: Procedure, id: str) -> FollowUp:
    """The follow-up of this id. Raises `StopIteration` if the procedure has none."""
    return next(one for one in procedure.follow_ups if one.id == id)


def verdict(element: FollowUp, case: Case, emitted_at: datetime) -> bool:
    """Whether the condition holds by what had been emitted up to `emitted_at`; unknown is no."""
    return element.when is None or holds(element.when, case.facts_at(emitted_at)) is True


def ends_follow_ups(event: Event) -> bool:
    """Whether nobody is asked any more about what was before: the case was reopened, or nothing is to be answered."""
    return any(name in _ENDING for name in names(event))


def _round_id(case_id: UUID, follow_up: str, event_id: UUID, round: int) -> UUID:
    return uuid5(NAMESPACE, f"follow-up|{case_id}|{follow_up}|{event_id}|{round}")
