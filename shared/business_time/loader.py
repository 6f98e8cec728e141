"""Calendars from files: those that come with Huiyin, and an organisation's own, which may add to another calendar.

A document with `extends: cn` says only what is new (a year that was published, a local day off, other hours on some
dates); the result is a whole calendar with a version of its own.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from shared.business_time.calendars import WEEKDAYS, Calendar, Name, Window, calendar_from
from shared.errors import CalendarError

_EXTENSION_KEYS = frozenset(
    ("extends", "id", "version", "name", "holidays", "makeup_workdays", "makeup_hours", "special_hours",
     "published_until", "source")
)  # fmt: skip


def load_calendars(extra: Path | None = None) -> dict[str, Calendar]:
    """All calendars by id: the built-in ones, and those of the folder `extra` (`*.yaml`), which replace them by id.

    A file may extend a built-in calendar, a whole one of the folder, or one of an earlier file name.
    Raises `CalendarError` naming the file and the field. Two files of one folder must not share an id.
    """
    calendars = dict(_built_in())
    if extra is not None and extra.is_dir():
        own: dict[str, Calendar] = {}
        documents = [
            (path.name, _document(path.read_text("utf-8"), path.name)) for path in sorted(extra.glob("*.yaml"))
        ]
        for name, document in sorted(documents, key=lambda found: is_extension(found[1])):
            calendar = _calendar(document, name, calendars | own)
            if calendar.id in own:
                raise CalendarError("another file of this folder has the same id", field=f"{name}: id")
            own[calendar.id] = calendar
        calendars.update(own)
    return calendars


def read_calendar(path: Path, calendars: Mapping[str, Calendar] | None = None) -> Calendar:
    """One calendar file, which may extend one of `calendars` (absent: the built-in ones).

    Raises `CalendarError` naming the file and the field.
    """
    known = _built_in() if calendars is None else calendars
    return _calendar(_document(path.read_text(encoding="utf-8"), path.name), path.name, known)


def document_from(path: Path) -> Any:
    """A calendar file's document, as `read_document` takes it; raises `CalendarError` for what is not YAML."""
    return _document(path.read_text(encoding="utf-8"), path.name)


def read_document(document: Any, calendars: Mapping[str, Calendar]) -> Calendar:
    """A calendar from its document (as `calendar_from`), which may extend one of `calendars` (as `extended`)."""
    return extended(document, calendars) if is_extension(document) else calendar_from(document)


def is_extension(document: Any) -> bool:
    """Whether the document adds to another calendar instead of being a whole one."""
    return isinstance(document, Mapping) and "extends" in document


def extended(document: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar that `document` makes of the one it names in `extends`; raises `CalendarError` naming the field.

    `id` is the other's unless it is given. What it lists for a date replaces what the other lists; a
    holiday with `active: false` is none any more. `published_until` may only move on; between the other's last
    published date and it the listed holidays and make-up workdays are all there are: what is official replaces what
    was expected.
    """
    base = calendars.get(document["extends"]) if isinstance(document.get("extends"), str) else None
    if base is None:
        raise CalendarError("there is no such calendar to extend", field="extends", hint="huiyin calendar list")
    if unknown := sorted(str(key) for key in document.keys() - _EXTENSION_KEYS):
        raise CalendarError(
            "an extension has no such key", field=unknown[0], hint=f"it may have {', '.join(sorted(_EXTENSION_KEYS))}"
        )
    own = calendar_from({**_frame(base), **{key: value for key, value in document.items() if key != "extends"}})
    if (own.id, own.version) == (base.id, base.version):
        raise CalendarError("an extension needs a version of its own", field="version")
    until = _published_until(own, base)
    inactive = _inactive(document.get("holidays"))
    listed = own.holidays.keys() | own.makeup_workdays.keys() | inactive
    _require_a_list(own, base, until)
    return dataclasses.replace(
        base,
        id=own.id,
        version=own.version,
        name=own.name if "name" in document else base.name,
        holidays={**_left(base.holidays, base, until, listed), **own.holidays},
        makeup_workdays={**_left(base.makeup_workdays, base, until, listed), **own.makeup_workdays},
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


@functools.cache
def _built_in() -> dict[str, Calendar]:
    folder = importlib.resources.files("shared.business_time").joinpath("data")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    texts = [(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names]
    calendars = [_calendar(_document(text, name), name, {}) for name, text in texts]
    return {calendar.id: calendar for calendar in calendars}


def _document(text: str, name: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, see below
    except yaml.YAMLError:
        raise CalendarError("the file is not YAML", field=name) from None


def _calendar(document: Any, name: str, calendars: Mapping[str, Calendar]) -> Calendar:
    try:
        return read_document(document, calendars)
    except CalendarError as error:
        raise CalendarError(error.message, field=f"{name}: {error.field}", hint=error.hint) from None


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _frame(base: Calendar) -> dict[str, Any]:
    """What every calendar needs and an extension does not give."""
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
    dates: Mapping[date, Name], base: Calendar, until: date | None, listed: set[date] | frozenset[date]
) -> dict[date, Name]:
    """The extended calendar's dates that still hold."""
    last = base.published_until
    return {
        day: name
        for day, name in dates.items()
        if day not in listed and not (last is not None and until is not None and last < day <= until)
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
