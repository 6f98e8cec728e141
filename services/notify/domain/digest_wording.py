"""How a notice shows those that are joined to it, in the reader's language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.notify.domain.templates import Rendered, one_line
from services.notify.domain.wording import Language, moment
from shared.procedures.model import Notice, Procedure

LISTED = 20
"""How many joined notices a text or a webhook lists; of more, the latest. The record names all."""


@dataclass(frozen=True)
class JoinedNotice:
    """A joined notice: its element, what caused it, and its own text."""

    element: Notice
    occurrence: str
    occurred_at: datetime
    details: Mapping[str, Any]
    text: Rendered


def overdue(occurrence: str, occurred_at: datetime, details: Mapping[str, Any]) -> bool:
    """Whether a notice about a deadline is about a breach, or about something at or after the due instant."""
    if "breached" in (occurrence.partition(":")[0], str(details.get("cause", "")).partition(":")[0]):
        return True
    due = details.get("due")
    return due is not None and occurred_at >= datetime.fromisoformat(due)


def with_others(lead: Rendered, others: Sequence[JoinedNotice], procedure: Procedure, language: Language) -> Rendered:
    """The lead's text, and below it each of the others: what it is, when it came, and its own text where that differs.

    `others` are in the order in which they happened.
    """
    if not others:
        return lead
    count, shown = len(others), others[-LISTED:]
    zh = language == "zh"
    subject = f"{lead.subject}（另并告 {count} 项）" if zh else f"{lead.subject} (and {count} more)"
    if zh:
        lines = [f"本案另有 {count} 项时限提醒并入本通知一并告知，不再逐项通知："]
    elif count == 1:
        lines = ["One more reminder about a deadline of this case is told here and not by a notice of its own:"]
    else:
        lines = [f"{count} more reminders about deadlines of this case are told here and not by notices of their own:"]
    if count > len(shown):
        left = count - len(shown)
        lines.append(f"（更早的 {left} 项从略，见案件记录）" if zh else f"({left} earlier ones: see the case's record)")
    shown_texts = {lead.body}
    for number, one in enumerate(shown, start=1):
        lines.append(f"{number}. {_heading(one, procedure, language)}")
        if one.text.body not in shown_texts:
            shown_texts.add(one.text.body)
            lines += [f"   {line}" for line in one.text.body.splitlines()]
    blanks = lead.blanks + sum(one.text.blanks for one in shown)
    return Rendered(one_line(subject), f"{lead.body}\n\n" + "\n".join(lines), blanks)


def _heading(one: JoinedNotice, procedure: Procedure, language: Language) -> str:
    zone, zh = ZoneInfo(procedure.time_zone), language == "zh"
    name = one.element.name.zh if zh else one.element.name.en
    parts = [_what(one, procedure, language), moment(one.occurred_at, zone, language)]
    if due := one.details.get("due"):
        until = moment(datetime.fromisoformat(due), zone, language)
        parts.append(f"期限 {until}" if zh else f"due {until}")
    return f"{name}：{'，'.join(parts)}" if zh else f"{name}: {'; '.join(parts)}"


def _what(one: JoinedNotice, procedure: Procedure, language: Language) -> str:
    zh = language == "zh"
    kind = one.occurrence.partition(":")[0]
    if kind == "escalated":
        found = next((level.name for level in procedure.levels if level.id == one.details.get("level")), None)
        level = (found.zh if zh else found.en) if found else ""
        return f"上报至{level}" if zh else f"passed up to {level}"
    named = next((clock.name for clock in procedure.clocks if clock.id == one.details.get("clock")), None)
    clock = (named.zh if zh else named.en) if named else ""
    if kind == "breached":
        return f"{clock}已逾期" if zh else f"{clock}, breached"
    after = overdue(one.occurrence, one.occurred_at, one.details)
    if zh:
        return f"{clock}{'逾期后提醒' if after else '预警'}（{one.details.get('step', '')}）"
    return f"{clock}, {'step after the due instant' if after else 'warning'} ({one.details.get('step', '')})"
