"""Intake in memory: registers complaints, decides on admission, and keeps where each case stands."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from huiyin.simulate.papers import File, Papers, Written
from huiyin.simulate.refused import Refused
from huiyin.simulate.rules import WorldRules
from services.intake.domain import admission, numbering, retention, supplements
from services.intake.domain.admission import Complaint, Verdict
from services.intake.domain.decisions import officers_verdict, particulars
from services.intake.domain.documents import ContentsList
from services.intake.domain.duplicate_keys import fingerprint, is_within, matters
from services.intake.domain.field_errors import FieldError
from services.intake.domain.history import History
from services.intake.domain.parties import given_names
from services.intake.domain.recusal import recused_offices, recusing_fields
from services.intake.domain.timeline import Occurrence, Projection, TimelineEntry, entries, project
from shared.events.base import EventData
from shared.events.complaints import (
    ComplaintErased,
    ComplaintSupplemented,
    ComplaintWithdrawn,
    DocumentAdded,
    DocumentNumbered,
)
from shared.events.deadlines import ClockBreached
from shared.events.envelope import Event, make
from shared.events.occurrences import facts_of, names, names_of
from shared.events.reports import CaseListed, is_report
from shared.procedures.fields import Scalar
from shared.procedures.offices import COMPLAINANT


def _index(purpose: str, *parts: str) -> str:
    """What the vault's keyed hash is in memory: the values themselves, for nothing is kept."""
    return "|".join((purpose, *parts))


_NOTHING = History(frozenset(), {})


@dataclass(frozen=True, slots=True)
class IntakeCase:
    """A case as intake keeps it; `vault` are the values that the vault would keep, by its names for them."""

    id: UUID
    number: str
    channel: str
    received_at: datetime
    registered_at: datetime
    attributes: Mapping[str, Scalar]
    vault: Mapping[str, str]
    missing: tuple[str, ...]
    fingerprint: str | None
    merged_into: UUID | None = None
    document_numbers: Mapping[str, str] = field(default_factory=dict)
    timeline: tuple[TimelineEntry, ...] = ()
    known: History = _NOTHING

    @property
    def projection(self) -> Projection:
        """Where it stands."""
        return project(
            Occurrence(one.source, one.sequence, one.occurrence, one.qualifier, one.happened_at)
            for one in self.timeline
        )

    @property
    def handlers(self) -> tuple[str, ...]:
        """The offices that have it."""
        return tuple(one for one in (self.projection.department, self.projection.level) if one)

    @property
    def history(self) -> History:
        """What has happened, with the coded fields as they are now."""
        facts = {**self.known.facts, **self.attributes, "channel": self.channel, "missing": list(self.missing)}
        return replace(self.known, facts=facts)

    def after(self, event: Event) -> IntakeCase:
        """The case once an event came to its timeline."""
        fresh = names(event)
        facts = {**self.known.facts, **facts_of(event.data), **{f"reached:{name}": True for name in fresh}}
        known = History(self.known.happened.union(fresh), facts)
        return replace(self, timeline=(*self.timeline, *entries(event)), known=known)


