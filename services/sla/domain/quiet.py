"""Moving steps to when they may be said: out of pauses, and out of quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.business_time.zones import SECOND, instant_of, local_micros, zone
from shared.procedures.model import QuietHours

Spans = Sequence[tuple[datetime, datetime | None]]


def outside_pauses(at: datetime, pauses: Spans) -> datetime | None:
    """`at`, or the end of the pause that it falls into; None if that pause has not ended.

    What comes at the very instant at which a pause begins or ends comes then.
    """
    for begins, ends in sorted(pauses, key=lambda span: span[0]):
        if begins < at and (ends is None or at < ends):
            if ends is None:
                return None
            at = ends
    return at


def outside_quiet(at: datetime, windows: Sequence[QuietHours], time_zone: str) -> datetime:
    """`at`, or the end of the quiet hours (wall time of the zone) that it falls into; their end is no longer quiet.

    Windows may adjoin or overlap. Where together they leave nothing of a day, none of them counts.
    """
    moved = at
    for _ in range(2 * len(windows) + 1):
        end = next((end for one in windows if (end := _end(moved, one, time_zone)) is not None), None)
        if end is None:
            return moved
        moved = end
    return at


def sayable(at: datetime, pauses: Spans, windows: Sequence[QuietHours], time_zone: str) -> datetime | None:
    """The first instant not before `at` that lies neither in a pause nor in quiet hours; None if a pause is open."""
    while True:
        outside = outside_pauses(at, pauses)
        if outside is None:
            return None
        moved = outside_quiet(outside, windows, time_zone)
        if moved == at:
            return at
        at = moved


def _end(at: datetime, window: QuietHours, time_zone: str) -> datetime | None:
    """When the window that `at` falls into ends; None if it falls into none."""
    local = at.astimezone(zone(time_zone))
    wall = f"{local:%H:%M}"
    overnight = window.until < window.from_
    if not (wall >= window.from_ or wall < window.until if overnight else window.from_ <= wall < window.until):
        return None
    date = local.toordinal() + (1 if overnight and wall >= window.from_ else 0)
    hours, minutes = (int(part) for part in window.until.split(":"))
    of_day = (hours * 60 + minutes) * 60 * SECOND
    end = instant_of(local_micros(zone(time_zone), date, of_day))
    # In the hour that comes twice, the first of the two may be over.
    return end if end > at else instant_of(local_micros(zone(time_zone), date, of_day, second=True))
