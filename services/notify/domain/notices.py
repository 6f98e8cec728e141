"""Which notices an event causes, and which unsent notices later events supersede. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.notify.domain.addressees import each_once
from services.notify.domain.case import Case
from services.notify.domain.digests import may_join
from services.notify.domain.rows import Form
from shared.events import assignments as a
from shared.events import complaints as c
from shared.events import deadlines as d
from shared.events import notices as n
from shared.events.envelope import NAMESPACE, Event
from shared.events.occurrences import happened_at, names
from shared.events.reports import is_report
from shared.procedures.conditions import holds
from shared.procedures.model import Notice, Procedure

WARNED, BREACHED = 0, 1
_WITH_FACTS = (n.CalledBack, n.Satisfied, n.Dissatisfied)


@dataclass(frozen=True)
class Planned:
    """A notice that an event causes. `due` is its verdict: False while its condition does not hold.

    `clock` is set for warnings and breaches, with `rank`: they can be overtaken by later ones of the same clock.
    `details` are coded values of the event that the text may show. `joins`: it may be delivered within another notice.
    `late_by`: how late its step came, in seconds of the cases' clock.
    """

    id: UUID
    case_id: UUID
    notice: str
    to: str
    occurrence: str
    event_id: UUID
    occurred_at: datetime
    emitted_at: datetime
    conditional: bool
    due: bool
    details: dict[str, Any]
    clock: str | None = None
    rank: int = WARNED
    joins: bool = False
    late_by: float = 0.0
    form: Form | None = None


@dataclass(frozen=True, slots=True)
class Conditional:
    """An unsent notice whose condition a fact that comes late may still decide otherwise."""

    id: UUID
    case_id: UUID
    procedure: str
    version: int
    notice: str
    emitted_at: datetime
    state: str


def notice_id(case_id: UUID, notice: str, event_id: UUID, to: str | None = None) -> UUID:
    """The id of the notice that this event causes by this element of the procedure.

    `to` is the addressee where the element names several: each has a notice of its own.
    """
    name = f"notice|{case_id}|{notice}|{event_id}"
    return uuid5(NAMESPACE, name if to is None else f"{name}|{to}")


def plan_notices(case: Case, event: Event, procedure: Procedure) -> list[Planned]:
    """The notices that an event causes, judged by the facts as they had been emitted up to it.

    One whose condition does not hold (yet) is planned too, with `due` False: a fact on its way may decide it.
    """
    planned = []
    for element in procedure.notices:
        name = _first(element.at, event)
        if name is None:
            continue
        clock, rank = _series(event)
        report = case.case_number.partition(" ")[0] if is_report(case.id) else None
        parties = [one.id for one in procedure.parties]
        planned += [
            Planned(
                id=notice_id(case.id, element.id, event.id, None if element.to == (to,) else to),
                case_id=case.id,
                notice=element.id,
                to=_pinned(to, event),
                occurrence=name,
                event_id=event.id,
                occurred_at=happened_at(event, name),
                emitted_at=event.time,
                conditional=element.when is not None,
                due=verdict(element, case, event.time),
                details=details(event),
                clock=clock,
                rank=rank,
                joins=may_join(element, to, event, parties),
                late_by=_late_by(case, event),
                form=form_of(element, case, procedure),
            )
            for to in each_once(element.to, case, procedure, report)
        ]
    return planned


def _pinned(to: str, event: Event) -> str:
    """An escalation is told to the level that it names: of two that come at once, each to its own rung."""
    return f"level:{event.data.level}" if to == "level" and isinstance(event.data, a.CaseEscalated) else to


def form_of(element: Notice, case: Case, procedure: Procedure) -> Form | None:
    """In which form the answer that a notice brings must be given; None: in any, or the channel's form is not known."""
    if element.form != "as-received":
        return element.form
    return next((one.form for one in procedure.channels if one.id == case.current("channel")), None)


def verdict(element: Notice, case: Case, emitted_at: datetime) -> bool:
    """Whether the element's condition holds by what had been emitted up to `emitted_at`; unknown is no."""
    return element.when is None or holds(element.when, case.facts_at(emitted_at)) is True


def _first(wanted: Sequence[str], event: Event) -> str | None:
    """The most exact of the event's names that is wanted (`warned:x` before `warned`)."""
    return next((name for name in reversed(names(event)) if name in wanted), None)


