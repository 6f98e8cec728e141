"""Cells of a history as instants and facts (pure). Raises `Unreadable`, whose text never holds the value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from huiyin.tabular.text_rows import Cell
from huiyin.tabular.values import Reading, one_of
from shared.business_time.zones import FIRST_YEAR, LAST_YEAR
from shared.errors import InvalidInput
from shared.procedures.check.known_facts import PERIODS
from shared.procedures.fields import Unreadable, choose, normalized_name
from shared.procedures.model import Named, Procedure

_DATE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{8}|[2-7]\d{4}")
_HOURS = ("%H", "%I", "%c", "%X", "%s")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as a cell gives it: the first that it can mean, and the last. They differ for a date without a time:
    that day's start and its end (24:00)."""

    first: datetime
    last: datetime

    @property
    def whole_day(self) -> bool:
        """Whether the cell says a date alone."""
        return self.first != self.last


@dataclass(frozen=True)
class Moments:
    """Reads instants (UTC). A midnight in a workbook is a date alone, because workbooks keep dates so; elsewhere it is
    one if `midnight_is_day`."""

    reading: Reading
    midnight_is_day: bool = False

    def moment(self, cell: Cell) -> Moment:
        """The instant that a cell shows. Raises `Unreadable`."""
        try:
            shown = datetime.fromisoformat(self.reading.instant(cell))
            first = shown.astimezone(UTC)
            if not FIRST_YEAR < first.year < LAST_YEAR:
                raise ValueError
            if not self._is_date(cell, shown):
                return Moment(first, first)
            following = self.reading.instant(shown.date() + timedelta(1))
        except (ValueError, OverflowError):
            raise Unreadable("not-a-time", "this year lies outside what can be computed") from None
        return Moment(first, datetime.fromisoformat(following).astimezone(UTC))

    def due(self, cell: Cell) -> str:
        """A due date as the clocks take it: an instant, or a date, which is due at its end. Raises `Unreadable`."""
        found = self.moment(cell)
        if found.whole_day:
            return found.first.astimezone(self.reading.zone).date().isoformat()
        return found.first.isoformat()

    def _is_date(self, cell: Cell, shown: datetime) -> bool:
        midnight = shown.timetz().replace(tzinfo=None) == time()
        if not midnight:
            return False
        if self.midnight_is_day or isinstance(cell, date):  # a datetime is a date too
            return True
        if self.reading.date_format:
            return not any(part in self.reading.date_format for part in _HOURS)
        return _DATE.fullmatch(unicodedata.normalize("NFKC", str(cell)).strip()) is not None


class Facts:
    """The facts that a procedure's conditions read, from cells and from options."""

    def __init__(self, procedure: Procedure, reading: Reading) -> None:
        self._reading = reading
        self._specs = {one.id: one for one in procedure.fields if one.holds == "coded"}
        for milestone in procedure.milestones:
            self._specs |= {f"{milestone.id}.{one.id}": one for one in milestone.fields if one.holds == "coded"}
        self._channels = procedure.channels
        self._elements: dict[str, Sequence[Named]] = {
            "class": procedure.classes,
            "department": procedure.departments,
            "level": procedure.levels,
        }
        self._counts = {"cycle", *(f"count.{one.id}" for one in procedure.counts)}

    def require(self, name: str, option: str) -> None:
        """Raise `InvalidInput` naming `option` for what is no fact of the procedure."""
        known = ("channel", "received.period", *self._elements, *sorted(self._counts), *self._specs)
        if name not in known:
            raise InvalidInput("the procedure has no such fact", field=option, hint=f"it has: {', '.join(known)}")

    def value(self, name: str, cell: Cell) -> Any:
        """The value of a fact. Raises `Unreadable`."""
        if name in self._specs:
            return self._reading.value(self._specs[name], cell)
        if name == "channel":
            return choose(self._channels, cell)
        if name == "received.period":
            return one_of(((one, (normalized_name(one),)) for one in PERIODS), cell)
        if name in self._counts:
            try:
                return int(str(cell).strip())
            except ValueError:
                raise Unreadable("not-an-integer", "this is not a whole number") from None
        return one_of(
            (
                (one.id, (normalized_name(one.id), normalized_name(one.name.zh), normalized_name(one.name.en)))
                for one in self._elements.get(name, ())
            ),
            cell,
        )

    def constant(self, name: str, text: str) -> Any:
        """The value of a fact that an option gives; raises `InvalidInput` naming it."""
        self.require(name, f"--set {name}")
        try:
            return self.value(name, text)
        except Unreadable as refusal:
            raise InvalidInput(refusal.message, field=f"--set {name}") from None
