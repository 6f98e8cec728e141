"""Where "now" comes from. Every service asks a `Clock`; nothing else in Huiyin reads the time of day.

`RealClock` is the machine's clock. `FileClock` is virtual time shared by all processes through one small file, for
demonstrations that run faster than life. `VirtualClock` moves only by hand, for tests.
All instants are aware datetimes in UTC; all waiting times are real seconds.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from shared.business_time.clock_file import Schedule, append_segment, read_schedule, write_schedule
from shared.errors import InvalidInput

CHECK_SECONDS = 0.1
"""A clock file is looked at for changes at most this often."""
SHORTEST_NOTICE_SECONDS = 1.0
"""A change of speed is written at least this long before it rules, so that every process has read it by then."""

_REAL_NAP_SECONDS = 30.0  # the machine's clock may be set, or the machine sleep: look again now and then
_SCALED_NAP_SECONDS = 0.5  # less than the shortest notice, so that no change of speed is slept through


class Clock(Protocol):
    """What a service may know of time."""

    def now(self) -> datetime:
        """The present instant: aware, UTC, never before one that this clock gave earlier (but see `RealClock`)."""
        ...

    def rate(self) -> float:
        """Seconds of this clock's time per real second, at present; 0.0 for a clock that moves only by hand."""
        ...

    def real_seconds_until(self, instant: datetime) -> float:
        """Real seconds until this clock shows `instant`: 0.0 when it has come, infinite if it never will by itself."""
        ...

    async def sleep_until(self, instant: datetime, wake: asyncio.Event | None = None) -> None:
        """Return when this clock shows `instant` or later, or as soon as `wake` is set; `wake` is left as it is."""
        ...


class RealClock:
    """The machine's clock. It runs back only if the machine's clock is set back."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def rate(self) -> float:
        return 1.0

    def real_seconds_until(self, instant: datetime) -> float:
        return max(0.0, (instant - self.now()).total_seconds())

    async def sleep_until(self, instant: datetime, wake: asyncio.Event | None = None) -> None:
        await _nap_until(lambda: self.real_seconds_until(instant), wake, longest=_REAL_NAP_SECONDS)


class FileClock:
    """Virtual time read from a clock file (`clock_file.Schedule`): piecewise linear in real time.

    The file is read again when it has changed, looked at no oftener than every `CHECK_SECONDS`. A file that has
    vanished leaves the last known schedule in force (the stack is going down); one that is malformed raises
    `InvalidInput`. `now()` never runs back, even if the file is replaced by an earlier one: it stands still until the
    new schedule has caught up.
    """

    def __init__(self, path: Path, *, real: Callable[[], float] = time.time) -> None:
        """`real` gives the real time as POSIX seconds (tests pass their own)."""
        self._path = path
        self._real = real
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] = (0, 0, 0)
        self._checked = -math.inf
        self._schedule = read_schedule(path)
        self._latest = self._schedule.virtual_at(self._real())

    def now(self) -> datetime:
        with self._lock:
            self._refresh()
            self._latest = max(self._latest, self._schedule.virtual_at(self._real()))
            return self._latest

    def rate(self) -> float:
        with self._lock:
            self._refresh()
            return self._schedule.rate_at(self._real())

    def real_seconds_until(self, instant: datetime) -> float:
        if self.now() >= instant:
            return 0.0
        with self._lock:
            return max(0.0, self._schedule.real_when(instant) - self._real())

    async def sleep_until(self, instant: datetime, wake: asyncio.Event | None = None) -> None:
        await _nap_until(lambda: self.real_seconds_until(instant), wake, longest=_SCALED_NAP_SECONDS)

    def _refresh(self) -> None:
        elapsed = time.monotonic()
        if elapsed - self._checked < CHECK_SECONDS:
            return
        self._checked = elapsed
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if stamp != self._stamp:
                self._schedule = read_schedule(self._path)
                self._stamp = stamp
        except FileNotFoundError:
            return


class VirtualClock:
    """A clock for tests: it stands still until `set` or `advance` moves it, which wakes the sleepers that are due.

    It may be moved from another thread than the one whose event loop sleeps on it.
    """

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)
        self._lock = threading.Lock()
        self._sleepers: list[tuple[datetime, asyncio.AbstractEventLoop, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    def rate(self) -> float:
        return 0.0

    def real_seconds_until(self, instant: datetime) -> float:
        return 0.0 if instant <= self._now else math.inf

    def set(self, instant: datetime) -> None:
        """Move to `instant`; raises `InvalidInput` if that lies in this clock's past."""
        with self._lock:
            if instant < self._now:
                raise InvalidInput("a clock never runs back", field="instant")
            self._now = _utc(instant)
            for until, loop, event in self._sleepers:
                if until <= self._now:
                    loop.call_soon_threadsafe(event.set)

    def advance(self, step: timedelta) -> None:
        """Move forward by `step`; raises `InvalidInput` if it is negative."""
        self.set(self._now + step)

    async def sleep_until(self, instant: datetime, wake: asyncio.Event | None = None) -> None:
        come = asyncio.Event()
        sleeper = (instant, asyncio.get_running_loop(), come)
        with self._lock:
            if instant <= self._now:
                return
            self._sleepers.append(sleeper)
        try:
            await _either(come, wake)
        finally:
            with self._lock:
                self._sleepers.remove(sleeper)


def open_clock(path: Path | None) -> Clock:
    """The clock that a process runs on: the file's if there is one named, else the machine's."""
    return RealClock() if path is None else FileClock(path)


def write_clock(path: Path, *, real: datetime, virtual: datetime, rate: float) -> None:
    """Write a new clock file of one segment: at `real` the clock shows `virtual` and runs at `rate`. Atomic."""
    write_schedule(path, Schedule.single(real=real, virtual=virtual, rate=rate))


def change_rate(path: Path, rate: float, *, delay_seconds: float = SHORTEST_NOTICE_SECONDS) -> datetime:
    """Let the clock file's time run at `rate` from `delay_seconds` (real, >= 1) hence, without a jump. Atomic.

    Returns the real instant from which the new speed rules. Of two changes made at once, the last to write wins.
    """
    if delay_seconds < SHORTEST_NOTICE_SECONDS:
        raise InvalidInput("a change of speed needs at least one second of notice", field="delay_seconds")
    changed = append_segment(read_schedule(path), rate, real=time.time() + delay_seconds)
    write_schedule(path, changed)
    return changed.segments[-1].real


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise InvalidInput("an instant needs a time zone", field="instant")
    return instant.astimezone(UTC)


async def _nap_until(remaining: Callable[[], float], wake: asyncio.Event | None, *, longest: float) -> None:
    while (seconds := remaining()) > 0 and not (wake is not None and wake.is_set()):
        nap = min(seconds, longest)
        if wake is None:
            await asyncio.sleep(nap)
        else:
            try:
                # not wait_for: Python 3.11's swallows a cancellation that comes together with the event
                async with asyncio.timeout(nap):
                    await wake.wait()
            except TimeoutError:
                continue


async def _either(first: asyncio.Event, second: asyncio.Event | None) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in (first, second) if event is not None]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
