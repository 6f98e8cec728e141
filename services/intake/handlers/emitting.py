"""Emitting events of a case, and giving numbers to the documents that are due because of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import numbering
from services.intake.domain.case import Case
from services.intake.domain.forms import Form
from services.intake.domain.history import History, history
from services.intake.handlers.retention import note_retention
from services.intake.store import cases, registration, timeline
from shared.errors import NotFound
from shared.events.base import EventData
from shared.events.complaints import ComplaintRefused, DocumentNumbered
from shared.events.envelope import Event, make
from shared.events.occurrences import names_of


async def hold(tx: AsyncConnection, case_id: UUID) -> Case:
    """A case, its row locked until the end of the transaction; raises `NotFound`."""
    case = await cases.find_case(tx, case_id, lock=True)
    if case is None:
        raise NotFound("no such case")
    return case


async def history_of(tx: AsyncConnection, case: Case) -> History:
    """What has happened to a case, with its coded fields as they are now."""
    known = history(await timeline.timeline_of(tx, case.id))
    facts = {**known.facts, **case.attributes, "channel": case.channel, "missing": case.missing}
    return replace(known, facts=facts)


async def emit(
    tx: AsyncConnection, case: Case, form: Form, data: Sequence[EventData], cause: str, now: datetime
) -> None:
    """Emit events of a case whose row is locked; documents that are due because of them get their numbers."""
    names = {name for one in data for name in names_of(one)}
    numbers = await _numbers(tx, case, form, names, now)
    events = [
        _event(case, one.model_copy(update={"document_numbers": numbers}) if _refuses(one) else one, cause, now)
        for one in data
    ]
    await timeline.emit(tx, [*events, *_numbered(case, numbers, now)])
    await note_retention(tx, case, form, names)


async def number_documents(
    tx: AsyncConnection, case: Case, form: Form, names: Collection[str], now: datetime
) -> dict[str, str]:
    """Give numbers to the documents that are due because of what happened; returns them, by document.

    The case's row is locked, and what happened is in its timeline already.
    """
    numbers = await _numbers(tx, case, form, names, now)
    if numbers:
        await timeline.emit(tx, _numbered(case, numbers, now))
    return numbers


async def _numbers(
    tx: AsyncConnection, case: Case, form: Form, names: Collection[str], now: datetime
) -> dict[str, str]:
    procedure, on = form.procedure, form.local_date(now)
    if not any(one.number for one in procedure.documents):
        return {}
    known = await history_of(tx, case) if numbering.needs_history(procedure) else History(frozenset(), {})
    facts = {**known.facts, **{f"reached:{name}": True for name in names}}
    due = numbering.due_numbers(procedure, on, names, case.document_numbers, facts, known.happened)
    if not due:
        return {}
    first = await registration.count_on(tx, Counter(one.counter for one in due if one.counter is not None))
    given = {**case.document_numbers, numbering.CASE: case.number}
    numbers = numbering.numbers_of(due, dict(first), on, given)
    await cases.save_numbers(tx, case.id, numbers)
    return numbers


def _numbered(case: Case, numbers: dict[str, str], now: datetime) -> list[Event]:
    return [
        _event(case, DocumentNumbered(document=name, number=number), numbering.cause_of(name), now)
        for name, number in numbers.items()
    ]


def _event(case: Case, data: EventData, cause: str, now: datetime) -> Event:
    return make("intake", case.id, case.pin, data, cause=cause, at=now)


def _refuses(data: EventData) -> bool:
    return isinstance(data, ComplaintRefused)
