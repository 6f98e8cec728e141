"""Notify in memory: notices are sent at once, follow-ups wait for their time and their answer, receipts for theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from huiyin.simulate.notice_texts import text_of
from huiyin.simulate.refused import Refused
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.service import NoticeService, Said
from services.notify.domain.addressees import addressee
from services.notify.domain.answers import Answer, check, take
from services.notify.domain.case import Case, fold_all
from services.notify.domain.digests import Window
from services.notify.domain.follow_up_events import call_back_due, events_of_answer
from services.notify.domain.follow_ups import NewFollowUp, element_of, next_round, scheduled, state_of
from services.notify.domain.notices import Conditional, Planned, listens_to
from services.notify.domain.reactions import (
    NewNotice,
    Waits,
    ended_follow_ups,
    now_holding,
    reactions,
    reconsidered,
)
from services.notify.domain.rows import FollowUpRow
from services.notify.domain.service import Delivery, Receipt
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.notices import Dissatisfied, NoticeSent, Satisfied

_NO_WAITS = Waits(Window(late_after=0.0, seconds=0.0), 1.0)


class Notify:
    """Notices and follow-ups of the cases of one procedure."""

    def __init__(self, rules: WorldRules, *, texts: bool = False) -> None:
        self._rules, self._writes = rules, texts
        self._cases: dict[UUID, Case] = {}
        self._undecided: dict[UUID, Planned] = {}
        self._follow_ups: dict[UUID, FollowUpRow] = {}
        self._service = NoticeService(rules)
        self._unwritten: list[Planned] = []
        self.texts: dict[str, str] = {}

    def apply(self, event: Event, now: datetime) -> list[Event]:
        """Take an event of another service, or one of notify's own that the procedure has a use for."""
        if event.source == "/huiyin/notify" and not listens_to(self._rules.procedure, event):
            return []
        taken = fold_all(self._cases, [event])
        notices, rounds = reactions(self._cases, taken, self._rules.procedure_of, self._rules.calendars, _NO_WAITS)
        made = [sent for one in notices for sent in self._send(one, now)]
        self._end(ended_follow_ups(taken))
        made += [due for new in rounds for due in self._add(new, now)]
        return made + self._judged_again(event.subject, now)

    @property
    def next_at(self) -> datetime | None:
        """When the next follow-up is to be offered that waits, or a receipt has not come in time; or None."""
        opening = [row.opens_at for row in self._follow_ups.values() if row.state == "waiting"]
        return min((*opening, *([self._service.next_at] if self._service.next_at else [])), default=None)

    def fire(self, now: datetime) -> list[Event]:
        """Offer the follow-ups whose wait is over; say which notices have no receipt in time."""
        made = self._said(self._service.expire(now), now)
        for id, row in self._follow_ups.items():
            if row.state == "waiting" and row.opens_at <= now:
                self._follow_ups[id] = replace(row, state="open")
                made.append(call_back_due(self._cases[row.case_id], row, now))
        return made

    def call(self, case_id: UUID, given: Answer, now: datetime) -> list[Event]:
        """Answer the oldest open follow-up of a case. Raises `Refused` if none is open."""
        row = next((one for one in self._follow_ups.values() if one.case_id == case_id and one.state == "open"), None)
        if row is None:
            raise Refused((("call", "no follow-up is open"),))
        procedure, case = self._rules.procedure, self._cases[case_id]
        element = element_of(procedure, row.follow_up)
        given = check(given, element, case, procedure, now)
        taken = take(row, given, element.attempts, at_given=True)
        self._follow_ups[row.id] = replace(
            row,
            state=taken.state,
            calls=taken.calls,
            satisfied=given.satisfied,
            score=given.score,
            grade=given.grade,
            fields=given.fields,
        )
        emitted = events_of_answer(row, given, attempts=len(taken.calls), unreached=taken.state == "unreached")
        made = [self._event(case_id, one, f"{row.id}|{len(taken.calls)}", now) for one in emitted]
        following = next_round(row, element, satisfied=given.satisfied, at=now) if given.reached else None
        return made + (self._add(scheduled(following, procedure, self._rules.calendars), now) if following else [])

    def answer(self, case_id: UUID, *, satisfied: bool, score: int | None, now: datetime) -> list[Event]:
        """The complainant's own answer."""
        return [self._event(case_id, _view(satisfied, score, now), f"satisfaction|{now.isoformat()}", now)]

    def receive(self, case_id: UUID, notice: str, to: str | None, given: Receipt, now: datetime) -> list[Event]:
        """An officer reports the receipt of a notice."""
        return self._said(self._service.receive(self._cases[case_id], notice, to, given, now), now)

    def deliver(self, case_id: UUID, notice: str, to: str | None, given: Delivery, now: datetime) -> list[Event]:
        """An officer reports in which form an answer was given."""
        return self._said(self._service.deliver(self._cases[case_id], notice, to, given, now), now)

    def _said(self, said: list[Said], now: datetime) -> list[Event]:
        return [self._event(one.case_id, one.data, one.cause, now) for one in said]

    def _send(self, new: NewNotice, now: datetime) -> list[Event]:
        planned = new.planned
        case = self._cases[planned.case_id]
        who = addressee(planned.to, case, self._rules.procedure)
        self._service.put(planned, str(who), "sent" if planned.due else "undecided", now)
        if not planned.due:
            self._undecided[planned.id] = planned
            return []
        self._unwritten.append(planned)
        data = NoticeSent(
            notice=planned.notice,
            notice_id=str(planned.id),
            addressee=str(who),
            cause=str(planned.event_id),
            sink="memory",
            sent_at=now,
            attempts=1,
            form=planned.form,
        )
        return [self._event(planned.case_id, data, str(planned.id), now)]

    def write(self) -> None:
        """Write the texts of what was sent, now that everything that happened at this instant is known."""
        for planned in self._unwritten if self._writes else ():
            self.texts[str(planned.id)] = text_of(planned, self._cases[planned.case_id], self._rules.procedure)
        self._unwritten.clear()

    def follow_up(self, case_id: UUID, follow_up: str) -> FollowUpRow | None:
        """The last round of a follow-up of a case."""
        rows = (row for row in self._follow_ups.values() if (row.case_id, row.follow_up) == (case_id, follow_up))
        return max(rows, key=lambda row: row.position, default=None)

    def _add(self, new: NewFollowUp, now: datetime) -> list[Event]:
        planned = new.planned
        if planned.id in self._follow_ups:
            return []
        row = FollowUpRow(
            id=planned.id,
            position=len(self._follow_ups) + 1,
            case_id=planned.case_id,
            procedure=new.procedure,
            version=new.version,
            follow_up=planned.follow_up,
            round=planned.round,
            occurrence=planned.occurrence,
            event_id=planned.event_id,
            conditional=planned.conditional,
            state=new.state(now),
            occurred_at=planned.occurred_at,
            emitted_at=planned.emitted_at,
            opens_at=new.opens_at,
            due_at=new.due_at,
            calls=(),
            satisfied=None,
            score=None,
            grade=None,
            fields={},
            answered_at=None,
        )
        self._follow_ups[row.id] = row
        return [call_back_due(self._cases[row.case_id], row, now)] if row.state == "open" else []

    def _end(self, ended: Mapping[UUID, datetime]) -> None:
        for id, row in self._follow_ups.items():
            since = ended.get(row.case_id)
            if since is not None and row.emitted_at < since and row.state in ("undecided", "waiting", "open"):
                self._follow_ups[id] = replace(row, state="superseded")

    def _judged_again(self, case_id: UUID, now: datetime) -> list[Event]:
        """What facts that came later decide otherwise, as of the moment of its occurrence."""
        made: list[Event] = []
        pin = self._rules.procedure.key
        waiting = [
            Conditional(one.id, one.case_id, *pin, one.notice, one.emitted_at, "undecided")
            for one in self._undecided.values()
            if one.case_id == case_id
        ]
        for id in reconsidered(waiting, self._cases, self._rules.procedure_of):
            made += self._send(NewNotice(replace(self._undecided.pop(id), due=True), *pin, 0.0), now)
        undecided = [row for row in self._follow_ups.values() if (row.case_id, row.state) == (case_id, "undecided")]
        for held in now_holding(undecided, self._cases, self._rules.procedure_of):
            row = replace(held, state=state_of(held.opens_at, held.occurred_at, now))
            self._follow_ups[row.id] = row
            if row.state == "open":
                made.append(call_back_due(self._cases[case_id], row, now))
        return made

    def _event(self, case_id: UUID, data: EventData, cause: str, now: datetime) -> Event:
        return make("notify", case_id, self._rules.procedure.key, data, cause=cause, at=now)


def _view(satisfied: bool, score: int | None, at: datetime) -> EventData:
    return Satisfied(at=at, score=score) if satisfied else Dissatisfied(at=at, score=score)
