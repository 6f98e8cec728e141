"""Calendars from files: those that come with Huiyin, and an organisation's own."""

from __future__ import annotations

import functools
import importlib.resources
from pathlib import Path
from typing import Any

import yaml

from shared.business_time.calendars import Calendar, calendar_from
from shared.errors import CalendarError


def load_calendars(extra: Path | None = None) -> dict[str, Calendar]:
    """All calendars by id: the built-in ones, and those of the folder `extra` (`*.yaml`), which replace them by id.

    Raises `CalendarError` naming the file and the field. Two files of one folder must not share an id.
    """
    calendars = dict(_built_in())
    if extra is not None and extra.is_dir():
        own: dict[str, Calendar] = {}
        for path in sorted(extra.glob("*.yaml")):
            calendar = read_calendar(path)
            if calendar.id in own:
                raise CalendarError("another file of this folder has the same id", field=f"{path.name}: id")
            own[calendar.id] = calendar
        calendars.update(own)
    return calendars


def read_calendar(path: Path) -> Calendar:
    """One calendar file; raises `CalendarError` naming the file and the field."""
    return _parsed(path.read_text(encoding="utf-8"), path.name)


@functools.cache
def _built_in() -> dict[str, Calendar]:
    folder = importlib.resources.files("shared.business_time").joinpath("data")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    calendars = [_parsed(folder.joinpath(name).read_text(encoding="utf-8"), name) for name in names]
    return {calendar.id: calendar for calendar in calendars}


def _parsed(text: str, name: str) -> Calendar:
    try:
        document: Any = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, see below
    except yaml.YAMLError:
        raise CalendarError("the file is not YAML", field=name) from None
    try:
        return calendar_from(document)
    except CalendarError as error:
        raise CalendarError(error.message, field=f"{name}: {error.field}", hint=error.hint) from None


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
