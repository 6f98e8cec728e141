"""What a calendar is: an organisation's opening hours and working days, as validated data.

A local date's opening hours are, in this order of precedence: its dated special hours; none if it is a holiday; the
make-up hours if it is a make-up workday (调休); else the weekly hours of its weekday. A working day is a date that has
opening hours.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from shared.business_time.zones import DAY, SECOND, zone
from shared.errors import CalendarError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Window = tuple[int, int]
"""Opening and closing time in microseconds since local 00:00; closing at most 24:00."""
Fold = Literal["first", "second"]

_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese and English; either may be empty where nobody gave one."""

    zh: str
    en: str


@dataclass(frozen=True, eq=False)
class Calendar:
    """A calendar. Two calendars are equal when their content is (`digest`).

    `week` has seven entries from Monday, each a day's windows in order. `published_from` and `published_until` are the
    first and last date whose holidays are official; results that touch dates outside are provisional.
    `closing_in_ambiguous_hour` says which of two occurrences of a closing time in the autumn hour is meant; an opening
    time is always the first.
    """

    id: str
    version: str
    time_zone: str
    week: tuple[tuple[Window, ...], ...]
    name: Name = Name("", "")
    holidays: Mapping[date, Name] = field(default_factory=dict)
    makeup_workdays: Mapping[date, Name] = field(default_factory=dict)
    makeup_hours: tuple[Window, ...] = ()
    special_hours: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    published_from: date | None = None
    published_until: date | None = None
    closing_in_ambiguous_hour: Fold = "first"
    source: str = ""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        zone(self.time_zone)
        if not _NAME.fullmatch(self.id):
            raise CalendarError("an id is lower-case letters, digits, dots and dashes", field="id")
        if not any(self.week) and not any(self.special_hours.values()):
            raise CalendarError("the calendar never opens", field="week")
        if clash := sorted(self.holidays.keys() & self.makeup_workdays.keys()):
            raise CalendarError("a date is both a holiday and a make-up workday", field=f"makeup_workdays.{clash[0]}")
        if self.published_from and self.published_until and self.published_until < self.published_from:
            raise CalendarError("published_until lies before published_from", field="published_until")
        if self.makeup_workdays and not self.makeup_hours and not any(self.week):
            raise CalendarError("make-up workdays need hours", field="makeup_hours")
        object.__setattr__(self, "digest", _digest(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def windows(self, ordinal: int) -> tuple[Window, ...]:
        """The opening hours of a local date (proleptic ordinal), in local time."""
        day = date.fromordinal(ordinal)
        if day in self.special_hours:
            return self.special_hours[day]
        if day in self.holidays:
            return ()
        weekly = self.week[(ordinal + 6) % 7]
        if day in self.makeup_workdays:
            return self.makeup_hours or weekly or next(windows for windows in self.week if windows)
        return weekly

    def is_provisional(self, first: date, last: date) -> bool:
        """Whether any date from `first` to `last` has no official list of holidays yet."""
        return (self.published_from is not None and first < self.published_from) or (
            self.published_until is not None and last > self.published_until
        )


def calendar_from(document: Mapping[str, Any]) -> Calendar:
    """Read a calendar from its document (YAML or JSON); raises `CalendarError` naming the field.

    Keys are those of `Calendar`; windows are pairs of texts, `["09:00", "17:30"]`, the closing time up to `"24:00"`;
    dates are ISO texts or YAML dates. Holidays and make-up workdays are a list of dates or a mapping from date to a
    name (`{zh, en}` or text); a holiday with `active: false` is listed but not observed.
    """
    if not isinstance(document, Mapping):
        raise CalendarError("a calendar is a mapping", field="calendar")
    if unknown := sorted(str(key) for key in document.keys() - _KEYS):
        raise CalendarError("there is no such key", field=unknown[0])
    fold = document.get("closing_in_ambiguous_hour", "first")
    if fold not in ("first", "second"):
        raise CalendarError("choose first or second", field="closing_in_ambiguous_hour")
    return Calendar(
        id=_text(document, "id"),
        version=_text(document, "version"),
        time_zone=_text(document, "time_zone"),
        week=_week(document.get("week", {})),
        name=_name(document.get("name", ""), "name"),
        holidays=_named_dates(document.get("holidays"), "holidays"),
        makeup_workdays=_named_dates(document.get("makeup_workdays"), "makeup_workdays"),
        makeup_hours=windows_from(document.get("makeup_hours") or (), "makeup_hours"),
        special_hours=_special_hours(document.get("special_hours") or {}),
        published_from=_optional_date(document, "published_from"),
        published_until=_optional_date(document, "published_until"),
        closing_in_ambiguous_hour=fold,
        source=str(document.get("source", "")),
    )


_KEYS = frozenset(field.name for field in dataclasses.fields(Calendar) if field.init)


def windows_from(pairs: object, where: str) -> tuple[Window, ...]:
    """A day's windows from pairs of texts, in order of time; refuses close <= open and overlaps, naming `where`."""
    if isinstance(pairs, str) or not isinstance(pairs, Sequence):
        raise CalendarError("opening hours are a list of pairs", field=where)
    windows: list[Window] = []
    for index, pair in enumerate(pairs):
        at = f"{where}.{index}"
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise CalendarError("a window is a pair of an opening and a closing time", field=at)
        opens, closes = _time_of_day(pair[0], at), _time_of_day(pair[1], at)
        if closes <= opens:
            raise CalendarError("a window closes after it opens; the day ends at 24:00", field=at)
        windows.append((opens, closes))
    windows.sort()
    if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(windows)):
        raise CalendarError("windows of one day overlap", field=where)
    return tuple(windows)


def _week(document: object) -> tuple[tuple[Window, ...], ...]:
    if not isinstance(document, Mapping):
        raise CalendarError("the week maps weekdays to opening hours", field="week")
    if unknown := sorted(str(key) for key in document.keys() - set(WEEKDAYS)):
        raise CalendarError("weekdays are mon tue wed thu fri sat sun", field=f"week.{unknown[0]}")
    return tuple(windows_from(document.get(day) or (), f"week.{day}") for day in WEEKDAYS)


def _special_hours(document: object) -> dict[date, tuple[Window, ...]]:
    if not isinstance(document, Mapping):
        raise CalendarError("special hours map dates to opening hours", field="special_hours")
    return {
        _date(key, "special_hours"): windows_from(pairs or (), f"special_hours.{key}")
        for key, pairs in document.items()
    }


def _named_dates(document: object, where: str) -> dict[date, Name]:
    if document is None:
        return {}
    if isinstance(document, Mapping):
        named = {_date(key, where): value for key, value in document.items()}
        return {
            day: _name(value, f"{where}.{day}")
            for day, value in named.items()
            if not (isinstance(value, Mapping) and value.get("active") is False)
        }
    if isinstance(document, Sequence) and not isinstance(document, str):
        return {_date(entry, f"{where}.{index}"): Name("", "") for index, entry in enumerate(document)}
    raise CalendarError("dates are a list, or a mapping from date to name", field=where)


def _name(value: object, where: str) -> Name:
    if isinstance(value, Mapping):
        if value.keys() - {"zh", "en", "active"}:
            raise CalendarError("a name has zh and en", field=where)
        return Name(str(value.get("zh", "")), str(value.get("en", "")))
    if value is None or isinstance(value, str):
        return Name(value or "", value or "")
    raise CalendarError("a name is text, or zh and en", field=where)


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise CalendarError("this text is needed", field=key)
    return value


def _optional_date(document: Mapping[str, Any], key: str) -> date | None:
    value = document.get(key)
    return None if value is None else _date(value, key)


def _date(value: object, where: str) -> date:
    if type(value) is date:
        return value
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise CalendarError("a date is written 2026-01-31", field=where)


def _time_of_day(value: object, where: str) -> int:
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
        us = (hours * 3_600 + minutes * 60 + seconds) * SECOND
        if minutes < 60 and seconds < 60 and us <= DAY:
            return us
    raise CalendarError('a time of day is text from "00:00" to "24:00"', field=where)


def _digest(calendar: Calendar) -> str:
    content: dict[str, object] = {}
    for key in sorted(_KEYS):
        value = getattr(calendar, key)
        if isinstance(value, Mapping):
            content[key] = [(day.isoformat(), str(entry)) for day, entry in sorted(value.items())]
        else:
            content[key] = value if isinstance(value, tuple) else str(value)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
