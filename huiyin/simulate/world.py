"""The four services joined in memory: what one emits goes to the others, and time jumps from step to step."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from huiyin.simulate.intake import Intake
from huiyin.simulate.notify import Notify
from huiyin.simulate.papers import File, Written
from huiyin.simulate.reports import ReportKey, Reports
from huiyin.simulate.routing import Routing
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.sla import Sla
from services.intake.domain.documents import ContentsList
from services.notify.domain.answers import Answer
from services.notify.domain.rows import FollowUpRow
from services.notify.domain.service import Delivery, Receipt
from services.routing.domain.award import CaseAward
from services.routing.domain.report import Report
from shared.errors import HuiyinError
from shared.events.envelope import Event

_MOST_EVENTS = 20_000
_MOST_STEPS = 20_000


class Endless(HuiyinError):
    """A procedure's rules call each other without end."""


class World:
    """One procedure at work. Every method takes what comes at the world's instant `now` (UTC), which only goes on.

    `reports`: the recurring reports that are looked at; all that list cases are made too. `texts`: whether what notices
    say is looked at.
    """

    def __init__(
        self, rules: WorldRules, start: datetime, reports: Collection[str] = (), *, texts: bool = False
    ) -> None:
        self.now = start
        self.published: list[Event] = []
        self._intake = Intake(rules)
        self._routing = Routing(rules)
        self._sla = Sla(rules)
        self._notify = Notify(rules, texts=texts)
        self.reports = Reports(rules, self._intake, reports)
        self._sequences: Counter[tuple[UUID, str]] = Counter()

    def advance(self, to: datetime, *, inclusive: bool) -> None:
        """Let time go on: every step of a clock and every follow-up that comes until then comes at its own instant.

        `inclusive`: also those that come at that very instant; else whatever happens then happens before them.
        """
        for _ in range(_MOST_STEPS):
            waiting = (
                self._sla.next_at,
                self._routing.next_at,
                self._notify.next_at,
                self._intake.next_at,
                self.reports.next_at(self.now),
            )
            step = min((at for at in waiting if at is not None), default=None)
            if step is None or step > to or (step == to and not inclusive):
                self.now = max(self.now, to)
                return
            self.now = max(self.now, step)
            self._publish(self._sla.fire(self.now))
            self._publish(self._routing.look_again(self.now))
            self._publish(self._notify.fire(self.now))
            self._publish(self.reports.fire(self.now))
            self._publish(self._intake.fire(self.now))
        raise Endless("a clock repeats without end", field="clocks")

    def register(
        self, case_id: UUID, channel: str, received_at: datetime, language: str, fields: Mapping[str, Any]
    ) -> None:
        """A complaint comes."""
        self._publish(self._intake.register(case_id, channel, received_at, language, fields, self.now))

    def decide(
        self,
        case_id: UUID,
        decision: Literal["admit", "refuse", "transfer-out"],
        by: str,
        rule: str | None,
        to: str | None,
        fields: Mapping[str, Any],
    ) -> None:
        """An officer decides on a complaint; `fields`: what is given with the decision."""
        self._publish(self._intake.decide(case_id, decision, by, rule, to, fields, self.now))

    def ask(self, case_id: UUID, supplement: str, by: str, fields: Sequence[str], documents: Sequence[str]) -> None:
        """An officer asks the complainant for more."""
        self._publish(self._intake.ask(case_id, supplement, by, fields, documents, self.now))

    def supplement(self, case_id: UUID, fields: Mapping[str, Any], by: str) -> None:
        """The complainant gives more, or an office writes it down."""
        self._publish(self._intake.supplement(case_id, fields, by, self.now))

    def withdraw(self, case_id: UUID, by: str, fields: Mapping[str, Any]) -> None:
        """The complaint is taken back."""
        self._publish(self._intake.withdraw(case_id, by, fields, self.now))

    def put_document(self, case_id: UUID, name: str, given: Written) -> None:
        """A document is put into a case."""
        self._publish(self._intake.put_document(case_id, name, given, self.now))

    def upload(self, case_id: UUID, name: str, by: str | None, file: File) -> None:
        """A file is put into a document of a case."""
        self._publish(self._intake.upload(case_id, name, by, file, self.now))

    @property
    def texts(self) -> Mapping[str, str]:
        """What the notices say, in both languages, by their ids."""
        return self._notify.texts

    def awards(self, case_id: UUID) -> tuple[CaseAward, ...]:
        """The awards of a case, the oldest first."""
        case = self._routing.cases.get(case_id)
        return case.awards if case else ()

    def follow_up(self, case_id: UUID, follow_up: str) -> FollowUpRow | None:
        """The last round of a follow-up of a case."""
        return self._notify.follow_up(case_id, follow_up)

    def papers(self, case_id: UUID) -> ContentsList:
        """What a case holds."""
        return self._intake.contents(case_id)

    def report(self, case_id: UUID, report: Report) -> None:
        """A milestone is reported."""
        self._publish(self._routing.report(case_id, report, self.now))

    def reassign(self, case_id: UUID, department: str, by: str) -> None:
        """The case is given to another department."""
        self._publish(self._routing.reassign(case_id, department, by, self.now))

    def call_in(self, case_id: UUID, department: str, by: str) -> None:
        """Another department is called in to assist."""
        self._publish(self._routing.call_in(case_id, department, by, self.now))

    def call(self, case_id: UUID, given: Answer) -> None:
        """The complainant is called back."""
        self._publish(self._notify.call(case_id, given, self.now))

    def answer(self, case_id: UUID, *, satisfied: bool, score: int | None) -> None:
        """The complainant says whether the answer satisfies."""
        self._publish(self._notify.answer(case_id, satisfied=satisfied, score=score, now=self.now))

    def receive(self, case_id: UUID, notice: str, to: str | None, given: Receipt) -> None:
        """The receipt of a notice is reported."""
        self._publish(self._notify.receive(case_id, notice, to, given, self.now))

    def deliver(self, case_id: UUID, notice: str, to: str | None, given: Delivery) -> None:
        """It is reported in which form an answer was given."""
        self._publish(self._notify.deliver(case_id, notice, to, given, self.now))

    def sign_off(self, wanted: ReportKey, by: str, person: str | None, fields: Mapping[str, Any]) -> None:
        """An office makes a recurring report."""
        self._publish(self.reports.sign_off(wanted, by, person, fields, self.now))

    def recount(self, wanted: ReportKey, by: str) -> None:
        """An office has the figures of a recurring report counted anew."""
        self._publish(self.reports.recount(wanted, by, self.now))

    def facts(self, case_id: UUID) -> Mapping[str, Any]:
        """The facts of a case that conditions read, as routing has them."""
        case = self._routing.cases.get(case_id)
        return case.conditions() if case else {}

    def _publish(self, events: Iterable[Event]) -> None:
        """Bring events to every service, and what they emit because of them, in the order in which it is emitted."""
        waiting = deque(events)
        count = 0
        while waiting:
            count += 1
            if count > _MOST_EVENTS:
                raise Endless("one action leads to events without end", field="escalations")
            event = self._numbered(waiting.popleft())
            self.published.append(event)
            waiting += self._intake.apply(event)
            if event.source != "/huiyin/routing":
                waiting += self._routing.apply(event, self.now)
            if event.source != "/huiyin/sla":
                waiting += self._sla.apply(event, self.now)
            waiting += self._notify.apply(event, self.now)
        self._notify.write()

    def _numbered(self, event: Event) -> Event:
        key = (event.subject, event.data.topic_.name)
        self._sequences[key] += 1
        return event.numbered(self._sequences[key])
