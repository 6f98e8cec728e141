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

# The word alone.
_PLAIN: dict[type[EventData], str] = {
    c.ComplaintAdmitted: "admitted",
    c.ComplaintRefused: "refused",
    c.ComplaintTransferredOut: "transferred-out",
    c.ComplaintMerged: "merged",
    c.ComplaintWithdrawn: "withdrawn",
    c.ComplaintErased: "erased",
    c.SameMatterLinked: "same-matter",
    c.SameMatterUndone: "same-matter-undone",
    a.CaseReopened: "reopened",
    a.CaseRepeated: "repeated",
}
# The word, and the attribute that qualifies it: `assigned` and `assigned:desk`; the word alone where there is none.
_QUALIFIED: dict[type[EventData], tuple[str, str]] = {
    c.ProcedureMigrated: ("procedure-migrated", "mode"),
    c.SupplementRequested: ("supplement-requested", "supplement"),
    c.DocumentNumbered: ("numbered", "document"),
    c.DocumentAdded: ("documented", "document"),
    a.CaseClassified: ("classified", "class_"),
    a.CaseAssigned: ("assigned", "department"),
    a.CaseReassigned: ("reassigned", "department"),
    a.CaseEscalated: ("escalated", "level"),
    a.AssistantAssigned: ("assisting", "department"),
    a.CaseCounted: ("counted", "count"),
    a.AwardSuggested: ("award-suggested", "award"),
    n.NoticeServed: ("served", "notice"),
    n.NoticeUnserved: ("unserved", "notice"),
    n.NoticeDelivered: ("delivered", "notice"),
    n.NoticeFailed: ("notice-failed", "notice"),
    n.Unreached: ("unreached", "follow_up"),
    n.Satisfied: ("satisfied", "follow_up"),
    n.Dissatisfied: ("dissatisfied", "follow_up"),
    r.ReportOpened: ("report-opened", "report"),
    r.ReportMade: ("report-made", "report"),
    r.ReportRescheduled: ("report-rescheduled", "report"),
    r.CaseListed: ("listed", "report"),
}
# The word qualified by the clock, never alone.
_CLOCK: dict[type[EventData], str] = {
    d.ClockStarted: "started",
    d.ClockBreached: "breached",
    d.ClockMet: "met",
    d.ClockExtended: "extended",
    d.ClockCancelled: "cancelled",
    d.BreachRetracted: "breach-retracted",
}

RECUSED = "recused"
"""The offices that a complaint is about: a fact for the services, of which no condition knows."""
REPORT_DUE = "report.due"
"""The fact by which a report's clock knows its due instant."""


def names(event: Event) -> tuple[str, ...]:
    """The occurrences that an event is, the plain name first; () for an event that no procedure can name."""
    return names_of(event.data)


def names_of(data: EventData) -> tuple[str, ...]:
    """The same from the event's data alone.

    By tables of types: every event of a case is asked for its words in every service, many times.
    """
    kind = type(data)
    if qualified := _QUALIFIED.get(kind):
        name, attribute = qualified
        return _qualified(name, getattr(data, attribute))
    if plain := _PLAIN.get(kind):
        return (plain,)
    if isinstance(data, d.ClockEvent) and kind in _CLOCK:
        return (f"{_CLOCK[kind]}:{data.clock}",)
    return _otherwise(data)


def _otherwise(data: EventData) -> tuple[str, ...]:
    match data:
        case c.ComplaintRegistered():
            return ("received", "registered")
        case c.DocumentCopied(document=x, complete=complete):
            return ("copied", f"copied:{x}") if complete else ()
        case c.ComplaintSupplemented(fulfilled=several):
            return ("supplemented", *(f"supplemented:{x}" for x in several))
        case a.MilestoneReached(milestone=x):
            return _qualified(x, data.by if x == "contributed" else data.clock or data.award)
        case n.NoticeSent(notice=x, form="written", sink="smtp"):
            return ("notified", "delivered", f"delivered:{x}", f"notified:{x}")  # a mail is an answer in writing
        case n.NoticeSent(notice=x):
            return ("notified", f"notified:{x}")
        case n.CalledBack(reached=reached, follow_up=x):
            return _qualified("called-back" if reached else "call-attempted", x)
        case r.ReportComputed(report=x, edition=edition):
            return _qualified("report-due" if edition == 1 else "report-recomputed", x)
        case d.ClockWarned(clock=x, step=step):
            word = "overdue" if data.due_at is not None and data.step_due_at >= data.due_at else "warned"
            return (f"{word}:{x}", f"{word}:{x}.{step}")
    return ()


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
            recused = {RECUSED: list(data.recused)} if data.recused else {}
            return {**data.attributes, "channel": data.channel, "missing": list(data.missing), **recused}
        case c.ComplaintSupplemented():
            recused = {} if data.recused is None else {RECUSED: list(data.recused)}
            return {**data.attributes, "missing": list(data.missing), **recused}
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
        case a.CaseCounted(count=x, number=number, place=place):
            return {f"count.{x}": number} | ({} if place is None else {f"place.{x}": place})
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
