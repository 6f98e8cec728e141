"""How fast the home's clock runs while the demonstration goes on, and at which instant a fresh one starts.

The pipeline's latency in real time, times the clock's speed, is delay in the cases' time. So it runs slowly while
the minutes of the ladders count, and fast once only days are left. The figures were found by measuring.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock, change_rate
from shared.business_time.due import next_opening
from shared.business_time.zones import zone

FIRST_MORNING = datetime(2025, 3, 3, 1, 5, tzinfo=UTC)
"""A Monday, 09:05 in Shanghai: where a home begins that has no data yet."""
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


BRISK = Pace(
    arriving=30.0,
    phases=(
        Phase(timedelta(0), 300.0),
        Phase(timedelta(minutes=55), 6_000.0),
        Phase(timedelta(hours=7), 400_000.0),
    ),
)
"""Everything within a minute."""

GENTLE = Pace(
    arriving=30.0,
    phases=(
        Phase(timedelta(0), 120.0),
        Phase(timedelta(minutes=60), 2_400.0),
        Phase(timedelta(hours=12), 120_000.0),
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

    def arriving(self) -> None:
        """Complaints are coming in."""
        self._set(self._pace.arriving)

    def drive(self) -> None:
        """Complaints are in; call this often: the next phase begins when its time has come."""
        now = self._clock.now()
        if self._began is None:
            self._began = now
        passed = now - self._began
        # a change takes a second to come into force: it is asked for that much ahead
        ahead = passed + timedelta(seconds=self._clock.rate())
        self._set([phase.rate for phase in self._pace.phases if phase.after <= ahead][-1])

    def rest(self) -> None:
        """All is done: time goes on slowly, so that there is something to look at."""
        self._set(self._pace.resting)

    def _set(self, rate: float) -> None:
        if rate != self._rate:
            change_rate(self._path, rate)
            self._rate = rate


def begin(calendar: Calendar, reached: datetime | None) -> datetime:
    """Where a run starts: on the first morning, or on the next one after what the home has reached; UTC."""
    if reached is None:
        return FIRST_MORNING
    local = reached.astimezone(zone(calendar.time_zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return next_opening(midnight, calendar) + _SETTLED_IN
