"""Recurring reports: opened by themselves, counted when their period is over, signed off by the office that makes them.

Each step is one transaction, and done again it changes nothing: a report's id is a function of what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import reports as domain
from services.intake.domain.field_errors import FieldError
from services.intake.domain.reports import PeriodicReport
from services.intake.form_book import FormBook
from services.intake.handlers.emitting import number_documents
from services.intake.store import cases, timeline
from services.intake.store import report_figures as figures
from services.intake.store import reports as store
from services.intake.store import vault as store_vault
from services.intake.store.report_figures import Window
from services.intake.store.reports import Edition, ToList
from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock
from shared.business_time.zones import zone
from shared.errors import Conflict, NotFound
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.reports import CaseListed, ReportComputed, ReportMade, ReportRescheduled
from shared.messaging.outbox import Outbox
from shared.procedures.fields import opened_form
from shared.procedures.loader import Library
from shared.procedures.model import Figure, Procedure, Report
from shared.procedures.report_periods import before, bounds, period_of, times_of
from shared.security.acting import Principal
from shared.security.vault import Vault

log = structlog.get_logger(__name__)

PAGE = 200
"""How many reports are opened, or cases listed, in one transaction."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who signs a report off: an office, perhaps a person of it (an opaque staff id), and the holder of the API key."""

    by: str
    person: str | None
    caller: Principal


@dataclass(frozen=True, slots=True)
class ReportReading:
    """A report with all its figures, what happened to it, and the texts in it where these were asked for."""

    report: PeriodicReport
    spec: Report
    editions: Sequence[Edition]
    texts: Mapping[str, Any] | None