def _series(event: Event) -> tuple[str | None, int]:
    if isinstance(event.data, d.ClockBreached):
        return event.data.clock, BREACHED
    if isinstance(event.data, d.FiredEvent):
        return event.data.clock, WARNED
    return None, WARNED


def _late_by(case: Case, event: Event) -> float:
    """How late a step came; an escalation is as late as the step that caused it."""
    match event.data:
        case d.FiredEvent(late_by=late_by):
            return late_by
        case a.CaseEscalated(cause=str(cause)) if cause in case.late:
            return case.late[cause].late_by
    return 0.0


def details(event: Event) -> dict[str, Any]:
    """Coded values of an event that a text may show."""
    match event.data:
        case d.FiredEvent() as data:
            return {"clock": data.clock, "cycle": data.cycle, "step": data.step, **_due(data)}
        case d.ClockEvent() as data:
            return {"clock": data.clock, "cycle": data.cycle, **_due(data)}
        case a.MilestoneReached(milestone=milestone, clock=clock, fields=fields):
            found: dict[str, Any] = {"milestone": milestone}
            if clock:
                found["clock"] = clock
            if isinstance(fields.get("reason"), str):
                found["reason"] = fields["reason"]
            return found
        case c.ComplaintRefused(rule=rule) | c.ComplaintTransferredOut(rule=rule) if rule:
            return {"rule": rule}
        case a.CaseEscalated(level=level, cause=cause):
            return {"level": level, "cause": cause} if cause else {"level": level}
    return {}


def _due(data: d.ClockEvent) -> dict[str, str]:
    return {"due": data.due_at.isoformat()} if data.due_at else {}


def listens_to(procedure: Procedure, event: Event) -> bool:
    """Whether the procedure has a use for one of notify's own events."""
    wanted = {name for notice in procedure.notices for name in notice.at}
    wanted |= {follow_up.after for follow_up in procedure.follow_ups}
    return any(name in wanted for name in names(event)) or isinstance(event.data, _WITH_FACTS)


@dataclass(frozen=True)
class Unsent:
    """A warning's or breach's notice that waits. `before_due`: its step was before the due instant.

    `joins`: it may be delivered within another; `tried`: an attempt was begun, so it is on its way.
    """

    id: UUID
    case_id: UUID
    to: str
    clock: str
    cycle: int
    rank: int
    occurred_at: datetime
    joins: bool = False
    before_due: bool = False
    tried: bool = False


def superseded(
    unsent: Sequence[Unsent], cases: Mapping[UUID, Case], retracted: Collection[tuple[UUID, str, int]] = ()
) -> dict[UUID, str]:
    """Of these notices, those that need not be sent any more, each with its reason.

    `retracted`: a breach in `retracted` (case, clock, cycle) did not happen. `clock-stopped`: nobody is warned of what
    is done already. `overtaken`: of what is not delivered together, there is a later one of the same clock.
    """
    gone = dict.fromkeys(overtaken(one for one in unsent if not one.joins), "overtaken")
    for one in unsent:
        if one.rank == BREACHED and (one.case_id, one.clock, one.cycle) in retracted:
            gone[one.id] = "retracted"
        elif one.joins and one.before_due and not one.tried and _stopped(cases[one.case_id], one):
            gone[one.id] = "clock-stopped"
    return gone


def _stopped(case: Case, one: Unsent) -> bool:
    known = case.clocks.get(one.clock)
    return known is not None and (known.cycle > one.cycle or (known.cycle == one.cycle and not known.running))


def overtaken(unsent: Iterable[Unsent]) -> set[UUID]:
    """Of notices that are not delivered together, those that give way to a strictly later one.

    It is of the same case, addressee and clock, of the same rank or a higher: after a long silence one warning is
    sent, not a storm; a breach never gives way to a warning.
    """
    groups: dict[tuple[UUID, str, str], list[Unsent]] = {}
    for one in unsent:
        groups.setdefault((one.case_id, one.to, one.clock), []).append(one)
    return {
        one.id
        for group in groups.values()
        for one in group
        if any(other.occurred_at > one.occurred_at and other.rank >= one.rank for other in group)
    }
