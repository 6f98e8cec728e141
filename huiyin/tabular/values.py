"""Reads the cells of a table as values of fields: `shared.procedures.fields` for what a table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from huiyin.tabular.text_rows import Cell, Nested
from shared.procedures.fields import LenientReader, Scalar, Unreadable, normalized_name, plain_text
from shared.procedures.model import FieldSpec

_HINT = " (--date-format names another form)"


@dataclass(frozen=True)
class Reading(LenientReader):
    """How cells are read: the procedure's zone, day 0 of serial dates, and a `strptime` format for odd dates.

    What cannot be read raises `Unreadable`; a list or an object within a JSON row is refused before it is read.
    """

    def value(self, spec: FieldSpec, value: object) -> Scalar:
        """The value of a field. Raises `Unreadable`."""
        _refuse_nested(value)
        with self._format_hint():
            return super().value(spec, value)

    def instant(self, value: object) -> str:
        """RFC 3339 with an offset; a date alone is that day's start. Raises `Unreadable`."""
        _refuse_nested(value)
        with self._format_hint():
            return super().instant(value)

    @contextmanager
    def _format_hint(self) -> Iterator[None]:
        try:
            yield
        except Unreadable as error:
            if error.code != "not-a-time" or self.date_format or _HINT in error.message:
                raise
            raise Unreadable(error.code, error.message + _HINT) from None


def one_of(names: Iterable[tuple[str, Sequence[str]]], cell: Cell) -> str:
    """The first of each pair whose normalized names hold the cell. Raises `Unreadable`."""
    names = tuple(names)
    name = normalized_name(plain_text(cell))
    for result, spellings in names:
        if name in spellings:
            return result
    expected = ", ".join(result for result, _ in names)
    raise Unreadable("not-a-choice", f"one of these is expected: {expected}")


def _refuse_nested(value: object) -> None:
    if isinstance(value, Nested):
        raise Unreadable("nested", "a single value is expected, not a list or an object")