class ReportHandlers:
    """The reports of one database. Any number of processes may run them."""

    def __init__(
        self,
        outbox: Outbox,
        library: Library,
        calendars: Mapping[str, Calendar],
        forms: FormBook,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self._outbox = outbox
        self._forms = forms
        self._library = library
        self._calendars = calendars
        self._vault = vault
        self._clock = clock

    async def open_due(self, *, most: int = PAGE) -> int:
        """Open every report whose period has begun, `most` of each at once; returns how many were opened."""
        now, opened = self._clock.now(), 0
        for procedure in dict.fromkeys(one.id for one in self._library.all()):
            versions = [one for one in self._library.all() if one.id == procedure]
            for report in domain.report_ids(iter(versions)):
                opened += await self._open(procedure, report, now, most)
        return opened

    async def _open(self, procedure: str, report: str, now: datetime, most: int) -> int:
        today = now.astimezone(zone(self._library.get(procedure).time_zone)).date()
        async with self._outbox.transaction() as tx:
            through = await store.opened_through(tx, procedure, report)
            if through is not None and through >= today:
                return 0
            found = domain.to_open(
                report, through, today, now, lambda day: self._in_force(procedure, day), self._calendars, most=most
            )
            if found is None:
                return 0
            fresh = await store.open_reports(tx, found.reports)
            await store.put_series(tx, procedure, report, found.through)
            await store.emit(tx, [_event(one, one.opened(), "opened", now) for one in fresh])
        return len(fresh)

    def _in_force(self, procedure: str, day: date) -> Procedure | None:
        try:
            return self._library.get(procedure, on=day)
        except NotFound:
            return None

    async def to_compute(self, *, settling: timedelta = timedelta(0)) -> list[UUID]:
        """The reports that can be made by now and have no figures yet, those of the earliest periods first.

        `settling`: how long a period must have been over, so that events on their way have come.
        """
        async with self._outbox.engine.connect() as connection:
            return await store.uncounted(connection, self._clock.now() - settling, limit=PAGE)

    async def compute(self, id: UUID) -> bool:
        """Count the figures of a report for the first time; returns whether it was for this process to do."""
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            await figures.snapshot(tx)
            one = await store.take_uncounted(tx, id)
            if one is not None:
                await self._compute(tx, one, now, by=None)
        return one is not None

    async def recompute(self, id: UUID, maker: Maker) -> PeriodicReport:
        """Count anew, as the next edition; the figures before stay. Raises as `sign_off`."""
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            await figures.snapshot(tx)
            one, _, spec = await self._hold(tx, id)
            maker.caller.require_office(one.procedure, maker.by)
            domain.require_maker(spec, one, maker.by)
            domain.require_ready(one, now)
            if not spec.counts_cases:
                raise Conflict("this report has no figures", field="report")
            await self._compute(tx, one, now, by=maker.by)
            return await self._found(tx, id)

    async def _compute(self, tx: AsyncConnection, one: PeriodicReport, now: datetime, *, by: str | None) -> None:
        procedure, spec = self._rules(one)
        window = Window(one.procedure, one.starts_at, one.cut_at, domain.own_cases(procedure, one.office))
        counted = await _counted(tx, one, spec, procedure, window) if spec.counts_cases else []
        cases = await figures.count_selected(tx, spec, window) if spec.counts_cases else 0
        edition = Edition(one.edition + 1, now, by, cases, counted)
        fresh = await figures.put_list(tx, spec, window, one.id, edition.edition) if spec.lists else 0
        await store.put_edition(tx, one.id, edition, unlisted=fresh > 0)
        data = ReportComputed(**_named(one), edition=edition.edition, cases=cases, at=now)
        await store.emit(tx, [_event(one, data, f"edition:{edition.edition}", now)])
        log.info("a report is computed", procedure=one.procedure, report=one.report, period=one.period, cases=cases)

    async def list_next(self, *, most: int = PAGE) -> bool:
        """Let the next cases of a report's list say so; returns whether there may be more."""
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            one = await store.next_unlisted(tx)
            if one is None:
                return False
            page = await store.unlisted(tx, one.id, limit=most)
            if not page:
                await store.finish_listing(tx, one.id)
                return True
            ids = await cases.lock_cases(tx, [case.case_id for case in page])
            await timeline.emit(tx, [_listed(one, case, now) for case in page])
            for found in (await cases.find_cases(tx, ids)).values():
                form = self._forms.pinned(found.pin)
                if form.procedure.documents:
                    await number_documents(tx, found, form, ("listed", f"listed:{one.report}"), now)
            await store.mark_listed(tx, one.id, ids, now)
        return True

    async def reschedule(self, after: UUID, *, most: int = PAGE) -> UUID | None:
        """Move what is due at another instant by the present calendars; returns the last id looked at, None at the end.

        Asked again and again from `UUID(int=0)` on, it looks at every report that is not made.
        """
        now = self._clock.now()
        async with self._outbox.engine.connect() as connection:
            page = await store.not_made(connection, after, limit=most)
        for one in page:
            try:
                procedure, spec = self._rules(one)
            except NotFound:
                continue
            times = times_of(spec, period_of(spec.every, one.first_day), procedure.time_zone, self._calendar(procedure))
            if times.due_at != one.due_at:
                await self._move(one.id, times.due_at, now)
        return page[-1].id if len(page) == most else None

    async def _move(self, id: UUID, due_at: datetime, now: datetime) -> None:
        async with self._outbox.transaction() as tx:
            one = await store.find(tx, id, lock=True)
            if one is None or one.made_at is not None or one.due_at == due_at:
                return
            procedure, spec = self._rules(one)
            times = times_of(spec, period_of(spec.every, one.first_day), procedure.time_zone, self._calendar(procedure))
            frozen = one.edition > 0  # what was counted up to an instant stays counted up to it
            cut, ready = (one.cut_at, one.ready_at) if frozen else (times.cut_at, times.ready_at)
            await store.move(tx, id, due_at, cut, ready)
            data = ReportRescheduled(**_named(one), due_at=due_at, previous_due_at=one.due_at)
            await store.emit(tx, [_event(one, data, f"due:{due_at.isoformat()}:{now.isoformat()}", now)])

    async def sign_off(self, id: UUID, maker: Maker, given: Mapping[str, Any]) -> PeriodicReport | list[FieldError]:
        """The office has made its report; the same again changes nothing. Returns the report, or every mistake in it.

        Raises `NotFound`, `Forbidden` or `InvalidInput` (`by`), `Conflict` before it can be made and when it was made
        otherwise.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            one, _, spec = await self._hold(tx, id)
            maker.caller.require_office(one.procedure, maker.by)
            domain.require_maker(spec, one, maker.by)
            domain.require_ready(one, now)
            written = domain.read_fields(spec, given)
            if isinstance(written, list):
                return written
            if one.made_at is not None:
                await self._require_same(tx, one, maker, written)
                return one
            if written.texts:
                key = self._vault.new_key(id)
                await store_vault.put_keys(tx, [key])
                sealed = [
                    (id, name, key.seal(store_vault.FIELDS, name, value)) for name, value in written.texts.items()
                ]
                await store_vault.put_fields(tx, sealed)
            await store.sign_off(
                tx, id, at=now, by=maker.by, person=maker.person, key=maker.caller.name, written=written.coded
            )
            made = ReportMade(
                **_named(one), at=now, by=maker.by, person=maker.person, edition=one.edition, fields=dict(written.coded)
            )
            await store.emit(tx, [_event(one, made, "made", now)])
            return await self._found(tx, id)

    async def _require_same(
        self, tx: AsyncConnection, one: PeriodicReport, maker: Maker, written: domain.Written
    ) -> None:
        same = (one.made_by, one.person, one.fields) == (maker.by, maker.person, dict(written.coded))
        texts = await self._texts(tx, one.id) if same else {}
        if not same or texts != dict(written.texts):
            raise Conflict("this report has been made already", field="report", hint="it stays as it was signed")

    async def _texts(self, connection: AsyncConnection, id: UUID) -> dict[str, str]:
        key = (await store_vault.keys_of(connection, self._vault, (id,))).get(id)
        return await store_vault.fields_of(connection, key) if key is not None else {}

    async def read(self, id: UUID, reader: str, purpose: str | None) -> ReportReading:
        """A report; with a purpose also the texts in it, which is recorded as a reading of the vault."""
        async with self._outbox.engine.begin() as tx:
            one = await self._found(tx, id)
            _, spec = self._rules(one)
            texts: dict[str, Any] | None = None
            if purpose is not None:
                specs = {field.id: field for field in spec.fields}
                sealed = await self._texts(tx, id)
                texts = {name: opened_form(specs.get(name), value) for name, value in sealed.items()}
                await store_vault.record_read(tx, id, reader, sorted(texts), purpose, self._clock.now())
            return ReportReading(one, spec, await store.editions(tx, id), texts)

    async def _hold(self, tx: AsyncConnection, id: UUID) -> tuple[PeriodicReport, Procedure, Report]:
        one = await store.find(tx, id, lock=True)
        if one is None:
            raise NotFound("there is no such report")
        return (one, *self._rules(one))

    async def _found(self, tx: AsyncConnection, id: UUID) -> PeriodicReport:
        one = await store.find(tx, id)
        if one is None:
            raise NotFound("there is no such report")
        return one

    def _rules(self, one: PeriodicReport) -> tuple[Procedure, Report]:
        procedure = self._library.get(*one.pin)
        spec = domain.spec_of(procedure, one.report)
        if spec is None:
            raise NotFound("the procedure has no such report", field="report")
        return procedure, spec

    def _calendar(self, procedure: Procedure) -> Calendar:
        return self._calendars[procedure.calendar]


async def _counted(
    tx: AsyncConnection, one: PeriodicReport, spec: Report, procedure: Procedure, window: Window
) -> list[dict[str, Any]]:
    """The figures of a report, each with what it counts, and beside it that of the period it is compared with."""
    other = _compared(one, spec, procedure)
    known_since = await figures.known_since(tx, one.procedure) if other is not None else None
    found = []
    for figure in spec.figures:
        value = {**_what(figure), **await figures.figure_value(tx, spec, figure, window)}
        if other is not None:
            label, then = other
            value["against"] = {
                "period": label,
                "complete": known_since is not None and known_since <= then.since,
                **await figures.figure_value(tx, spec, figure, then),
            }
        found.append(value)
    return found


def _compared(one: PeriodicReport, spec: Report, procedure: Procedure) -> tuple[str, Window] | None:
    if spec.against is None:
        return None
    period = period_of(spec.every, one.first_day)
    earlier = before(spec.every, period, spec.against)
    since, until = bounds(earlier, procedure.time_zone)
    short = bounds(period, procedure.time_zone)[1] - one.cut_at  # what is counted early is compared with as much
    return earlier.label, Window(one.procedure, since, until - short, domain.own_cases(procedure, one.office))


def _what(figure: Figure) -> dict[str, Any]:
    named = figure.model_dump(mode="json", include={"name", "count", "rate", "by"}, exclude_none=True)
    return {"kind": "rate" if figure.rate else "count", **named}


def _named(one: PeriodicReport) -> dict[str, Any]:
    return {"report": one.report, "period": one.period, "round": one.round, "office": one.office}


def _listed(one: PeriodicReport, case: ToList, now: datetime) -> Event:
    data = CaseListed(**_named(one), report_id=one.id, edition=case.edition)
    pin = (case.procedure, case.procedure_version)
    return make("intake", case.case_id, pin, data, cause=f"report:{one.id}", at=now)


def _event(one: PeriodicReport, data: EventData, cause: str, now: datetime) -> Event:
    return make("intake", one.id, one.pin, data, cause=cause, at=now)
