"""Virtual time of a home: which speed and start a run gets, so that time never runs back from one run to the next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from huiyin.embedded.home import Home, write_atomically
from shared.business_time.clock import FileClock, write_clock
from shared.errors import InvalidInput, StackError

SAVE_EVERY_S = 1.0
_AHEAD_S = 2 * SAVE_EVERY_S
"""While running, an instant this many real seconds ahead is saved: no service has shown it when all is killed."""


@dataclass(frozen=True)
class ClockStart:
    """At the start of a run the clock shows `virtual` and runs at `rate` virtual seconds per real second."""

    virtual: datetime
    rate: float


def parse_rate(text: str) -> float:
    """`3600x` or `3600` as 3600.0; raises `InvalidInput` for anything that is not above 0 and at most 1,000,000."""
    try:
        rate = float(text.strip().lower().removesuffix("x"))
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1_000_000:
        raise InvalidInput("the speed of the clock is a number above 0, such as 3600x", field="--time")
    return rate


def parse_start(text: str) -> datetime:
    """An ISO 8601 instant with a time zone; without one it is UTC. Raises `InvalidInput`."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(
            "the start is an ISO 8601 instant, such as 2026-02-13T08:00:00+08:00", field="--from"
        ) from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def clock_start(
    rate: float | None, start: datetime | None, *, last: datetime | None, used: bool, now: datetime
) -> ClockStart | None:
    """The clock of a new run, or None for the real time.

    `last` is the virtual instant that the home reached, `used` whether it holds data already, `now` the real time.
    Raises `StackError` where the home's data would lie in the future of the new clock.
    """
    if rate is None and start is None:
        if last is not None:
            raise StackError(
                f"the data of this home comes from virtual time: it has reached {last.isoformat(timespec='minutes')}",
                hint="go on from there: huiyin up --time 1x (or faster); or take another HUIYIN_HOME",
            )
        return None
    reached = last if last is not None else (now if used else None)
    begin = start if start is not None else (reached or now)
    if reached is not None and begin < reached:
        raise StackError(
            f"time would run back: this home has reached {reached.isoformat(timespec='minutes')}",
            hint="leave out --from to go on from there, or take another HUIYIN_HOME",
        )
    return ClockStart(begin, rate if rate is not None else 1.0)


def read_last(home: Home) -> datetime | None:
    """The virtual instant that this home reached in its last run; None if it never had a scaled clock."""
    try:
        return datetime.fromisoformat(json.loads(home.clock_last_file.read_text("utf-8"))["virtual"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise StackError(
            f"the file of the last virtual instant cannot be read: {home.clock_last_file}",
            hint='write {"virtual": "<an ISO instant after the newest data>"} into it',
        ) from None


def write_start(home: Home, start: ClockStart, now: datetime) -> None:
    """Put the clock of a new run in force."""
    write_clock(home.clock_file, real=now, virtual=start.virtual, rate=start.rate)
    save_last(home, running=True)


def save_last(home: Home, *, running: bool) -> None:
    """Save how far the clock has come. While services run, a little more: they may be killed before the next save."""
    clock = FileClock(home.clock_file)
    reached = clock.now() + timedelta(seconds=clock.rate() * _AHEAD_S if running else 0)
    write_atomically(home.clock_last_file, json.dumps({"virtual": reached.isoformat()}) + "\n")
