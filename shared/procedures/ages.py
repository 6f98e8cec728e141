"""How old something was when a complaint was received: limitation periods, warranties, shelf lives. Pure.

The fact `received.at` is the instant of receipt as a local time with its offset, so that an age is counted in the
procedure's own days whatever service judges it.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from shared.business_time.durations import Duration, Unit

RECEIVED_AT = "received.at"
"""The coded attribute with the local time of receipt: `2025-03-03T10:00:00+08:00`."""

_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}
_MONTHS = {Unit.MONTHS: 1, Unit.YEARS: 12}


def is_age(duration: Duration) -> bool:
    """Whether it counts calendar days, weeks, months or years, forwards."""
    return duration.unit in (*_DAYS, *_MONTHS) and duration.count >= 0


def is_older(value: object, age: Duration, received_at: object) -> bool | None:
    """Whether a date (or an instant, by its local date) lay more than `age` before the receipt.

    On the last day of the time it is not older yet: with P90D, day 90 still counts. None where either is unknown or
    no date. The day of the month is the last one where a month is too short (31 January and a month: 28 February).
    """
    try:
        received = datetime.fromisoformat(received_at) if isinstance(received_at, str) else None
        if received is None or not isinstance(value, str):
            return None
        return _later(_local_date(value, received), age) < received.date()
    except ValueError:
        return None
    except OverflowError:  # beyond the last year that there is
        return False


def _local_date(value: str, received: datetime) -> date:
    if len(value) == len("2025-03-03"):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value).astimezone(received.tzinfo).date()


def _later(start: date, age: Duration) -> date:
    if age.unit in _DAYS:
        return start + timedelta(days=age.count * _DAYS[age.unit])
    months = start.year * 12 + start.month - 1 + age.count * _MONTHS[age.unit]
    year, month = divmod(months, 12)
    if year > date.max.year:
        raise OverflowError
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
