"""What is decided about recurring reports: which of them to open, and whether one may be signed off (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from services.intake.domain.field_errors import FieldError
from shared.business_time.calendars import Calendar
from shared.errors import Conflict, InvalidInput
from shared.events.reports import ReportOpened, report_id
from shared.procedures.conditions import holds
from shared.procedures.fields import Scalar, Unreadable, index_choices, read_value, sealed_form
from shared.procedures.model import Procedure, Report
from shared.procedures.report_periods import Times, is_wanted, period_of, times_of

_DAY = timedelta(days=1)

InForce = Callable[[date], Procedure | None]
"""The version of a procedure that is in force on a local day; None before the first."""


@dataclass(frozen=True, slots=True)
class PeriodicReport:
    """A report of one period as it stands. Instants are UTC; `edition` is 0 until it can be made."""

    id: UUID
    procedure: str
    procedure_version: int
    report: str
    period: str
    round: int
    office: str | None
    first_day: date
    last_day: date
    starts_at: datetime
    cut_at: datetime
    ready_at: datetime
    due_at: datetime
    edition: int = 0
    made_at: datetime | None = None
    made_by: str | None = None
    person: str | None = None
    signed_with: str | None = None
    fields: Mapping[str, Any] | None = None
    unlisted: bool = False

    @property
    def pin(self) -> tuple[str, int]:
        """The procedure and version that it is made by."""
        return (self.procedure, self.procedure_version)

    def state(self, now: datetime) -> str:
        """`made`, `made-late`, `overdue`, `ready` (can be made now), or `open` (its period goes on)."""
        if self.made_at is not None:
            return "made" if self.made_at <= self.due_at else "made-late"
        if now > self.due_at:
            return "overdue"
        return "ready" if self.edition else "open"

    def opened(self) -> ReportOpened:
        """The event that it is opened by."""
        return ReportOpened(
            report=self.report,
            period=self.period,
            round=self.round,
            office=self.office,
            first_day=self.first_day,
            last_day=self.last_day,
            at=self.starts_at,
            ready_at=self.ready_at,
            due_at=self.due_at,
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """What of one report is to be opened, and the last day whose period has been dealt with then."""

    reports: tuple[PeriodicReport, ...]
    through: date


def report_ids(versions: Iterator[Procedure]) -> tuple[str, ...]:
    """The ids of all reports of these versions of a procedure, each once."""
    return tuple(dict.fromkeys(one.id for version in versions for one in version.reports))


def spec_of(procedure: Procedure, report: str) -> Report | None:
    """A report of a procedure by its id."""
    return next((one for one in procedure.reports if one.id == report), None)


def to_open(
    report: str,
    through: date | None,
    today: date,
    now: datetime,
    in_force: InForce,
    calendars: Mapping[str, Calendar],
    *,
    most: int,
) -> Opening | None:
    """The periods of a report that have begun by `today` (a local day) and are not opened yet, `most` at a time.

    Each goes by the version in force on its first day. `through` is the last day dealt with; None when the report is
    seen for the first time: then only the present period is opened, unless its report was due before. None: nothing.
    """
    day = today if through is None else through + _DAY
    found: list[PeriodicReport] = []
    while day <= today and len(found) < most:
        procedure = in_force(day)
        spec = spec_of(procedure, report) if procedure is not None else None
        if procedure is None or spec is None:
            day += _DAY
            continue
        period = period_of(spec.every, day)
        if is_wanted(spec, period):
            times = times_of(spec, period, procedure.time_zone, calendars[procedure.calendar])
            if through is not None or times.due_at > now:
                found += _rounds(procedure, spec, period.first, period.last, period.label, times)
        day = period.last + _DAY
    dealt_with = day - _DAY
    if through is None and all(spec_of(p, report) is None for p in [in_force(today)] if p is not None):
        return None
    return Opening(tuple(found), dealt_with) if dealt_with != through else None


def _rounds(
    procedure: Procedure, spec: Report, first: date, last: date, label: str, times: Times
) -> Iterator[PeriodicReport]:
    offices = spec.by if spec.each else (None,)
    for number, office in product(range(1, spec.times + 1), offices):
        yield PeriodicReport(
            id=report_id(procedure.id, spec.id, first, number, office),
            procedure=procedure.id,
            procedure_version=procedure.version,
            report=spec.id,
            period=label,
            round=number,
            office=office,
            first_day=first,
            last_day=last,
            starts_at=times.starts_at,
            cut_at=times.cut_at,
            ready_at=times.ready_at,
            due_at=times.due_at,
            fields={},
        )


def makers(spec: Report, report: PeriodicReport) -> tuple[str, ...]:
    """The offices that may make a report: the one whose it is, or any of the procedure's."""
    return (report.office,) if report.office is not None else spec.by


def own_cases(procedure: Procedure, office: str | None) -> tuple[str, str] | None:
    """The fact, and its value, by which the cases of an office are known; None for all cases."""
    for fact, part in (("department", procedure.departments), ("level", procedure.levels)):
        if office is not None and any(one.id == office for one in part):
            return (fact, office)
    return None


def require_maker(spec: Report, report: PeriodicReport, by: str) -> None:
    """Raise `InvalidInput` if this office does not make the report."""
    allowed = makers(spec, report)
    if by not in allowed:
        raise InvalidInput("may not make this report", field="by", hint=f"one of: {', '.join(allowed)}")


def require_ready(report: PeriodicReport, now: datetime) -> None:
    """Raise `Conflict` while the report cannot be made yet."""
    if now < report.ready_at:
        raise Conflict(
            "the period is not over: this report cannot be made yet",
            field="report",
            hint=f"it can be made from {report.ready_at.isoformat()} on",
        )
    if report.edition == 0:
        raise Conflict("its figures are being computed", field="report", hint="try again in a few seconds")


@dataclass(frozen=True, slots=True)
class Written:
    """What an office wrote into a report: `coded` values, and `texts` that are to be sealed."""

    coded: Mapping[str, Scalar]
    texts: Mapping[str, str]


def read_fields(spec: Report, given: Mapping[str, Any]) -> Written | list[FieldError]:
    """Read what was written by the report's fields; returns every mistake, or the values."""
    specs = {one.id: one for one in spec.fields}
    values: dict[str, Scalar] = {}
    errors = []
    for name, value in given.items():
        if name not in specs:
            errors.append(FieldError("fields", "the report has no such field"))
            continue
        try:
            read = read_value(specs[name], value, index_choices(specs[name].choices))
        except Unreadable as error:
            errors.append(FieldError(f"fields.{name}", error.message))
            continue
        if read is not None:
            values[name] = read
    for name, one in specs.items():
        if name not in values and one.default is not None:
            values[name] = one.default
        elif name not in values and one.required is True and holds(one.when, values) is True:
            errors.append(FieldError(f"fields.{name}", "this field is needed"))
    if errors:
        return errors
    coded = {name: value for name, value in values.items() if specs[name].holds == "coded"}
    return Written(coded, {name: sealed_form(one) for name, one in values.items() if specs[name].holds != "coded"})
