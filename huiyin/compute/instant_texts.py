"""Instants as texts, in bulk: ISO 8601 with an offset in, UTC out, microseconds since the epoch between them.

The parts of the usual form `2026-01-31T10:00:00+08:00` are known, so that most texts cost four look-ups and no parsing.
A date and an offset are known from then on that the standard library has read them.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from shared.business_time.zones import DAY, EPOCH, EPOCH_ORDINAL, SECOND
from shared.errors import InvalidInput

_MOST_DAYS = 50_000
"""Dates remembered; beyond that the memory starts afresh. Offsets are few by nature."""

_USUAL = re.compile(r"(\d{4}-\d\d-\d\dT)(\d\d:\d\d)(:\d\d)(Z|[+-]\d\d:\d\d)", re.ASCII)

_minutes = {f"{minute // 60:02d}:{minute % 60:02d}": minute * 60 * SECOND for minute in range(1_440)}
_seconds = {f":{second:02d}": second * SECOND for second in range(60)}
_days: dict[str, int] = {}
_offsets: dict[str, int] = {}
_day_texts: dict[int, str] = {}


def instant_from(text: object, field: str) -> int:
    """Microseconds since the epoch of a text in ISO 8601 with its offset; raises `InvalidInput` naming `field`."""
    try:
        return _days[text[:11]] + _minutes[text[11:16]] + _seconds[text[16:19]] - _offsets[text[19:]]  # type: ignore[index]
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
    if (match := _USUAL.fullmatch(text)) and match[2] in _minutes:  # 24:00 is none of them
        day, minute, second, offset = match.groups()
        ahead = 0
        if offset != "Z":
            ahead = (int(offset[1:3]) * 60 + int(offset[4:])) * 60 * SECOND * (-1 if offset[0] == "-" else 1)
        if len(_days) >= _MOST_DAYS:
            _days.clear()
        _days[day] = us + ahead - _minutes[minute] - _seconds[second]
        _offsets[offset] = ahead
    return us


# written out once: formatting numbers would cost more than the arithmetic
_MINUTES = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1_440)]
_SECONDS = [f"{second:02d}Z" for second in range(60)]
