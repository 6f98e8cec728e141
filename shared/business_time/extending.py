"""Calendars that add to another: a year that was published, a local day off, other hours on some dates.

A document with `extends: cn` says only what is new; the result is a whole calendar with a version of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.business_time.calendars import WEEKDAYS, Calendar, Name, Window, calendar_from
from shared.errors import CalendarError

_KEYS = frozenset(
    ("extends", "id", "version", "name", "holidays", "makeup_workdays", "makeup_hours", "special_hours",
     "published_until", "source")
)  # fmt: skip


def extended(document: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar that `document` makes of the one it names in `extends`; raises `CalendarError` naming the field.

    `id` is the other's unless it is given. What is said of a date holds instead of what the other says of it; a
    holiday with `active: false` is none any more. `published_until` may only move on; between the other's last
    published date and it the listed holidays and make-up workdays are all there are: what is official replaces what
    was expected.
    """
    base = calendars.get(document["extends"]) if isinstance(document.get("extends"), str) else None
    if base is None:
        raise CalendarError("there is no such calendar to extend", field="extends", hint="huiyin calendar list")
    if unknown := sorted(str(key) for key in document.keys() - _KEYS):
        raise CalendarError(
            "an extension has no such key", field=unknown[0], hint=f"it may have {', '.join(sorted(_KEYS))}"
        )
    own = calendar_from({**_frame(base), **{key: value for key, value in document.items() if key != "extends"}})
    if (own.id, own.version) == (base.id, base.version):
        raise CalendarError("an extension needs a version of its own", field="version")
    until = _published_until(own, base)
    inactive = _inactive(document.get("holidays"))
    said = own.holidays.keys() | own.makeup_workdays.keys() | inactive
    _require_a_list(own, base, until)
    return dataclasses.replace(
        base,
        id=own.id,
        version=own.version,
        name=own.name if "name" in document else base.name,
        holidays={**_left(base.holidays, base, until, said), **own.holidays},
        makeup_workdays={**_left(base.makeup_workdays, base, until, said), **own.makeup_workdays},
        makeup_hours=own.makeup_hours or base.makeup_hours,
        special_hours={**base.special_hours, **own.special_hours},
        published_until=until,
        source="; ".join(text for text in (base.source, own.source) if text),
    )


def document_of(calendar: Calendar) -> dict[str, Any]:
    """A calendar as the document from which `calendar_from` reads an equal one (plain data for YAML or JSON)."""
    document: dict[str, Any] = {
        "id": calendar.id,
        "version": calendar.version,
        "name": _name(calendar.name),
        "time_zone": calendar.time_zone,
        "source": calendar.source,
        "closing_in_ambiguous_hour": calendar.closing_in_ambiguous_hour,
        "week": {day: _hours(windows) for day, windows in zip(WEEKDAYS, calendar.week, strict=True) if windows},
        "makeup_hours": _hours(calendar.makeup_hours),
        "holidays": {day.isoformat(): _name(name) for day, name in sorted(calendar.holidays.items())},
        "makeup_workdays": {day.isoformat(): _name(name) for day, name in sorted(calendar.makeup_workdays.items())},
        "special_hours": {day.isoformat(): _hours(hours) for day, hours in sorted(calendar.special_hours.items())},
    }
    for key in ("published_from", "published_until"):
        if (day := getattr(calendar, key)) is not None:
            document[key] = day.isoformat()
    return document


def _frame(base: Calendar) -> dict[str, Any]:
    """What every calendar needs and an extension does not say."""
    week = {day: _hours(windows) for day, windows in zip(WEEKDAYS, base.week, strict=True)}
    special = {day.isoformat(): _hours(hours) for day, hours in base.special_hours.items()}
    return {"id": base.id, "time_zone": base.time_zone, "week": week, "special_hours": special}


def _published_until(own: Calendar, base: Calendar) -> date | None:
    if own.published_until is None:
        return base.published_until
    if base.published_until is None or own.published_until < base.published_until:
        raise CalendarError("published_until may only move on from the extended calendar's", field="published_until")
    return own.published_until


def _require_a_list(own: Calendar, base: Calendar, until: date | None) -> None:
    """Each year that becomes official whole lists holidays: one forgotten would make working days of all of them."""
    if until is None or base.published_until is None:
        return
    first = base.published_until.year + (1 if base.published_until >= date(base.published_until.year, 12, 31) else 0)
    for year in range(first, until.year + 1):
        if until >= date(year, 12, 31) and not any(day.year == year for day in own.holidays):
            raise CalendarError("a year that becomes official lists its holidays", field="holidays")


def _left(
    dates: Mapping[date, Name], base: Calendar, until: date | None, said: set[date] | frozenset[date]
) -> dict[date, Name]:
    """The extended calendar's dates that still hold."""
    last = base.published_until
    return {
        day: name
        for day, name in dates.items()
        if day not in said and not (last is not None and until is not None and last < day <= until)
    }


def _inactive(holidays: object) -> set[date]:
    """Dates listed with `active: false`; the form has been checked before."""
    if not isinstance(holidays, Mapping):
        return set()
    return {
        day if isinstance(day, date) else date.fromisoformat(day)
        for day, value in holidays.items()
        if isinstance(value, Mapping) and value.get("active") is False
    }


def _name(name: Name) -> dict[str, str]:
    return {"zh": name.zh, "en": name.en}


def _hours(windows: tuple[Window, ...]) -> list[list[str]]:
    return [[_time(opens), _time(closes)] for opens, closes in windows]


def _time(us: int) -> str:
    minutes, seconds = divmod(us // 1_000_000, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
