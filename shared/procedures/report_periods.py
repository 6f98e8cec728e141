"""The periods of recurring reports, and when a report of one is ready and due (pure). Dates are local, instants UTC."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.business_time.calendars import Calendar
from shared.business_time.compiled import compiled
from shared.business_time.due import due
from shared.business_time.durations import Duration, Unit
from shared.business_time.zones import instant_of, local_micros, zone
from shared.procedures.model import Report, ReportDue
from shared.procedures.model.reports import Every

_DAY = timedelta(days=1)
_MONTHS = {"P1M": 1, "P3M": 3, "P6M": 6, "P1Y": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Local dates, both inclusive, and the name that people know them by: `2026-11`, `2026-Q4`, `2026-W48`."""

    first: date
    last: date
    label: str


@dataclass(frozen=True, slots=True)
class Times:
    """The instants of one report: its period is [starts_at, ends_at); figures count up to `cut_at`; it may be made from
    `ready_at` on and is late after `due_at`."""

    starts_at: datetime
    ends_at: datetime
    cut_at: datetime
    ready_at: datetime
    due_at: datetime


def period_of(every: Every, day: date) -> Period:
    """The period in which a day lies. Weeks are those of ISO 8601."""
    if every == "P1D":
        return Period(day, day, day.isoformat())
    if every == "P1W":
        first = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return Period(first, first + 6 * _DAY, f"{year:04}-W{week:02}")
    if every == "half-month":
        if day.day <= 15:
            return Period(day.replace(day=1), day.replace(day=15), f"{day:%Y-%m}-H1")
        return Period(day.replace(day=16), _last_of(day), f"{day:%Y-%m}-H2")
    length = _MONTHS[every]
    number = (day.month - 1) // length
    first = date(day.year, number * length + 1, 1)
    last = _last_of(date(day.year, (number + 1) * length, 1))
    label = {1: f"{day:%Y-%m}", 3: f"{day:%Y}-Q{number + 1}", 6: f"{day:%Y}-S{number + 1}", 12: f"{day:%Y}"}[length]
    return Period(first, last, label)


def is_wanted(report: Report, period: Period) -> bool:
    """Whether the report is made of this period at all."""
    if report.half is not None and (period.first.day == 1) != (report.half == "first"):
        return False
    return not report.months or period.first.month in report.months


def before(every: Every, period: Period, against: str) -> Period:
    """The period that another is compared with: the `previous` one, or (`P1Y`) the same of a year before.

    A week is compared with the one 52 weeks before, 29 February with the 28th.
    """
    if against == "previous":
        return period_of(every, period.first - _DAY)
    if every == "P1W":
        return period_of(every, period.first - timedelta(weeks=52))
    year = period.first.year - 1
    return period_of(every, period.first.replace(year=year, day=min(period.first.day, _days(year, period.first.month))))


def bounds(period: Period, time_zone: str) -> tuple[datetime, datetime]:
    """The instants at which it begins and ends (UTC); the end lies in the next one."""
    return _midnight(period.first, time_zone), _midnight(period.last + _DAY, time_zone)


def times_of(report: Report, period: Period, time_zone: str, calendar: Calendar) -> Times:
    """When the report of this period begins, can be made, and is due.

    What has figures can be made when its period is over; where it is due within the period, from the beginning of the
    last day on which it may be made, and its figures count up to then. What has none can be made at any time.
    """
    starts_at, ends_at = bounds(period, time_zone)
    due_at, last_day = _due(report.due, report.every, period, ends_at, time_zone, calendar)
    cut_at = ends_at if due_at > ends_at else max(starts_at, _midnight(last_day, time_zone))
    return Times(starts_at, ends_at, cut_at, cut_at if report.counts_cases else starts_at, due_at)


def due_day(rule: ReportDue, every: Every, period: Period) -> date:
    """The last day on which a report with a due day may be made, whether or not anybody works then."""
    last = period.last
    if every == "P1D":
        day = last + (_DAY if rule.of == "next" else 0 * _DAY)
    elif every == "P1W":
        monday = period.first + (7 * _DAY if rule.of == "next" else 0 * _DAY)
        day = monday + (6 if rule.day == "last" or rule.day is None else min(rule.day, 7) - 1) * _DAY
    else:
        month = _last_of(last) + _DAY if rule.of == "next" else last
        most = _days(month.year, month.month)
        day = month.replace(day=most if rule.day == "last" or rule.day is None else min(rule.day, most))
    return day - _DAY if rule.before else day


def _due(
    rule: ReportDue | None, every: Every, period: Period, ends_at: datetime, time_zone: str, calendar: Calendar
) -> tuple[datetime, date]:
    """The instant at which it is due, and the date that ends then (of a time `within`, the date on which it lies)."""
    if rule is None:
        return ends_at, period.last
    if rule.within is not None:
        length = Duration.parse(rule.within)
        # dates are counted from the period's last day, hours from its end
        start = ends_at if length.unit in (Unit.SECONDS, Unit.IMMEDIATE) else ends_at - timedelta(microseconds=1)
        at = due(start, length, calendar, time_basis="elapsed").at
        return at, at.astimezone(zone(time_zone)).date()
    day = _working(due_day(rule, every, period), rule.holiday, calendar)
    return _midnight(day + _DAY, time_zone), day


def _working(day: date, holiday: str, calendar: Calendar) -> date:
    axis = compiled(calendar)
    if holiday == "keep" or axis.is_working_day(day.toordinal()):
        return day
    step = 1 if holiday == "later" else -1
    return date.fromordinal(axis.nth_working_day(day.toordinal(), step))


def _midnight(day: date, time_zone: str) -> datetime:
    return instant_of(local_micros(zone(time_zone), day.toordinal()))


def _last_of(day: date) -> date:
    return day.replace(day=_days(day.year, day.month))


def _days(year: int, month: int) -> int:
    return monthrange(year, month)[1]
