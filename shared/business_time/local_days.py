"""The days of a time zone, remembered: between an instant and a local date with its time of day, both ways.

On a date without a change of clocks the time of day is what has passed since 00:00, so a sum is enough once 00:00 is
known. The few other dates are worked out anew each time.
"""

from __future__ import annotations

import functools
from datetime import date
from zoneinfo import ZoneInfo

from shared.business_time.zones import DAY, EPOCH_ORDINAL, FIRST_YEAR, LAST_YEAR, SECOND, instant_of, local_micros

_KEPT = 8_000
"""Dates that one zone remembers, over twenty years; beyond that the memory starts afresh."""
_FIRST, _LAST = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()


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
