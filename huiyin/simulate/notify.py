"""Notify in memory: notices are sent at once, call-backs wait for their answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from huiyin.simulate.refused import Refused
from huiyin.simulate.rules import WorldRules
from services.notify.domain import answers
from services.notify.domain.addressees import addressee
from services.notify.domain.case import Case, fold_all
from services.notify.domain.digests import Window
from services.notify.domain.notices import Conditional, Planned, PlannedCall, listens_to, verdict
from services.notify.domain.reactions import NewCall, NewNotice, Waits, reactions, reconsidered
from services.notify.domain.rows import Call, CallState
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.notices import CallBackDue, CalledBack, Dissatisfied, NoticeSent, Satisfied

_NO_WAITS = Waits(Window(late_after=0.0, seconds=0.0), 1.0)


@dataclass(frozen=True)
class _Task:
    planned: PlannedCall
    due_at: datetime | None
    state: CallState
    calls: tuple[Call, ...] = ()
    satisfied: bool | None = None
    score: int | None = None


class Notify:
    """Notices and call-backs of the cases of one procedure."""

    def __init__(self, rules: WorldRules) -> None:
        self._rules = rules
        self._cases: dict[UUID, Case] = {}
        self._undecided: dict[UUID, Planned] = {}
        self._tasks: dict[UUID, _Task] = {}

    def apply(self, event: Event, now: datetime) -> list[Event]:
        """Take an event of another service, or one of notify's own that the procedure has a use for."""
        if event.source == "/huiyin/notify" and not listens_to(self._rules.procedure, event):
            return []
        taken = fold_all(self._cases, [event])
        notices, calls = reactions(self._cases, taken, self._rules.procedure_of, self._rules.calendars, _NO_WAITS)
        made = [sent for one in notices for sent in self._send(one, now)]
        made += [due for call in calls for due in self._open(call, now)]
        return made + self._judged_again(event.subject, now)

    def call(
        self, case_id: UUID, *, reached: bool, satisfied: bool | None, score: int | None, now: datetime
    ) -> list[Event]:
        """Answer the oldest open call-back of a case. Raises `Refused` if none is open."""
        found = next(
            (id for id, task in self._tasks.items() if task.planned.case_id == case_id and task.state == "open"), None
        )
        if found is None:
            raise Refused((("call", "no call-back is open"),))
        task = self._tasks[found]
        given = answers.Answer(reached, satisfied, score, now)
        answers.check(given, now)
        taken = answers.take(task.state, task.calls, (task.satisfied, task.score), given, at_given=True)
        self._tasks[found] = replace(task, state=taken.state, calls=taken.calls, satisfied=satisfied, score=score)
        made: list[EventData] = [CalledBack(task_id=str(found), at=now, reached=reached)]
        if satisfied is not None:
            made.append(_view(satisfied, score, now))
        return [self._event(case_id, one, f"{found}|{len(taken.calls)}", now) for one in made]

    def answer(self, case_id: UUID, *, satisfied: bool, score: int | None, now: datetime) -> list[Event]:
        """The complainant's own answer."""
        return [self._event(case_id, _view(satisfied, score, now), f"satisfaction|{now.isoformat()}", now)]

    def _send(self, new: NewNotice, now: datetime) -> list[Event]:
        planned = new.planned
        if not planned.due:
            self._undecided[planned.id] = planned
            return []
        case = self._cases[planned.case_id]
        who = addressee(planned.to, case, self._rules.procedure)
        data = NoticeSent(
            notice=planned.notice,
            notice_id=str(planned.id),
            addressee=str(who),
            cause=str(planned.event_id),
            sink="memory",
            sent_at=now,
            attempts=1,
        )
        return [self._event(planned.case_id, data, str(planned.id), now)]

    def _open(self, new: NewCall, now: datetime) -> list[Event]:
        planned = new.planned
        self._tasks[planned.id] = _Task(planned, new.due_at, "open" if planned.due else "undecided")
        return self._due(self._tasks[planned.id], now) if planned.due else []

    def _due(self, task: _Task, now: datetime) -> list[Event]:
        planned = task.planned
        data = CallBackDue(task_id=str(planned.id), cause=str(planned.event_id), due_at=task.due_at)
        return [self._event(planned.case_id, data, str(planned.id), now)]

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
        for id, task in self._tasks.items():
            element = self._rules.procedure.call_backs[task.planned.element]
            undecided = task.planned.case_id == case_id and task.state == "undecided"
            if undecided and verdict(element, self._cases[case_id], task.planned.emitted_at):
                self._tasks[id] = replace(task, state="open")
                made += self._due(task, now)
        return made

    def _event(self, case_id: UUID, data: EventData, cause: str, now: datetime) -> Event:
        return make("notify", case_id, self._rules.procedure.key, data, cause=cause, at=now)


def _view(satisfied: bool, score: int | None, at: datetime) -> EventData:
    return Satisfied(at=at, score=score) if satisfied else Dissatisfied(at=at, score=score)
