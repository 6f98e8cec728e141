"""How fast the home's clock runs while the demonstration goes on, and at which instant a fresh one starts.

The pipeline's latency in real time, times the clock's speed, is delay in the cases' time. So it runs slowly while
the minutes of the ladders count, and fast once only days are left. The figures were found by measuring.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock, change_rate
from shared.business_time.due import next_opening
from shared.business_time.zones import zone

FIRST_MORNING = datetime(2025, 3, 3, 1, 5, tzinfo=UTC)
"""A Monday, 09:05 in Shanghai: where a home begins that has no data yet."""
_USUAL_LAG = 1.0
"""Real seconds that the system may lag behind without the clock waiting for it."""
_SLOWEST_SHARE = 0.05
_LEAST_BETWEEN_CHANGES = 1.5
_SETTLED_IN = timedelta(minutes=5)


@dataclass(frozen=True)
class Phase:
    """From this much virtual time after the arrivals on, the clock runs at `rate`."""

    after: timedelta
    rate: float


@dataclass(frozen=True)
class Pace:
    """`arriving` is the speed while complaints come in, `resting` when all is done."""

    arriving: float
    phases: tuple[Phase, ...]
    resting: float = 60.0
    between_files: float = 0.0
    """Real seconds between two files of complaints."""
    new_york: int | None = None
    """How many of the rows of New York come in; None: all."""


BRISK = Pace(
    arriving=30.0,
    phases=(
        Phase(timedelta(0), 300.0),
        Phase(timedelta(minutes=55), 6_000.0),
        Phase(timedelta(hours=7), 100_000.0),
        Phase(timedelta(days=8), 700_000.0),
    ),
    new_york=36,
)
"""Everything within a minute: ladders of minutes, limits of hours, most limits of days, and what waits for months."""

GENTLE = Pace(
    arriving=30.0,
    phases=(
        Phase(timedelta(0), 120.0),
        Phase(timedelta(minutes=55), 2_400.0),
        Phase(timedelta(hours=9), 30_000.0),
        Phase(timedelta(days=8), 200_000.0),
    ),
    between_files=2.0,
)
"""Two to three minutes, for people who watch."""


class Driver:
    """Changes the speed of the clock file as the phases come."""

    def __init__(self, path: Path, clock: Clock, pace: Pace) -> None:
        self._path = path
        self._clock = clock
        self._pace = pace
        self._began: datetime | None = None
        self._rate: float | None = None
        self._wanted: float | None = None
        self._changed = 0.0

    def arriving(self) -> None:
        """Complaints are coming in."""
        self._set(self._pace.arriving)

    def drive(self, lag: float) -> None:
        """Complaints are in; call this often: the next phase begins when its time has come, and while the system lags
        behind (real seconds) time goes slower, so that a busy machine makes nobody late."""
        now = self._clock.now()
        if self._began is None:
            self._began = now
        passed = now - self._began
        # a change takes a second to come into force: it is asked for that much ahead
        ahead = passed + timedelta(seconds=self._clock.rate())
        wanted = [phase.rate for phase in self._pace.phases if phase.after <= ahead][-1]
        share = min(1.0, max(_SLOWEST_SHARE, _USUAL_LAG / lag)) if lag > 0 else 1.0
        if wanted == self._wanted and time.monotonic() - self._changed < _LEAST_BETWEEN_CHANGES:
            return
        aim = wanted * share
        if wanted != self._wanted or self._rate is None or not 0.7 < aim / self._rate < 1.4:
            self._wanted = wanted
            self._set(aim)

    def rest(self) -> None:
        """All is done, it seems: time goes on slowly, so that there is something to look at."""
        self._wanted = None
        self._set(self._pace.resting)

    def _set(self, rate: float) -> None:
        if rate != self._rate:
            change_rate(self._path, rate)
            self._rate, self._changed = rate, time.monotonic()


def begin(calendar: Calendar, reached: datetime | None) -> datetime:
    """Where a run starts: on the first morning, or on the next one after what the home has reached; UTC."""
    if reached is None:
        return FIRST_MORNING
    local = reached.astimezone(zone(calendar.time_zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return next_opening(midnight, calendar) + _SETTLED_IN
