"""Instants as texts, in bulk: ISO 8601 with an offset in, UTC out, microseconds since the epoch between them.

The parts of the usual form `2026-01-31T10:00:00+08:00` are remembered, so that most texts cost three look-ups and no
parsing. A part is remembered only from a text that the standard library has read.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from shared.business_time.zones import DAY, EPOCH, EPOCH_ORDINAL, SECOND
from shared.errors import InvalidInput

_MOST_DAYS = 50_000
"""Dates remembered; beyond that the memory starts afresh. Times of day and offsets are few by nature."""

_USUAL = re.compile(r"(\d{4}-\d\d-\d\dT)(\d\d):(\d\d):(\d\d)(Z|[+-]\d\d:\d\d)", re.ASCII)

_days: dict[str, int] = {}
_times: dict[str, int] = {}
_offsets: dict[str, int] = {}
_day_texts: dict[int, str] = {}


def instant_from(text: object, field: str) -> int:
    """Microseconds since the epoch of a text in ISO 8601 with its offset; raises `InvalidInput` naming `field`."""
    try:
        return _days[text[:11]] + _times[text[11:19]] - _offsets[text[19:]]  # type: ignore[index]  # what is no text is refused below
    except (KeyError, TypeError):
        return _read(text, field)


def instant_text(us: int) -> str:
    """The instant in UTC, `2026-01-31T10:00:00Z`, with a fraction of six digits if it has one.

    Raises `OverflowError` or `ValueError` outside the years 1 to 9999.
    """
    days, us = us // DAY, us % DAY
    day = _day_texts.get(days)
    if day is None:
        day = date.fromordinal(EPOCH_ORDINAL + days).isoformat()
        if len(_day_texts) >= _MOST_DAYS:
            _day_texts.clear()
        _day_texts[days] = day
    seconds = us // SECOND
    if us := us % SECOND:
        return f"{day}{_MINUTES[seconds // 60]}{seconds % 60:02d}.{us:06d}Z"
    return day + _MINUTES[seconds // 60] + _SECONDS[seconds % 60]


def _read(text: object, field: str) -> int:
    try:
        if not isinstance(text, str) or not text.isprintable():
            raise ValueError
        delta = datetime.fromisoformat(text) - EPOCH  # a TypeError where the text has no offset
    except (TypeError, ValueError):
        raise InvalidInput("an instant is text in ISO 8601 with its offset", field=field) from None
    us = (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds
    if match := _USUAL.fullmatch(text):
        day, hours, minutes, seconds, offset = match.groups()
        time_of_day = (int(hours) * 3_600 + int(minutes) * 60 + int(seconds)) * SECOND
        ahead = 0
        if offset != "Z":
            ahead = (int(offset[1:3]) * 60 + int(offset[4:])) * 60 * SECOND * (-1 if offset[0] == "-" else 1)
        if len(_days) >= _MOST_DAYS:
            _days.clear()
        _days[day] = us + ahead - time_of_day
        _times[f"{hours}:{minutes}:{seconds}"] = time_of_day
        _offsets[offset] = ahead
    return us


# written out once: formatting numbers would cost more than the arithmetic
_MINUTES = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1_440)]
_SECONDS = [f"{second:02d}Z" for second in range(60)]
