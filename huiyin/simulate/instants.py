"""Instants as examples write them: wall time of the procedure's zone, `2025-10-23 09:30`, where `24:00` ends a day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

from shared.business_time.zones import SECOND, instant_of, local_micros, zone

_FORM = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2})(?::(\d{2}))?")


def _is_written_well(text: str) -> str:
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("an instant is written 2025-10-23 09:30, or 09:30:59; 24:00 ends the day")
    try:
        date.fromisoformat(found[1])
    except ValueError:
        raise ValueError("there is no such date") from None
    if _of_day(found) > 24 * 3600 or int(found[3]) > 59 or int(found[4] or 0) > 59:
        raise ValueError("there is no such time of day")
    return text


WallInstant = Annotated[str, AfterValidator(_is_written_well)]
"""An instant as it stands in an example."""


def instant(text: WallInstant, time_zone: str) -> datetime:
    """The instant (UTC) that a wall time of this zone means; of an hour that comes twice, the first."""
    found = _FORM.fullmatch(text)
    assert found is not None  # noqa: S101  (checked when the example was read)
    ordinal = date.fromisoformat(found[1]).toordinal()
    return instant_of(local_micros(zone(time_zone), ordinal, _of_day(found) * SECOND)).astimezone(UTC)


def wall(at: datetime, time_zone: str) -> str:
    """The same the other way; midnight is written as 24:00 of the day that it ends."""
    local = at.astimezone(zone(time_zone))
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return f"{(local - timedelta(hours=1)):%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}" + (f":{local:%S}" if local.second else "")


def _of_day(found: re.Match[str]) -> int:
    return int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
