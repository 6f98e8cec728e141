"""What the names in a notice's text stand for, in the reader's language. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from services.notify.domain.case import Case, stamp
from services.notify.domain.templates import names_in
from shared.events.reports import is_report
from shared.procedures.model import Named, Notice, Procedure, Text

Language = Literal["zh", "en"]

FROM_VAULT = frozenset(("name", "receipt_code"))
"""Names that only intake's vault can answer, as it does `documents.<name>`."""

NUMBER = "number."
"""`number.<document>` is a fact: intake gives the number and says so."""
DUE = "due."
"""`due.<clock>` is when that clock is due."""


@dataclass(frozen=True)
class Contact:
    """What the vault answered; only ever in memory."""

    language: Language | None = None
    receipt_code: str | None = None
    progress_url: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)


def names_of(notice: Notice) -> frozenset[str]:
    """The names that a notice asks for in any language."""
    texts = (notice.text.zh, notice.text.en)
    return names_in(*(text.subject for text in texts), *(text.body for text in texts))


def needs_vault(names: Iterable[str]) -> bool:
    """Whether any of the names is the vault's to answer."""
    return any(name in FROM_VAULT or name.startswith("documents.") for name in names)


def is_ready(names: frozenset[str], occurrence: str, details: Mapping[str, Any], case: Case, emitted_at: datetime,
             procedure: Procedure) -> bool:  # fmt: skip
    """Whether what the text shows is known: a due instant or a document's number may still be on its way."""
    if any(case.current(name) is None for name in names if name.startswith(NUMBER)):
        return False
    if any(name.removeprefix(DUE) not in case.clocks for name in names if name.startswith(DUE)):
        return False
    if "due" not in names or "due" in details:
        return True
    clock = _clock(occurrence, details, case, procedure)
    if clock is None:
        return False
    if occurrence.partition(":")[0] == "extension-approved":
        return case.clocks[clock].emitted >= stamp(emitted_at)
    return True


def values(
    occurrence: str,
    occurred_at: datetime,
    details: Mapping[str, Any],
    case: Case,
    procedure: Procedure,
    language: Language,
    contact: Contact,
    progress_base: str,
) -> dict[str, str | None]:
    """Every name's value; None where there is none. `progress_base` is the address of intake's public API."""
    zone = ZoneInfo(procedure.time_zone)
    clock = details.get("clock") or _clock(occurrence, details, case, procedure)
    found: dict[str, str | None] = {
        "case_number": _case_number(case, procedure, language),
        "procedure": _in(procedure.name, language),
        "department": _name(procedure.departments, case.current("department"), language),
        "level": _name(procedure.levels, case.current("level"), language),
        "class": _name(procedure.classes, case.current("class"), language),
        "clock": _name(procedure.reports, clock, language)
        or next((_in(one.name, language) for one in procedure.clocks if one.id == clock), None),
        "step": details.get("step"),
        "due": _due(details, clock, case, zone, language),
        "reason": _reason(details, procedure, language),
        "occurred_at": moment(occurred_at, zone, language),
        "progress_url": contact.progress_url or f"{progress_base}/v1/progress?case_number={quote(case.case_number)}",
        "receipt_code": contact.receipt_code,
        "name": contact.fields.get("name"),
    }
    found.update({name: case.current(name) for name in case.given if name.startswith(NUMBER)})
    found.update({f"{DUE}{one}": _due({}, one, case, zone, language) for one in case.clocks})
    found.update({f"documents.{name}": text for name, text in contact.documents.items()})
    return found


def _case_number(case: Case, procedure: Procedure, language: Language) -> str | None:
    """The case's number; of a recurring report its name and period, and whose it is."""
    if not is_report(case.id):
        return case.case_number or None
    named = (*procedure.reports, *procedure.departments, *procedure.roles, *procedure.levels)
    return " ".join(_name(named, word, language) or word for word in case.case_number.split(" "))


def moment(instant: datetime, zone: ZoneInfo, language: Language) -> str:
    """An instant as people write it in the procedure's zone; midnight is the end of the day before (24:00)."""
    local = instant.astimezone(zone)
    time = f"{local:%H:%M}"
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        local, time = local - timedelta(days=1), "24:00"
    if language == "zh":
        return f"{local.year}年{local.month}月{local.day}日 {time}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {time}"


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def _clock(occurrence: str, details: Mapping[str, Any], case: Case, procedure: Procedure) -> str | None:
    """The clock that a text means: the event's own, else one that begins with the occurrence, else the first due."""
    named = details.get("clock") or occurrence.partition(":")[2]
    if named in case.clocks:
        return str(named)
    running = {id: known for id, known in case.clocks.items() if known.running}
    begun = {clock.id for clock in procedure.clocks if occurrence in clock.from_}
    chosen = [id for id in running if id in begun] or list(running)
    return min(chosen, key=lambda id: (running[id].due or "~", id), default=None)


def _due(details: Mapping[str, Any], clock: str | None, case: Case, zone: ZoneInfo, language: Language) -> str | None:
    if "due" in details:
        return moment(datetime.fromisoformat(details["due"]), zone, language)
    known = case.clocks.get(clock or "")
    if known is None:
        return None
    if known.paused:
        return "（暂停计时）" if language == "zh" else "(the clock is paused)"
    if known.due is None:
        return "（待定）" if language == "zh" else "(to be agreed)"
    return moment(datetime.fromisoformat(known.due), zone, language)


def _reason(details: Mapping[str, Any], procedure: Procedure, language: Language) -> str | None:
    if rule := details.get("rule"):
        return next((_in(one.reason, language) for one in procedure.admissibility.rules if one.id == rule), None)
    if (reason := details.get("reason")) and (milestone := details.get("milestone")):
        fields = [field for one in procedure.milestones if one.id == milestone for field in one.fields]
        choices = [choice for field in fields if field.id == "reason" for choice in field.choices]
        return _name(choices, reason, language)
    return None


def _in(text: Text, language: Language) -> str:
    return text.zh if language == "zh" else text.en


def _name(elements: Iterable[Named], id: Any, language: Language) -> str | None:
    return next((_in(one.name, language) for one in elements if one.id == id), None)
