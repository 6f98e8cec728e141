"""The near horizon: the instants at which shards have timers due soon, in memory. The timers themselves stay rows."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable
from datetime import datetime


class Horizon:
    """What is known of the near future of each shard. Says when to look, never what to fire.

    Of a shard with many timers only the first instants are read. When those have come it counts as due all the time:
    while its pages bring something, to read on would bring only what is known.
    """

    def __init__(self, shards: Iterable[int]) -> None:
        self._due: dict[int, list[datetime]] = {shard: [] for shard in shards}
        self._until: datetime | None = None
        self._cut: dict[int, datetime] = {}

    def read(self, found: Iterable[tuple[int, datetime]], until: datetime, each: int) -> None:
        """Take in all instants up to `until`, at most `each` of a shard."""
        for due in self._due.values():
            due.clear()
        for shard, at in found:
            self._due[shard].append(at)
        for due in self._due.values():
            due.sort()
        self._cut = {shard: due[-1] for shard, due in self._due.items() if len(due) >= each}
        self._until = until

    def armed(self, found: Iterable[tuple[int, datetime]]) -> bool:
        """Take in timers that were just armed; returns whether one of them is within the horizon."""
        near = [(shard, at) for shard, at in found if self._until is not None and at <= self._until]
        for shard, at in near:
            insort(self._due[shard], at)
        return bool(near)

    def due(self, now: datetime) -> set[int]:
        """Shards with something due, as far as is known."""
        known = {shard for shard, due in self._due.items() if due and due[0] <= now}
        return known | {shard for shard, last in self._cut.items() if last <= now}

    def done(self, shard: int, now: datetime) -> None:
        """All of the shard that was due by `now` has been fired."""
        due = self._due[shard]
        del due[: bisect_right(due, now)]

    def exhausted(self, now: datetime, *, without: Collection[int] = ()) -> bool:
        """Whether one of the shards has more timers than were read, and all that were read have come."""
        return any(last <= now for shard, last in self._cut.items() if shard not in without)

    def next(self, *, without: Collection[int] = ()) -> datetime | None:
        """The earliest instant known of the shards."""
        firsts = (due[0] for shard, due in self._due.items() if due and shard not in without)
        cuts = (last for shard, last in self._cut.items() if shard not in without)
        return min((*firsts, *cuts), default=None)
