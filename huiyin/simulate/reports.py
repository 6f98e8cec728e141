"""Recurring reports in memory: opened, counted, listed, signed off, each at its instant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from huiyin.simulate import figures
from huiyin.simulate.figures import Span
from huiyin.simulate.intake import Intake
from huiyin.simulate.refused import Refused
from huiyin.simulate.rules import WorldRules
from services.intake.domain import reports as domain
from services.intake.domain.reports import PeriodicReport
from shared.business_time.zones import instant_of, local_micros, zone
from shared.errors import Conflict
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.reports import CaseListed, ReportComputed, ReportMade, is_report
from shared.procedures.fields import Scalar
from shared.procedures.model import Figure, Procedure, Report
from shared.procedures.report_periods import before, bounds, period_of

_DAY = timedelta(days=1)
_MOST = 200


@dataclass(frozen=True, slots=True)
class ReportKey:
    """A report as people name it; without a period the first that is not made, or was opened first."""

    report: str
    period: str | None = None
    round: int = 1
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of one edition, by what they count, and those that they are compared with."""

    cases: int
    figures: Mapping[str, Any]
    against: Mapping[str, Any]


class Reports:
    """The reports of one procedure of which a story speaks (`wanted`).

    Those that list cases are made too, for the cases' sake; what happens to such a report itself is not told.
    """

    def __init__(self, rules: WorldRules, intake: Intake, wanted: Collection[str]) -> None:
        self._rules, self._intake = rules, intake
        self._specs = {one.id: one for one in rules.procedure.reports if one.lists or one.id in wanted}
        self._wanted = wanted
        self._through: dict[str, Any] = {}
        self._opens_at: dict[str, datetime | None] = dict.fromkeys(self._specs)
        self._listed: dict[UUID, set[UUID]] = {}
        self.all: dict[UUID, PeriodicReport] = {}
        self.counted: dict[UUID, Counted] = {}

    def next_at(self, now: datetime) -> datetime | None:
        """When the next one is to be opened or counted; None if there are none."""
        opening = [now if at is None else at for at in self._opens_at.values()]
        return min((*opening, *(one.ready_at for one in self.all.values() if not one.edition)), default=None)

    def fire(self, now: datetime) -> list[Event]:
        """Open those whose period has begun, count those that can be made, let the cases that they list say so."""
        made = [event for report in self._specs for event in self._open(report, now)]
        for one in sorted(self.all.values(), key=lambda one: (one.ready_at, one.id)):
            if not one.edition and one.ready_at <= now:
                made += self._count(one, now)
        return [
            event for event in made if not is_report(event.subject) or self.all[event.subject].report in self._wanted
        ]

    def sign_off(
        self, wanted: ReportKey, by: str, person: str | None, fields: Mapping[str, Any], now: datetime
    ) -> list[Event]:
        """An office makes a report; raises what the domain raises, or `Refused`."""
        one, spec = self._held(wanted)
        domain.require_maker(spec, one, by)
        domain.require_ready(one, now)
        written = domain.read_fields(spec, fields)
        if isinstance(written, list):
            raise Refused(tuple((error.field, error.message) for error in written))
        if one.made_at is not None:
            if (one.made_by, one.person, one.fields) == (by, person, {**written.coded, **written.texts}):
                return []
            raise Conflict("this report has been made already", field="report", hint="it stays as it was signed")
        kept: dict[str, Scalar] = {**written.coded, **written.texts}
        self.all[one.id] = replace(one, made_at=now, made_by=by, person=person, fields=kept)
        made = ReportMade(**_named(one), at=now, by=by, person=person, edition=one.edition, fields=dict(written.coded))
        return [self._event(one, made, "made", now)]

    def recount(self, wanted: ReportKey, by: str, now: datetime) -> list[Event]:
        """An office has the figures counted anew; raises what the domain raises, or `Refused`."""
        one, spec = self._held(wanted)
        domain.require_maker(spec, one, by)
        domain.require_ready(one, now)
        if not spec.counts_cases:
            raise Conflict("this report has no figures", field="report")
        return self._count(one, now)

    def find(self, wanted: ReportKey) -> PeriodicReport | None:
        """The report that is meant."""
        fitting = [
            one
            for one in self.all.values()
            if (one.report, one.round) == (wanted.report, wanted.round)
            and wanted.period in (None, one.period)
            and wanted.office in (None, one.office)
        ]
        return min(fitting, key=lambda one: (one.first_day, one.due_at), default=None)

    def makers(self, one: PeriodicReport) -> tuple[str, ...]:
        """The offices that may sign a report off."""
        return domain.makers(self._specs[one.report], one)

    def addressees(self, one: PeriodicReport) -> tuple[str, ...]:
        """The offices that a report goes to."""
        return self._specs[one.report].to

    def _held(self, wanted: ReportKey) -> tuple[PeriodicReport, Report]:
        one = self.find(wanted)
        if wanted.period is None:
            open_ = [each for each in self.all.values() if each.made_at is None]
            one = next((each for each in sorted(open_, key=lambda each: each.first_day) if self._is(each, wanted)), one)
        if one is None:
            raise Refused(((None, "there is no such report"),))
        return one, self._specs[one.report]

    def _is(self, one: PeriodicReport, wanted: ReportKey) -> bool:
        return (one.report, one.round) == (wanted.report, wanted.round) and wanted.office in (None, one.office)

    def _open(self, report: str, now: datetime) -> Iterator[Event]:
        at = self._opens_at[report]
        if at is not None and at > now:
            return
        procedure = self._rules.procedure
        today = now.astimezone(zone(procedure.time_zone)).date()
        through = self._through.get(report)

        def in_force(day: Any) -> Procedure | None:
            return procedure if day >= procedure.in_force_from else None

        found = domain.to_open(report, through, today, now, in_force, self._rules.calendars, most=_MOST)
        if found is not None:
            through = self._through[report] = found.through
            for one in found.reports:
                if one.id not in self.all:
                    self.all[one.id] = one
                    yield self._event(one, one.opened(), "opened", now)
        following = (through if through is not None else today) + _DAY
        self._opens_at[report] = instant_of(local_micros(zone(procedure.time_zone), following.toordinal()))

    def _count(self, one: PeriodicReport, now: datetime) -> list[Event]:
        spec, procedure = self._specs[one.report], self._rules.procedure
        cases = list(self._intake.cases.values())
        own = domain.own_cases(procedure, one.office)
        span = Span(one.starts_at, one.cut_at, own)
        one = self.all[one.id] = replace(one, edition=one.edition + 1)
        number = 0
        if spec.counts_cases:
            number = len(figures.selected(cases, spec, span))
            earlier = self._compared(one, spec, own)
            against = _shown(spec, lambda figure: figures.figure_value(cases, spec, figure, earlier)) if earlier else {}
            self.counted[one.id] = Counted(
                number, _shown(spec, lambda figure: figures.figure_value(cases, spec, figure, span)), against
            )
        data = ReportComputed(**_named(one), edition=one.edition, cases=number, at=now)
        made = [self._event(one, data, f"edition:{one.edition}", now)]
        known = self._listed.setdefault(one.id, set())
        for case in sorted(figures.listed(cases, spec, span), key=lambda case: case.id):
            if case.id not in known:
                known.add(case.id)
                listed = CaseListed(**_named(one), report_id=one.id, edition=one.edition)
                made += self._intake.list_case(case.id, listed, now)
        return made

    def _compared(self, one: PeriodicReport, spec: Report, own: tuple[str, str] | None) -> Span | None:
        if spec.against is None:
            return None
        time_zone = self._rules.procedure.time_zone
        period = period_of(spec.every, one.first_day)
        since, until = bounds(before(spec.every, period, spec.against), time_zone)
        return Span(since, until - (bounds(period, time_zone)[1] - one.cut_at), own)

    def _event(self, one: PeriodicReport, data: EventData, cause: str, now: datetime) -> Event:
        return make("intake", one.id, one.pin, data, cause=cause, at=now)


def _shown(spec: Report, value: Any) -> dict[str, Any]:
    return {written(figure): _as_written(value(figure)) for figure in spec.figures}


def written(figure: Figure) -> str:
    """What a figure counts, as examples write it: `received`, `closed/received`, `received by department`."""
    word = "/".join(figure.rate) if figure.rate is not None else figure.count or ""
    return " ".join(part for part in (word, f"by {figure.by}" if figure.by else "") if part)


def _as_written(value: Mapping[str, Any]) -> Any:
    if "groups" in value:
        return {key or "unknown": _as_written(one) for key, one in value["groups"].items()}
    return value["value"] if "value" in value else f"{value['numerator']}/{value['denominator']}"


def _named(one: PeriodicReport) -> dict[str, Any]:
    return {"report": one.report, "period": one.period, "round": one.round, "office": one.office}
