"""Calendars from files: those that come with Huiyin, and an organisation's own."""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.business_time.calendars import Calendar, calendar_from
from shared.business_time.extending import extended
from shared.errors import CalendarError


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
