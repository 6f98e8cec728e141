"""Turns cells into the values of fields (pure). Times without an offset are the procedure's local time.

What cannot be turned raises `Refusal`, whose text never holds the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from huiyin.tabular.text_rows import Cell, Nested
from shared.business_time.zones import instant_of, local_micros
from shared.procedures.model import Choice, FieldSpec

Value = str | int | bool

_TRUE = frozenset(("true", "yes", "y", "t", "1", "是", "有", "对"))
_FALSE = frozenset(("false", "no", "n", "f", "0", "否", "无", "错"))
_DATE = re.compile(
    r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{2})(\d{2}))"
    r"(?:(?:\s*[T ]\s*|(?<=日))(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*(?:[:分]\s*(?:(\d{1,2})(?:\.(\d{1,9}))?\s*秒?)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"[2-7]\d{4}(\.\d+)?")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Refusal(Exception):
    """A cell that is no value of its field; `code` is a stable word, the text says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """A name as it is compared: width, case, blanks, underscores, hyphens, a closing colon or asterisk do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s_\-]+", " ", folded).strip(" :*")


@dataclass(frozen=True)
class Reading:
    """How cells are read: the procedure's zone, day 0 of serial dates, and a `strptime` format for odd dates."""

    zone: ZoneInfo
    epoch: datetime
    date_format: str | None = None

    def value(self, spec: FieldSpec, cell: Cell) -> Value:
        """The value of a field. Raises `Refusal`."""
        if isinstance(cell, Nested):
            raise Refusal("nested", "a list or an object is no value of a field")
        match spec.type:
            case "text":
                return _text(cell, spec)
            case "choice":
                return choose(spec.choices, cell)
            case "boolean":
                return _boolean(cell)
            case "integer":
                return _integer(cell, spec)
            case "date":
                return self._wall(cell)[0].date().isoformat()
            case "instant":
                return self.instant(cell)

    def instant(self, cell: Cell) -> str:
        """RFC 3339 with an offset; a date alone is that day's start. Raises `Refusal`."""
        if isinstance(cell, Nested):
            raise Refusal("nested", "a list or an object is no value of a field")
        wall, offset = self._wall(cell)
        if offset is not None:
            return (wall.isoformat() + offset).replace("Z", "+00:00")
        since_midnight = wall - datetime.combine(wall.date(), time())
        us = local_micros(self.zone, wall.toordinal(), since_midnight // timedelta(microseconds=1))
        return instant_of(us).astimezone(self.zone).isoformat()

    def _wall(self, cell: Cell) -> tuple[datetime, str | None]:
        """The wall time that a cell shows, and its offset from UTC where it has one."""
        if isinstance(cell, datetime):
            return (cell.replace(tzinfo=None), cell.isoformat()[-6:]) if cell.tzinfo else (cell, None)
        if isinstance(cell, date):
            return datetime.combine(cell, time()), None
        if isinstance(cell, bool) or cell is None or isinstance(cell, time):
            raise Refusal("not-a-time", "this is not a date or a time that can be read")
        text = unicodedata.normalize("NFKC", str(cell)).strip()
        if self.date_format:
            return _formatted(text, self.date_format)
        if _SERIAL.fullmatch(text):
            return self.epoch + timedelta(seconds=round(float(text) * 86_400)), None
        return _read_wall(text)


def _formatted(text: str, form: str) -> tuple[datetime, str | None]:
    try:
        read = datetime.strptime(text, form)  # noqa: DTZ007  # a wall time, unless the format has an offset
    except ValueError:
        raise Refusal("not-a-time", "this does not have the form that --date-format gives") from None
    return (read.replace(tzinfo=None), read.isoformat()[-6:]) if read.tzinfo else (read, None)


def _read_wall(text: str) -> tuple[datetime, str | None]:
    if re.fullmatch(r"\d{14}", text):
        text = f"{text[:8]} {text[8:10]}:{text[10:12]}:{text[12:]}"
    found = _DATE.fullmatch(text)
    if found is None:
        raise Refusal("not-a-time", "this is not a date or a time that can be read (--date-format names its form)")
    year, month, day, packed_month, packed_day, hour, minute, second, fraction, offset = found.groups()
    try:
        wall = datetime(  # noqa: DTZ001  # a wall time
            int(year),
            int(month or packed_month),
            int(day or packed_day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
        )
    except ValueError:
        raise Refusal("not-a-time", "there is no such day or hour") from None
    if offset and offset not in "zZ" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return wall, offset.upper() if offset else None


def choose(choices: Sequence[Choice], cell: Cell) -> str:
    """The id of the choice whose id or label the cell is. Raises `Refusal`."""
    wanted = normal(_plain_text(cell))
    for choice in choices:
        if wanted in (normal(choice.id), normal(choice.name.zh), normal(choice.name.en)):
            return choice.id
    raise Refusal("not-a-choice", "this is none of the choices")


def one_of(names: Iterable[tuple[str, Sequence[str]]], cell: Cell) -> str:
    """The first of each pair whose names hold the cell. Raises `Refusal`."""
    wanted = normal(_plain_text(cell))
    for result, spellings in names:
        if wanted in spellings:
            return result
    raise Refusal("not-a-choice", "this is none of the choices")


def _text(cell: Cell, spec: FieldSpec) -> str:
    text = _plain_text(cell)
    if "\x00" in text:
        raise Refusal("control-character", "it holds a NUL character")
    if _SURROGATE.search(text):
        raise Refusal("not-unicode", "it holds half a character")
    # measured as intake measures: an identity is one line, other texts keep their lines
    kept = " ".join(text.split()) if spec.holds == "identity" else text.replace("\r\n", "\n").strip()
    if len(unicodedata.normalize("NFC", kept)) > spec.max_length:
        raise Refusal("too-long", f"it is longer than {spec.max_length} characters")
    return text


def _plain_text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a telephone number that a spreadsheet took for a number
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


def _boolean(cell: Cell) -> bool:
    wanted = normal(_plain_text(cell))
    if wanted in _TRUE:
        return True
    if wanted in _FALSE:
        return False
    raise Refusal("not-a-boolean", "this is neither yes nor no")


def _integer(cell: Cell, spec: FieldSpec) -> int:
    text = unicodedata.normalize("NFKC", _plain_text(cell)).strip()
    if isinstance(cell, bool) or not re.fullmatch(r"[+-]?\d{1,15}(\.0+)?", text):
        raise Refusal("not-an-integer", "this is not a whole number")
    number = int(text.partition(".")[0])
    if (spec.at_least is not None and number < spec.at_least) or (spec.at_most is not None and number > spec.at_most):
        raise Refusal("out-of-range", "this is outside the field's limits")
    return number