class Intake:
    """Complaints of one procedure."""

    def __init__(self, rules: WorldRules) -> None:
        self._rules = rules
        self.cases: dict[UUID, IntakeCase] = {}
        self._counted: Tally[numbering.Counter] = Tally()
        self._papers = Papers(rules)
        self._kept: dict[UUID, datetime] = {}
        self._put = 0

    def register(
        self,
        case_id: UUID,
        channel: str,
        received_at: datetime,
        language: str,
        fields: Mapping[str, Any],
        now: datetime,
    ) -> list[Event]:
        """Register a complaint; raises `Refused` with everything that is wrong with it."""
        form = self._rules.form
        if form.local_date(now) < form.procedure.in_force_from:
            raise Refused((("procedure", "there is no such procedure in force"),))
        checked = admission.check(form, channel, received_at.isoformat(), language, fields, now)
        if isinstance(checked, list):
            raise _refused(checked)
        verdict = admission.admission(form, checked.attributes, checked.channel, checked.missing)
        print_ = fingerprint(form, checked.values, _index)
        into = self._earlier(checked, print_)
        status = "merged" if into else verdict.status
        happened = ["received", "registered", status, *(["supplement-requested"] if checked.missing else [])]
        facts = {**checked.attributes, "channel": checked.channel, "missing": list(checked.missing)}
        number = self._case_number(now)
        numbers = self._numbers(happened, now, {numbering.CASE: number}, facts)
        self.cases[case_id] = IntakeCase(
            id=case_id,
            number=number,
            channel=checked.channel,
            received_at=checked.received_at,
            registered_at=now,
            attributes=checked.attributes,
            vault=dict(checked.vault),
            missing=checked.missing,
            fingerprint=print_,
            merged_into=into,
            document_numbers=numbers,
        )
        made = admission.registration_events(
            checked,
            number=number,
            matters=matters(form, checked.values, _index),
            merged_into=into,
            verdict=verdict,
            documents=numbers,
        )
        return [*self._events(case_id, made, f"registration:{case_id}", now), *self._numbered(case_id, numbers, now)]

    def decide(
        self,
        case_id: UUID,
        decision: Literal["admit", "refuse", "transfer-out"],
        by: str,
        rule: str | None,
        to: str | None,
        fields: Mapping[str, Any],
        now: datetime,
    ) -> list[Event]:
        """An officer's decision; raises what the domain raises."""
        case, form = self.cases[case_id], self._rules.form
        known = case.history
        verdict = officers_verdict(form, case.projection.status, decision, by, rule, known.facts)
        given = particulars(form.procedure, verdict.status, by, fields, known, case.handlers)
        if to is not None:
            admission.require_office(form, to, field="to")
        return self._settle(case, verdict, f"admission:{decision}", now, by=by, to=to, fields=given)

    def ask(
        self,
        case_id: UUID,
        supplement: str,
        by: str,
        fields: Sequence[str],
        documents: Sequence[str],
        now: datetime,
    ) -> list[Event]:
        """An officer asks for more; raises what the domain raises."""
        case, form = self.cases[case_id], self._rules.form
        admission.require_open(case.projection.status)
        asked = supplements.request(form, supplement, by, case.handlers, fields, documents)
        present = supplements.open_requests(case.timeline)
        same = supplements.OpenRequest(supplement, asked.missing, asked.documents)
        if same in present:
            return []
        missing = supplements.still_missing(form, case.missing, [*present, same])
        case = self.cases[case_id] = replace(case, missing=missing)
        times = sum(entry.occurrence == "supplement-requested" for entry in case.timeline)
        return self._emit(case, [asked], f"supplement-request|{supplement}|{times}", now)

    def supplement(self, case_id: UUID, fields: Mapping[str, Any], by: str, now: datetime) -> list[Event]:
        """Add or replace fields; raises `Refused` or what the domain raises."""
        case, form = self.cases[case_id], self._rules.form
        if by != COMPLAINANT:
            admission.require_office(form, by, field="by")
        admission.require_open(case.projection.status)
        read = form.read(fields)
        if read.errors:
            raise _refused(read.errors)
        attributes = {**case.attributes, **read.coded}
        came = tuple(sorted(given_names(form.procedure, (*read.vault, *read.coded))))
        replaced = {one.id for one in form.procedure.parties if one.id in came}  # others take their persons' place
        vault = {name: value for name, value in case.vault.items() if name.partition(".")[0] not in replaced}
        vault |= read.vault
        about = None
        if not recusing_fields(form.procedure).isdisjoint(came):
            about = recused_offices(form.procedure, {**vault, **attributes})
        requests = supplements.after(supplements.open_requests(case.timeline), came)
        missing = form.missing(attributes.keys() | vault.keys(), {**attributes, "channel": case.channel})
        missing = supplements.still_missing(form, missing, requests)
        case = self.cases[case_id] = replace(case, attributes=attributes, vault=vault, missing=missing)
        cause = f"supplement|{now.isoformat()}"
        supplemented = ComplaintSupplemented(
            attributes=attributes,
            missing=missing,
            given=came,
            fulfilled=tuple(one.supplement for one in requests if one.complete),
            recused=about,
        )
        made = self._emit(case, [supplemented], cause, now)
        if case.projection.status == "held":
            verdict = admission.admission(form, attributes, case.channel, missing)
            made += self._settle(self.cases[case_id], verdict, cause, now, by=None, to=None)
        return made

    def withdraw(self, case_id: UUID, by: str, fields: Mapping[str, Any], now: datetime) -> list[Event]:
        """The complaint is taken back."""
        case = self.cases[case_id]
        admission.require_open(case.projection.status)
        if by != COMPLAINANT:
            admission.require_office(self._rules.form, by, field="by")
        given = particulars(self._rules.procedure, "withdrawn", by, fields, case.history, case.handlers)
        return self._emit(case, [ComplaintWithdrawn(by=by, fields=given)], "withdrawal", now)

    def put_document(self, case_id: UUID, name: str, written: Written, now: datetime) -> list[Event]:
        """A document is put into a case, or replaced there; raises what the domain raises."""
        case = self.cases[case_id]
        added = self._papers.put(case, name, written, now)
        if added is None:
            return []
        self._put += 1
        return self._emit(case, [added], f"document|{self._put}", now)

    def upload(self, case_id: UUID, name: str, by: str | None, file: File, now: datetime) -> list[Event]:
        """A file is put into a document; raises what the domain raises."""
        case = self.cases[case_id]
        added = self._papers.upload(case, name, by, file, now)
        self._put += 1
        return self._emit(case, [added], f"file|{self._put}", now)

    def contents(self, case_id: UUID) -> ContentsList:
        """What a case holds and what its dossier lacks."""
        return self._papers.contents(self.cases[case_id])

    @property
    def next_at(self) -> datetime | None:
        """Until when the next case is kept."""
        return min(self._kept.values(), default=None)

    def fire(self, now: datetime) -> list[Event]:
        """Erase the cases whose time is over."""
        made = []
        for id, until in [one for one in self._kept.items() if one[1] <= now]:
            del self._kept[id]
            self.cases[id] = replace(self.cases[id], vault={}, fingerprint=None)
            made += self._events(id, [ComplaintErased(kept_until=until)], f"erased|{until.isoformat()}", now)
        return made

    def _note_retention(self, case: IntakeCase, happened: Collection[str]) -> None:
        if not retention.concerns(self._rules.procedure, happened):
            return
        until = retention.kept_until(self._rules.procedure, case.timeline, self._rules.form.calendar)
        self._kept.pop(case.id, None)
        if until is not None:
            self._kept[case.id] = until

    def list_case(self, case_id: UUID, listed: CaseListed, now: datetime) -> list[Event]:
        """A recurring report lists a case."""
        return self._emit(self.cases[case_id], [listed], f"report:{listed.report_id}", now)

    def apply(self, event: Event) -> list[Event]:
        """Take any service's event into its case's timeline; returns what follows from it."""
        if is_report(event.subject):
            return []
        case = self.cases[event.subject]
        case = self.cases[event.subject] = case.after(event)
        self._note_retention(case, names(event))
        if event.source == "/huiyin/intake":  # numbers follow where it is emitted
            return self._fulfil(case, event) if isinstance(event.data, DocumentAdded) else []
        made = self._numbered(case.id, self._add_numbers(case, names(event), event.time), event.time)
        return made + (self._lapse(case, event.data, event.time) if isinstance(event.data, ClockBreached) else [])

    def _fulfil(self, case: IntakeCase, event: Event) -> list[Event]:
        """Requests to which nothing lacks any more, now that a document came."""
        if not self._rules.procedure.supplements:
            return []
        requests = supplements.open_requests(case.timeline)
        complete = tuple(one.supplement for one in requests if one.complete)
        if not complete:
            return []
        data = ComplaintSupplemented(attributes=case.attributes, missing=case.missing, fulfilled=complete)
        return self._emit(case, [data], f"fulfilled|{event.id}", event.time)

    def _lapse(self, case: IntakeCase, breach: ClockBreached, now: datetime) -> list[Event]:
        """The refusal that the end of a supplement's time is."""
        if not self._rules.procedure.supplements or not admission.is_live(case.projection.status):
            return []
        lapsed = supplements.lapse(self._rules.procedure, breach.clock, supplements.open_requests(case.timeline))
        if lapsed is None:
            return []
        cause = f"lapsed|{breach.clock}|{breach.cycle}"
        return self._settle(self.cases[case.id], lapsed[1], cause, now, by=None, to=None)

    def _settle(
        self,
        case: IntakeCase,
        verdict: Verdict,
        cause: str,
        now: datetime,
        *,
        by: str | None,
        to: str | None,
        fields: Mapping[str, Scalar] | None = None,
    ) -> list[Event]:
        if verdict.decision == "hold":
            return []
        numbers = self._add_numbers(case, [verdict.status], now)
        made = self._events(case.id, admission.verdict_events(verdict, by, numbers, to=to, fields=fields), cause, now)
        return [*made, *self._numbered(case.id, numbers, now)]

    def _earlier(self, complaint: Complaint, print_: str | None) -> UUID | None:
        """The earlier live case of the same matter, the first registered first."""
        if print_ is None:
            return None
        for other in self.cases.values():
            live = other.fingerprint == print_ and admission.is_live(other.projection.status)
            if live and is_within(complaint.form, complaint.received_at, other.received_at):
                return other.id
        return None

    def _emit(self, case: IntakeCase, made: Sequence[EventData], cause: str, now: datetime) -> list[Event]:
        """Events of a case, and the numbers of documents that are due because of them."""
        numbers = self._add_numbers(case, [name for one in made for name in names_of(one)], now)
        return [*self._events(case.id, made, cause, now), *self._numbered(case.id, numbers, now)]

    def _case_number(self, now: datetime) -> str:
        procedure, on = self._rules.procedure, self._rules.form.local_date(now)
        rule = procedure.numbering.case
        series = numbering.counter(procedure.id, numbering.CASE, rule, on)
        self._counted[series] += 1
        return numbering.rendered(rule, on, self._counted[series])

    def _add_numbers(self, case: IntakeCase, happened: Iterable[str], now: datetime) -> dict[str, str]:
        """Give numbers to the documents of a case that are due because of what happened."""
        if all(one.number is None for one in self._rules.procedure.documents):
            return {}  # to go through what has happened is dear
        known, fresh = case.history, list(happened)
        given = {**case.document_numbers, numbering.CASE: case.number}
        facts = {**known.facts, **{f"reached:{name}": True for name in fresh}}
        numbers = self._numbers(fresh, now, given, facts, known.happened)
        self.cases[case.id] = replace(self.cases[case.id], document_numbers={**case.document_numbers, **numbers})
        return numbers

    def _numbers(
        self,
        fresh: Iterable[str],
        now: datetime,
        given: Mapping[str, str],
        facts: Mapping[str, Any],
        happened: Collection[str] = (),
    ) -> dict[str, str]:
        on = self._rules.form.local_date(now)
        due = numbering.due_numbers(self._rules.procedure, on, fresh, given, facts, happened)
        following = {one.counter: self._counted[one.counter] + 1 for one in due if one.counter is not None}
        numbers = numbering.numbers_of(due, following, on, given)
        self._counted.update({counter: last - 1 - self._counted[counter] for counter, last in following.items()})
        return numbers

    def _numbered(self, case_id: UUID, numbers: Mapping[str, str], now: datetime) -> list[Event]:
        return [
            event
            for name, number in numbers.items()
            for event in self._events(
                case_id, [DocumentNumbered(document=name, number=number)], numbering.cause_of(name), now
            )
        ]

    def _events(self, case_id: UUID, made: Sequence[EventData], cause: str, now: datetime) -> list[Event]:
        return [make("intake", case_id, self._rules.procedure.key, one, cause=cause, at=now) for one in made]


def _refused(errors: Sequence[FieldError]) -> Refused:
    return Refused(tuple((error.field, error.message) for error in errors))
