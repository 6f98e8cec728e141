"""The service of notices in memory: which were sent, whose receipts are awaited, and what officers report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huiyin.simulate.refused import Refused
from huiyin.simulate.rules import WorldRules
from services.notify.domain.case import Case
from services.notify.domain.notices import Planned
from services.notify.domain.rows import DeliveryRow, NoticeRow, NoticeState, ReceiptRow
from services.notify.domain.service import (
    Delivery,
    Receipt,
    awaited_until,
    check_delivery,
    is_delivered,
    is_repeated,
    served_at,
)
from shared.events.base import EventData
from shared.events.notices import NoticeDelivered, NoticeServed, NoticeUnserved
from shared.procedures.model import Notice


@dataclass(frozen=True, slots=True)
class Said:
    """An event of a case, and what identifies it."""

    case_id: UUID
    data: EventData
    cause: str


class NoticeService:
    """The notices of one procedure that were made, in order."""

    def __init__(self, rules: WorldRules) -> None:
        self._rules = rules
        self._notices: dict[UUID, NoticeRow] = {}
        self._awaited: dict[UUID, datetime] = {}
        self._receipts: dict[UUID, ReceiptRow] = {}
        self._deliveries: dict[UUID, DeliveryRow] = {}

    @property
    def next_at(self) -> datetime | None:
        """Until when the next receipt is awaited."""
        return min(self._awaited.values(), default=None)

    def put(self, planned: Planned, addressee: str, state: NoticeState, now: datetime) -> None:
        """A notice was sent, or its condition does not hold yet."""
        row = _row(planned, addressee, state, self._rules.procedure.key, now)
        self._notices[planned.id] = row
        element = self._element(row.notice)
        if state == "sent" and element is not None and planned.id not in self._receipts:
            calendar = self._rules.calendars[self._rules.procedure.calendar]
            until = awaited_until(element, now, calendar)
            if until is not None:
                self._awaited[planned.id] = until

    def expire(self, now: datetime) -> list[Said]:
        """The notices that have no receipt in time."""
        over = [(id, at) for id, at in self._awaited.items() if at <= now]
        made = []
        for id, at in over:
            del self._awaited[id]
            row = self._notices[id]
            data = NoticeUnserved(notice=row.notice, notice_id=str(id), addressee=row.addressee or row.to, at=at)
            made.append(Said(row.case_id, data, f"{id}|unserved"))
        return made

    def receive(self, case: Case, notice: str, to: str | None, given: Receipt, now: datetime) -> list[Said]:
        """An officer reports the receipt of the last such notice; raises what the domain raises, or `Refused`."""
        row = self._last(case.id, notice, to)
        element = self._element(notice)
        if element is None:
            raise Refused(((None, "the procedure has no such notice"),))
        at = served_at(given, row, element, case, self._rules.procedure, now)
        known = self._receipts.get(row.id)
        if known is not None and is_repeated(known, given):
            return []
        self._awaited.pop(row.id, None)
        self._receipts[row.id] = ReceiptRow(
            notice_id=row.id,
            position=row.position,
            case_id=row.case_id,
            procedure=row.procedure,
            version=row.version,
            notice=row.notice,
            addressee=row.addressee or row.to,
            state="received",
            sent_at=row.made_at,
            due_at=None,
            served_at=at,
            served_on=given.date,
            signer=given.signer,
            by=given.by,
            person=given.person,
        )
        data = NoticeServed(
            notice=row.notice,
            notice_id=str(row.id),
            addressee=row.addressee or row.to,
            at=at,
            date=given.date,
            signer=given.signer,
            by=given.by,
            person=given.person,
        )
        return [Said(case.id, data, f"{row.id}|served")]

    def deliver(self, case: Case, notice: str, to: str | None, given: Delivery, now: datetime) -> list[Said]:
        """An officer reports how the answer was given; raises what the domain raises, or `Refused`."""
        row = self._last(case.id, notice, to)
        check_delivery(given, row, self._rules.procedure, now)
        if is_delivered(self._deliveries.get(row.id), given):
            return []
        self._deliveries[row.id] = DeliveryRow(row.id, row.case_id, given.form, given.at, given.by, given.person)
        data = NoticeDelivered(
            notice=row.notice,
            notice_id=str(row.id),
            addressee=row.addressee or row.to,
            at=given.at,
            form=given.form,
            by=given.by,
            person=given.person,
        )
        return [Said(case.id, data, f"{row.id}|delivered")]

    def _last(self, case_id: UUID, notice: str, to: str | None) -> NoticeRow:
        found = [
            row
            for row in self._notices.values()
            if (row.case_id, row.notice) == (case_id, notice) and to in (None, row.addressee)
        ]
        if not found:
            raise Refused(((None, "there is no such notice"),))
        return found[-1]

    def _element(self, notice: str) -> Notice | None:
        return next((one for one in self._rules.procedure.notices if one.id == notice), None)


def _row(planned: Planned, addressee: str, state: NoticeState, pin: tuple[str, int], now: datetime) -> NoticeRow:
    return NoticeRow(
        id=planned.id,
        position=0,
        case_id=planned.case_id,
        procedure=pin[0],
        version=pin[1],
        notice=planned.notice,
        to=planned.to,
        occurrence=planned.occurrence,
        event_id=planned.event_id,
        details=planned.details,
        conditional=planned.conditional,
        clock=planned.clock,
        cycle=None,
        rank=planned.rank,
        state=state,
        occurred_at=planned.occurred_at,
        emitted_at=planned.emitted_at,
        made_at=now,
        queued_at=now,
        next_try_at=now,
        queue=None,
        sink=None,
        addressee=addressee,
        sender=None,
        tries=1,
        attempts=1,
        resends=0,
        blanks=0,
        reason=None,
        ambiguous=False,
        settled_at=now,
        joins=planned.joins,
        joined_to=None,
        form=planned.form,
    )
