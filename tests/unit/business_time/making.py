"""Short ways to write calendars and instants in these tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.business_time.calendars import Calendar, calendar_from
from shared.business_time.loader import load_calendars
from shared.business_time.zones import zone

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
ALL_DAYS = (*WEEKDAYS, "sat", "sun")
NINE_TO_FIVE = [["09:00", "17:00"]]

CN = load_calendars()["cn"]
ALWAYS = load_calendars()["always"]


def calendar(
    hours: list[list[str]] | None = None, *, days: tuple[str, ...] = WEEKDAYS, tz: str = "UTC", **more: Any
) -> Calendar:
    """A calendar with the same hours on those days, 09:00 to 17:00 unless said otherwise."""
    week = dict.fromkeys(days, hours or NINE_TO_FIVE)
    return calendar_from({"id": "test", "version": "1", "time_zone": tz, "week": week} | more)


def at(text: str, tz: str = "UTC") -> datetime:
    """`2026-02-13 10:00` on the wall of that zone."""
    return datetime.fromisoformat(text).replace(tzinfo=zone(tz))


def wall(instant: datetime, tz: str = "UTC") -> str:
    """The wall time of an instant, `2026-02-13 10:00`, with seconds if there are any."""
    local = instant.astimezone(zone(tz)).replace(tzinfo=None)
    return local.isoformat(" ", "minutes") if not (local.second or local.microsecond) else local.isoformat(" ")
