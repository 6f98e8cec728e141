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
    c.ComplaintAdmitted: "admitted",
    c.ComplaintRefused: "refused",
    c.ComplaintTransferredOut: "transferred-out",
    c.ComplaintMerged: "merged",
    c.ComplaintWithdrawn: "withdrawn",
    c.ComplaintErased: "erased",
    a.CaseReopened: "reopened",
    a.CaseRepeated: "repeated",
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
        case c.SupplementRequested(supplement=x):
            return ("supplement-requested", f"supplement-requested:{x}") if x else ("supplement-requested",)
        case c.ComplaintSupplemented(fulfilled=several):
            return ("supplemented", *(f"supplemented:{x}" for x in several))
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
        case a.AssistantAssigned(department=x):
            return ("assisting", f"assisting:{x}")
        case a.CaseCounted(count=x):
            return ("counted", f"counted:{x}")
        case a.AwardSuggested(award=x):
            return ("award-suggested", f"award-suggested:{x}")
        case a.MilestoneReached(milestone=x):
            qualifier = data.by if x == "contributed" else data.clock or data.award
            return (x, f"{x}:{qualifier}") if qualifier else (x,)
        case n.NoticeSent(notice=x, form="written", sink="smtp"):
            return ("notified", "delivered", f"delivered:{x}", f"notified:{x}")  # a mail is an answer in writing
        case n.NoticeSent(notice=x):
            return ("notified", f"notified:{x}")
        case n.NoticeServed(notice=x):
            return ("served", f"served:{x}")
        case n.NoticeUnserved(notice=x):
            return ("unserved", f"unserved:{x}")
        case n.NoticeDelivered(notice=x):
            return ("delivered", f"delivered:{x}")
        case n.NoticeFailed(notice=x):
            return ("notice-failed", f"notice-failed:{x}")
        case n.CalledBack(reached=reached, follow_up=x):
            return _qualified("called-back" if reached else "call-attempted", x)
        case n.Unreached(follow_up=x):
            return _qualified("unreached", x)
        case n.Satisfied(follow_up=x):
            return _qualified("satisfied", x)
        case n.Dissatisfied(follow_up=x):
            return _qualified("dissatisfied", x)
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


def _qualified(name: str, qualifier: str | None) -> tuple[str, ...]:
    return (name, f"{name}:{qualifier}") if qualifier else (name,)


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
        case (
            c.ComplaintAdmitted(fields=given)
            | c.ComplaintRefused(fields=given)
            | c.ComplaintTransferredOut(fields=given)
            | c.ComplaintWithdrawn(fields=given)
        ):
            return {f"{_PLAIN[type(data)]}.{key}": value for key, value in given.items()}
        case a.CaseClassified(class_=x):
            return {"class": x}
        case a.CaseAssigned(department=x) | a.CaseReassigned(department=x):
            return {"department": x}
        case a.CaseEscalated(level=x):
            return {"level": x}
        case a.CaseReopened(cycle=x):
            return {"cycle": x}
        case a.AssistantAssigned(assisting=x):
            return {"assisting": list(x)}
        case a.CaseCounted(count=x, number=number):
            return {f"count.{x}": number}
        case a.MilestoneReached(milestone=x, fields=given):
            return {f"{x}.{key}": value for key, value in given.items()}
        case n.CalledBack(reached=True, follow_up=str(x), grade=grade, round=round, fields=given):
            found = {f"{x}.{key}": value for key, value in given.items()}
            return found | {f"{x}.round": round} | ({f"{x}.grade": grade} if grade else {})
        case r.ReportOpened(due_at=x, office=office):
            return {REPORT_DUE: x.isoformat()} | ({"department": office} if office else {})
        case r.ReportRescheduled(due_at=x):
            return {REPORT_DUE: x.isoformat()}
    return {}
