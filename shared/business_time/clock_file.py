"""The clock file: how virtual time follows from real time, as JSON that every process of a stack reads.

`{"segments": [{"real": ISO, "virtual": ISO, "rate": float}, …]}`, in order of `real`. The last segment whose `real` has
come rules; before the first, the first rules. Virtual time never runs back: each segment begins where its predecessor
has got to, or later, and every rate is above zero.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import tempfile
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Segment:
    """From the real instant `real` on, time starts at `virtual` and runs `rate` virtual seconds a real second."""

    real: datetime
    virtual: datetime
    rate: float

    def virtual_at(self, real_seconds: float) -> datetime:
        """The virtual instant at a real time in POSIX seconds, to the microsecond."""
        return self.virtual + timedelta(seconds=(real_seconds - posix(self.real)) * self.rate)

    def real_when(self, virtual: datetime) -> float:
        """The real time (POSIX seconds) at which this segment's line reaches `virtual`."""
        return posix(self.real) + (virtual - self.virtual).total_seconds() / self.rate


@dataclass(frozen=True, slots=True)
class Schedule:
    """A valid, non-empty sequence of segments."""

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        if not self.segments:
            raise InvalidInput("a clock needs at least one segment", field="segments")
        for index, segment in enumerate(self.segments):
            if not (math.isfinite(segment.rate) and segment.rate > 0):
                raise InvalidInput("a clock's rate is a number above zero", field=f"segments.{index}.rate")
        for index, (before, after) in enumerate(itertools.pairwise(self.segments), start=1):
            if after.real < before.real:
                raise InvalidInput("segments stand in order of real time", field=f"segments.{index}.real")
            if after.virtual < before.virtual_at(posix(after.real)):
                raise InvalidInput("virtual time never runs back", field=f"segments.{index}.virtual")

    @classmethod
    def single(cls, *, real: datetime, virtual: datetime, rate: float) -> Schedule:
        """One segment."""
        return cls((Segment(_aware(real, "real"), _aware(virtual, "virtual"), rate),))

    def virtual_at(self, real_seconds: float) -> datetime:
        """The virtual instant at a real time in POSIX seconds."""
        return self.segments[self._ruling(real_seconds)].virtual_at(real_seconds)

    def rate_at(self, real_seconds: float) -> float:
        """Virtual seconds a real second at a real time in POSIX seconds."""
        return self.segments[self._ruling(real_seconds)].rate

    def real_when(self, virtual: datetime) -> float:
        """The earliest real time (POSIX seconds) at which virtual time has reached `virtual`."""
        for index, after in enumerate(self.segments[1:]):
            end = posix(after.real)
            if self.segments[index].virtual_at(end) >= virtual:
                return self.segments[index].real_when(virtual)
            if after.virtual >= virtual:  # the time in question was jumped over
                return end
        return self.segments[-1].real_when(virtual)

    def _ruling(self, real_seconds: float) -> int:
        return max(0, bisect_right(self.segments, real_seconds, key=lambda segment: posix(segment.real)) - 1)


def append_segment(schedule: Schedule, rate: float, *, real: float) -> Schedule:
    """The schedule with a change to `rate` at `real` (POSIX seconds), but not before its last segment begins."""
    begins = max(real, posix(schedule.segments[-1].real))
    at = _EPOCH + timedelta(seconds=begins)
    return Schedule((*schedule.segments, Segment(at, schedule.virtual_at(posix(at)), rate)))


def read_schedule(path: Path) -> Schedule:
    """Read a clock file; raises `InvalidInput` naming the field if it is malformed, `FileNotFoundError` if absent."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise InvalidInput("the clock file is not JSON", field="segments") from None
    if not isinstance(document, dict) or not isinstance(document.get("segments"), list):
        raise InvalidInput("the clock file holds a list of segments", field="segments")
    return Schedule(tuple(_segment(entry, index) for index, entry in enumerate(document["segments"])))


def write_schedule(path: Path, schedule: Schedule) -> None:
    """Replace the clock file in one step: a reader sees the old one or the new one."""
    document = {
        "segments": [
            {"real": segment.real.isoformat(), "virtual": segment.virtual.isoformat(), "rate": segment.rate}
            for segment in schedule.segments
        ]
    }
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def posix(instant: datetime) -> float:
    """POSIX seconds of an aware instant, exact to the microsecond."""
    return ((instant - _EPOCH) // _MICROSECOND) / 1_000_000


def _segment(entry: object, index: int) -> Segment:
    field = f"segments.{index}"
    if not isinstance(entry, Mapping):
        raise InvalidInput("a segment is an object", field=field)
    rate = entry.get("rate")
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise InvalidInput("a segment's rate is a number", field=f"{field}.rate")
    return Segment(
        _instant(entry.get("real"), f"{field}.real"), _instant(entry.get("virtual"), f"{field}.virtual"), rate
    )


def _instant(text: object, field: str) -> datetime:
    try:
        return _aware(datetime.fromisoformat(str(text)), field)
    except ValueError:
        raise InvalidInput("an instant is written in ISO 8601", field=field) from None


def _aware(instant: datetime, field: str) -> datetime:
    if instant.tzinfo is None:
        raise InvalidInput("an instant needs a time zone", field=field)
    return instant.astimezone(UTC)
