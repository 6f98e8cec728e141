"""Pauses: spans in which a clock stands still. Only their overlap with time that would have counted is taken out.

`Axis` is what a clock counts on: a compiled calendar, or `WALL` for elapsed time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from shared.business_time.zones import micros
from shared.errors import InvalidInput

Pauses = Sequence[tuple[datetime, datetime | None]]
"""Spans from an instant to another, in any order, overlapping or not; None: the pause has not ended."""

FOREVER = 1 << 62
"""The end, in microseconds, of a pause that has not ended."""


class Axis(Protocol):
    """A measure of time; see `CompiledCalendar`."""

    def elapsed(self, start: int, end: int) -> int: ...

    def add(self, start: int, amount: int) -> int: ...


class _Wall:
    def elapsed(self, start: int, end: int) -> int:
        return end - start

    def add(self, start: int, amount: int) -> int:
        return start + amount


WALL: Axis = _Wall()
"""Elapsed time: every second counts."""


def united(pauses: Pauses) -> list[tuple[int, int]]:
    """The union of the pauses as sorted disjoint spans in microseconds; raises `InvalidInput` if one ends too early."""
    return united_spans(
        [
            (micros(begins, field="pauses"), FOREVER if ends is None else micros(ends, field="pauses"))
            for begins, ends in pauses
        ]
    )


def united_spans(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """As `united`, of pauses in microseconds."""
    if len(pairs) > 1:
        pairs = sorted(pairs)
    spans: list[tuple[int, int]] = []
    for begins, ends in pairs:
        if ends < begins:
            raise InvalidInput("a pause ends before it begins", field="pauses")
        if spans and begins <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], ends))
        elif ends > begins:
            spans.append((begins, ends))
    return spans


def add_paused(axis: Axis, start: int, amount: int, spans: list[tuple[int, int]]) -> int | None:
    """The instant at which `amount` has been counted outside the pauses; None if an unended pause keeps it from that.

    An amount used up at the very instant a pause begins ends there. A zero amount inside a pause ends after it.
    """
    end = axis.add(start, amount)
    if amount < 0:
        for begins, ends in reversed(spans):
            ends = min(ends, start)
            if ends <= end:
                break
            if begins < start:
                amount -= axis.elapsed(begins, ends)
                end = axis.add(start, amount)
        return end
    nothing = amount == 0
    for begins, ends in spans:
        if ends <= start:
            continue
        if begins > end or (begins == end and not nothing):
            break
        if ends == FOREVER:
            return None
        if nothing:
            end = axis.add(max(end, ends), 0)
        else:
            amount += axis.elapsed(max(begins, start), ends)
            end = axis.add(start, amount)
    return end


def elapsed_paused(axis: Axis, start: int, end: int, spans: list[tuple[int, int]]) -> int:
    """Microseconds counted from `start` to `end` (not before it) outside the pauses."""
    counted = axis.elapsed(start, end)
    for begins, ends in spans:
        if ends > start and begins < end:
            counted -= axis.elapsed(max(begins, start), min(ends, end))
    return counted


def clipped(start: int, end: int, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of the spans that lie between `start` and `end`."""
    for begins, ends in spans:
        if ends > start and begins < end:
            yield max(begins, start), min(ends, end)
