"""Under which names a procedure knows an event, when it happened, and which facts it sets.

This is the one place that ties event types to the words of `shared.procedures.milestones`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.events import assignments as a
from shared.events import complaints as c
from shared.events import deadlines as d
from shared.events import notices as n
from shared.events import reports as r
from shared.events.base import EventData
from shared.events.envelope import Event

_PLAIN: dict[type[EventData], str] = {
    c.SupplementRequested: "supplement-requested",
    c.ComplaintSupplemented: "supplemented",
    c.ComplaintAdmitted: "admitted",
    c.ComplaintRefused: "refused",
    c.ComplaintTransferredOut: "transferred-out",
    c.ComplaintMerged: "merged",
    c.ComplaintWithdrawn: "withdrawn",
    a.CaseReopened: "reopened",
    a.CaseRepeated: "repeated",
    n.Satisfied: "satisfied",
    n.Dissatisfied: "dissatisfied",
    n.CalledBack: "called-back",
}
_REPORT: dict[type[EventData], str] = {
    r.ReportOpened: "report-opened",
    r.ReportMade: "report-made",
    r.CaseListed: "listed",
}
_CLOCK: dict[type[EventData], str] = {
    d.ClockStarted: "started",
    d.ClockBreached: "breached",
    d.ClockMet: "met",
    d.ClockExtended: "extended",
    d.ClockCancelled: "cancelled",
    d.BreachRetracted: "breach-retracted",
}


REPORT_DUE = "report.due"
"""The fact by which a report's clock knows its due instant."""


def names(event: Event) -> tuple[str, ...]:
    """The occurrences that an event is, the plain name first; () for an event that no procedure can name."""
    return names_of(event.data)


def names_of(data: EventData) -> tuple[str, ...]:
    """The same from the event's data alone."""
    match data:
        case c.ComplaintRegistered():
            return ("received", "registered")
        case c.ProcedureMigrated(mode=x):
            return ("procedure-migrated", f"procedure-migrated:{x}")
        case c.DocumentNumbered(document=x):
            return ("numbered", f"numbered:{x}")
        case c.DocumentAdded(document=x):
            return ("documented", f"documented:{x}")
        case a.CaseClassified(class_=x):
            return ("classified", f"classified:{x}")
        case a.CaseAssigned(department=x):
            return ("assigned", f"assigned:{x}")
        case a.CaseReassigned(department=x):
            return ("reassigned", f"reassigned:{x}")
        case a.CaseEscalated(level=x):
            return ("escalated", f"escalated:{x}")
        case a.MilestoneReached(milestone=x, clock=clock):
            return (x, f"{x}:{clock}") if clock else (x,)
        case n.NoticeSent(notice=x):
            return ("notified", f"notified:{x}")
        case n.NoticeFailed(notice=x):
            return ("notice-failed", f"notice-failed:{x}")
        case r.ReportComputed(report=x, edition=edition):
            return (
                ("report-due", f"report-due:{x}") if edition == 1 else ("report-recomputed", f"report-recomputed:{x}")
            )
        case r.ReportEvent(report=x) if type(data) in _REPORT:
            return (_REPORT[type(data)], f"{_REPORT[type(data)]}:{x}")
        case r.ReportRescheduled(report=x):
            return ("report-rescheduled", f"report-rescheduled:{x}")
        case d.ClockWarned(clock=x, step=step):
            word = "overdue" if data.due_at is not None and data.step_due_at >= data.due_at else "warned"
            return (f"{word}:{x}", f"{word}:{x}.{step}")
        case d.ClockEvent(clock=x) if type(data) in _CLOCK:
            return (f"{_CLOCK[type(data)]}:{x}",)
    plain = _PLAIN.get(type(data))
    return (plain,) if plain else ()


def happened_at(event: Event, name: str) -> datetime:
    """When the occurrence happened: what was reported where it was, else when the event was emitted."""
    data = event.data
    if name == "received" and isinstance(data, c.ComplaintRegistered):
        return data.received_at
    if isinstance(data, d.FiredEvent):
        return data.step_due_at
    at = getattr(data, "at", None)
    return at if isinstance(at, datetime) else event.time


def facts(event: Event) -> Mapping[str, Any]:
    """The facts for conditions that hold from this event on."""
    return facts_of(event.data)


def facts_of(data: EventData) -> Mapping[str, Any]:
    """The same from the event's data alone."""
    match data:
        case c.ComplaintRegistered():
            return {**data.attributes, "channel": data.channel, "missing": list(data.missing)}
        case c.ComplaintSupplemented():
            return {**data.attributes, "missing": list(data.missing)}
        case c.DocumentNumbered(document=x, number=number):
            return {f"number.{x}": number}
        case a.CaseClassified(class_=x):
            return {"class": x}
        case a.CaseAssigned(department=x) | a.CaseReassigned(department=x):
            return {"department": x}
        case a.CaseEscalated(level=x):
            return {"level": x}
        case a.CaseReopened(cycle=x):
            return {"cycle": x}
        case a.MilestoneReached(milestone=x, fields=given):
            return {f"{x}.{key}": value for key, value in given.items()}
        case r.ReportOpened(due_at=x, office=office):
            return {REPORT_DUE: x.isoformat()} | ({"department": office} if office else {})
        case r.ReportRescheduled(due_at=x):
            return {REPORT_DUE: x.isoformat()}
    return {}
