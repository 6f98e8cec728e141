"""Spans of time in which a clock stands: limited, and put together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.business_time.calendars import Calendar
from shared.business_time.due import Basis, due
from shared.business_time.durations import Duration

Span = tuple[datetime, datetime | None]


def limited(begins: datetime, ends: datetime | None, at_most: str, calendar: Calendar, basis: Basis) -> datetime:
    """When a pause ends that may not last longer than `at_most`."""
    limit = due(begins, Duration.parse(at_most), calendar, basis=basis).at
    return limit if ends is None or ends > limit else ends


def united(spans: Iterable[Span]) -> list[Span]:
    """The union as disjoint spans in order, without empty ones; None: has not ended."""
    found: list[Span] = []
    for begins, ends in sorted(spans, key=lambda span: span[0]):
        last = found[-1][1] if found else begins
        if found and (last is None or begins <= last):
            if last is not None and (ends is None or ends > last):
                found[-1] = (found[-1][0], ends)
        elif ends is None or ends > begins:
            found.append((begins, ends))
    return found
