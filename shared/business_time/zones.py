"""Time zones, and the one place where local time becomes an instant.

Zones come from the `tzdata` package that the lock file pins, never from the machine, so that two machines with
different system packages compute the same due date. `TZDATA_VERSION` is recorded with results that are kept.

Inside the engine an instant is a whole number of microseconds since 1970-01-01T00:00Z: exact, ordered, fast.
A local time that does not exist (the spring gap) is moved forward by the length of the gap; one that exists twice
is the first of the two (PEP 495, fold=0), unless the second is asked for.

`LocalDays` remembers the days of a zone, for this goes both ways all the time: on a date without a change of clocks the
time of day is what has passed since 00:00, so a sum is enough once 00:00 is known. The few other dates are worked out
anew each time.
"""

from __future__ import annotations

import functools
import importlib.resources
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

from shared.errors import CalendarError, CalendarNeverOpen, InvalidInput

TZDATA_VERSION: str = tzdata.IANA_VERSION
"""The release of the IANA time zone database in use, for example `2026c`."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
SECOND = 1_000_000
FIRST_YEAR, LAST_YEAR = 3, 9_990
"""Instants and dates outside these years are refused: room for zones' offsets at both ends of Python's dates."""
DAY = 86_400 * SECOND

_KEPT = 8_000
"""Dates that one zone remembers, over twenty years; beyond that the memory starts afresh."""
_FIRST, _LAST = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()
_LONGEST_NAME = 64  # no file system would look for a much longer one


@functools.cache
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; raises `CalendarError` on `time_zone` if there is none."""
    parts = name.split("/")
    if len(name) <= _LONGEST_NAME and all(
        part and part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in parts
    ):
        path = importlib.resources.files("tzdata").joinpath("zoneinfo", *parts)
        if path.is_file():
            with path.open("rb") as file:
                try:
                    return ZoneInfo.from_file(file, key=name)
                except ValueError:  # the package holds tables beside the zones
                    pass
    raise CalendarError("there is no such time zone", field="time_zone", hint="use an IANA name like Asia/Shanghai")


def micros(instant: datetime, *, field: str = "instant") -> int:
    """Microseconds since the epoch; raises `InvalidInput` naming `field` if the instant has no zone or no sane year."""
    if instant.tzinfo is None:
        raise InvalidInput("an instant needs a time zone", field=field)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise InvalidInput(f"an instant lies in the years {FIRST_YEAR} to {LAST_YEAR}", field=field)
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def instant_of(us: int) -> datetime:
    """The aware UTC instant of microseconds since the epoch; raises `CalendarNeverOpen` past the end of time."""
    seconds, us = divmod(us, SECOND)
    days, seconds = divmod(seconds, 86_400)
    try:
        return EPOCH + timedelta(days, seconds, us)  # far faster than naming the microseconds alone
    except OverflowError:
        raise CalendarNeverOpen("the answer lies beyond the calendar's horizon", field="instant") from None


def local_micros(tz: ZoneInfo, ordinal: int, us_of_day: int = 0, *, second: bool = False) -> int:
    """Microseconds since the epoch of a local wall time: `us_of_day` (0 to 24:00 inclusive) on the date `ordinal`."""
    if us_of_day == DAY:
        ordinal, us_of_day = ordinal + 1, 0
    naive = (ordinal - EPOCH_ORDINAL) * DAY + us_of_day
    wall = datetime.fromordinal(ordinal) + timedelta(0, us_of_day // SECOND, us_of_day % SECOND)
    offset = tz.utcoffset(wall.replace(fold=1) if second and _ambiguous(tz, wall) else wall)
    assert offset is not None  # noqa: S101  # a ZoneInfo always knows its offset
    return naive - (offset.days * 86_400 + offset.seconds) * SECOND


def _ambiguous(tz: ZoneInfo, wall: datetime) -> bool:
    first, second = tz.utcoffset(wall), tz.utcoffset(wall.replace(fold=1))
    return first is not None and second is not None and second < first


class LocalDays:
    """The dates of one zone. Instants are microseconds since the epoch, dates proleptic ordinals.

    Safe to share between threads: what is remembered never changes.
    """

    def __init__(self, tz: ZoneInfo) -> None:
        self._zone = tz
        self._midnights: dict[int, int] = {}
        self._offset = 0  # where to look first; only a guess

    def locate(self, at: int) -> tuple[int, int]:
        """The local date on which `at` falls, and the time of day on the wall as microseconds since 00:00."""
        ordinal = (at + self._offset) // DAY + EPOCH_ORDINAL
        midnight = self._midnights.get(ordinal)
        if midnight is not None and 0 <= at - midnight < DAY:
            return ordinal, at - midnight
        ordinal, wall = self._looked_up(at)
        if self._remembered(ordinal) is not None:
            self._offset = (ordinal - EPOCH_ORDINAL) * DAY + wall - at
        return ordinal, wall

    def wall_time(self, ordinal: int, us_of_day: int) -> int:
        """The instant of a local wall time on a date; `zones.local_micros` says what DST does to it."""
        midnight = self._midnights.get(ordinal)
        if midnight is None:
            midnight = self._remembered(ordinal)
            if midnight is None:
                return local_micros(self._zone, ordinal, us_of_day)
        return midnight + us_of_day

    def _remembered(self, ordinal: int) -> int | None:
        """00:00 of a date without a change of clocks, remembered from now on; None for other dates."""
        if not _FIRST <= ordinal <= _LAST:
            return None
        midnight = local_micros(self._zone, ordinal)
        if local_micros(self._zone, ordinal, DAY) - midnight != DAY:  # no zone changes its offset twice in a day
            return None
        # in 1919 Toronto's clocks went from 23:30 to 00:30: 24 hours between two midnights, and 23:45 not among them
        if self._looked_up(midnight + DAY - 1) != (ordinal, DAY - 1):
            return None
        if len(self._midnights) >= _KEPT:
            self._midnights = {}
        self._midnights[ordinal] = midnight
        return midnight

    def _looked_up(self, at: int) -> tuple[int, int]:
        local = instant_of(at).astimezone(self._zone)
        return local.toordinal(), (local.hour * 3_600 + local.minute * 60 + local.second) * SECOND + local.microsecond


@functools.cache
def local_days(tz: ZoneInfo) -> LocalDays:
    """The days of that zone, shared by all its calendars."""
    return LocalDays(tz)
