"""Reads the values of fields by their specifications (pure). One core, two entrances:

`read_value` is strict, for JSON over HTTP and topics: values have one form, instants carry their offset.
`LenientReader` is for files: local times, other forms of dates, more words for yes and no, labels in any spelling.

Both refuse the same values of a type (limits, lengths, control characters, choices) with the same `Unreadable`. Its
text says what is expected, never what was sent; the caller names the field.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn
from zoneinfo import ZoneInfo

from shared.business_time.zones import instant_of, local_micros
from shared.procedures.model import Choice, FieldSpec

Scalar = bool | int | str

LARGEST = 2**53
"""Whole numbers are at most this, on either side of zero: what every reader of JSON keeps exact."""

PERSON = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
"""A staff id: opaque, never a name."""
_MONEY = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""NUL, escapes and the like, and halves of surrogate pairs; line ends and tabs are text."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_YES = frozenset(("true", "yes", "是", "有"))
_NO = frozenset(("false", "no", "否", "无"))
_LENIENT_YES = _YES | {"y", "t", "1", "对"}
_LENIENT_NO = _NO | {"n", "f", "0", "错"}
_LENIENT_TIME = re.compile(
    r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{2})(\d{2}))"
    r"(?:(?:\s*[T ]\s*|(?<=日))(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*(?:[:分]\s*(?:(\d{1,2})(?:\.(\d{1,9}))?\s*秒?)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_SERIAL_DATE = re.compile(r"[2-7]\d{4}(\.\d+)?")


class Unreadable(ValueError):
    """The value does not fit its field. `code` is a stable word, `message` is safe to show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_value(spec: FieldSpec, value: object, choices: Mapping[str, str]) -> Scalar | None:
    """The value as it is kept; None for null, empty text or white space, which all mean "not given".

    Text is NFC, trimmed, its line ends `\\n`; an identity is one line. Dates are ISO text, instants ISO text in UTC.
    `choices` are the field's, by `index_choices`. Raises `Unreadable`.
    """
    if value is None:
        return None
    if isinstance(value, str):
        value = clean_text(value, one_line=_is_one_line(spec))
        if not value:
            return None
    return _accepted(spec, _typed(spec, value, choices))


def _typed(spec: FieldSpec, value: object, choices: Mapping[str, str]) -> Scalar:
    match spec.type:
        case "text":
            if not isinstance(value, str):
                raise Unreadable("not-a-text", "a text is expected")
            return _within_length(spec, value)
        case "choice":
            found = choices.get(folded(value)) if isinstance(value, str) else None
            return found if found is not None else _refuse_choice(spec.choices)
        case "boolean":
            return value if isinstance(value, bool) else _boolean(value, _YES, _NO)
        case "integer":
            if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,16}", value):
                value = int(value)
            return _integer(spec, value)
        case "money":
            return _money(spec, value)
        case "person":
            return _person(value)
        case "date":
            return _date(value)
        case "instant":
            return read_instant(value).isoformat()


def read_instant(value: object) -> datetime:
    """An instant in UTC from RFC 3339 text with an offset. Raises `Unreadable`."""
    try:
        if isinstance(value, str) and _RFC3339.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unreadable("not-a-time", "an instant with its offset is expected, like 2025-03-01T09:30:00+08:00")


@dataclass(frozen=True)
class LenientReader:
    """Reads what files hold: texts, and the numbers, dates and times of a workbook.

    A time without an offset is local time in `zone`. `epoch` is day 0 of serial dates; `date_format`, where it is
    given, is the only form of dates and times (`strptime`).
    """

    zone: ZoneInfo
    epoch: datetime
    date_format: str | None = None

    def value(self, spec: FieldSpec, value: object) -> Scalar:
        """The value of a field. A text is checked as `read_value` checks it, but returned as it is. Raises
        `Unreadable`."""
        return _accepted(spec, self._typed(spec, value))

    def _typed(self, spec: FieldSpec, value: object) -> Scalar:
        match spec.type:
            case "text":
                text = plain_text(value)
                _within_length(spec, clean_text(text, one_line=_is_one_line(spec)))
                return text
            case "choice":
                return choose(spec.choices, value)
            case "boolean":
                return _boolean(normalized_name(plain_text(value)), _LENIENT_YES, _LENIENT_NO)
            case "integer":
                text = unicodedata.normalize("NFKC", plain_text(value)).strip()
                whole = not isinstance(value, bool) and re.fullmatch(r"[+-]?\d{1,16}(\.0+)?", text)
                return _integer(spec, int(text.partition(".")[0]) if whole else None)
            case "money":
                return _money(spec, _written_money(value))
            case "person":
                return _person(plain_text(value).strip())
            case "date":
                return self._wall(value)[0].date().isoformat()
            case "instant":
                return self.instant(value)

    def instant(self, value: object) -> str:
        """RFC 3339 with an offset, as it was written or the zone's; a date alone is that day's start. Raises
        `Unreadable`."""
        wall, offset = self._wall(value)
        if offset is not None:
            return (wall.isoformat() + offset).replace("Z", "+00:00")
        since_midnight = wall - wall.replace(hour=0, minute=0, second=0, microsecond=0)
        us = local_micros(self.zone, wall.toordinal(), since_midnight // timedelta(microseconds=1))
        return instant_of(us).astimezone(self.zone).isoformat()

    def _wall(self, value: object) -> tuple[datetime, str | None]:
        """The wall time that a value shows, and its offset from UTC where it has one."""
        if isinstance(value, datetime):
            return (value.replace(tzinfo=None), value.isoformat()[-6:]) if value.tzinfo else (value, None)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day), None  # noqa: DTZ001  # a wall time
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _no_time()
        text = unicodedata.normalize("NFKC", str(value)).strip()
        if self.date_format:
            return _formatted(text, self.date_format)
        if _SERIAL_DATE.fullmatch(text):
            return self.epoch + timedelta(seconds=round(float(text) * 86_400)), None
        return _written_wall(text)


def index_choices(choices: Iterable[Choice]) -> dict[str, str]:
    """Ids by every folded word for them; an id wins over a label that looks like it."""
    choices = tuple(choices)
    labels = {folded(label): choice.id for choice in choices for label in (choice.name.zh, choice.name.en)}
    return labels | {folded(choice.id): choice.id for choice in choices}


def choose(choices: Sequence[Choice], value: object) -> str:
    """The id of the choice whose id or label this is in any spelling (`normalized_name`). Raises `Unreadable`."""
    name = normalized_name(plain_text(value))
    for choice in choices:
        if name in (normalized_name(choice.id), normalized_name(choice.name.zh), normalized_name(choice.name.en)):
            return choice.id
    _refuse_choice(choices)


def folded(text: str) -> str:
    """A label as it is compared: compatibility forms and case do not matter."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


@lru_cache(maxsize=4096)
def normalized_name(text: str) -> str:
    """A name in a file as it is compared: width, case, blanks, underscores, hyphens, a closing colon or asterisk do not
    count."""
    return re.sub(r"[\s_\-]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip(" :*")


def plain_text(value: object) -> str:
    """A cell as text; a whole float is a number that a workbook keeps so, like a telephone number."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def sealed_form(value: Scalar) -> str:
    """A value as the text that the vault seals; `opened_form` reads it back."""
    return value if isinstance(value, str) else json.dumps(value)


def opened_form(spec: FieldSpec | None, text: str) -> Scalar:
    """The value that `sealed_form` made into text."""
    if spec is not None and spec.type in ("boolean", "integer"):
        value: bool | int = json.loads(text)
        return value
    return text


def clean_text(value: str, *, one_line: bool) -> str:
    """A text as it is kept: NFC, trimmed, line ends `\\n` or white space folded. Raises `Unreadable`."""
    value = unicodedata.normalize("NFC", value)
    value = " ".join(value.split()) if one_line else value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _CONTROL.search(value):
        code = "not-unicode" if _SURROGATE.search(value) else "control-character"
        raise Unreadable(code, "control characters are not allowed")
    return value


def _is_one_line(spec: FieldSpec) -> bool:
    return spec.holds == "identity" or spec.type != "text"


def _within_length(spec: FieldSpec, text: str) -> str:
    if len(text) > spec.max_length:
        raise Unreadable("too-long", f"at most {spec.max_length} characters")
    return text


def _refuse_choice(choices: Iterable[Choice]) -> NoReturn:
    ids = ", ".join(choice.id for choice in choices)
    raise Unreadable("not-a-choice", f"one of these is expected: {ids}")


def _boolean(value: object, yes: frozenset[str], no: frozenset[str]) -> bool:
    if isinstance(value, str) and folded(value) in yes | no:
        return folded(value) in yes
    raise Unreadable("not-a-boolean", "true or false is expected")


def _integer(spec: FieldSpec, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST:
        raise Unreadable("not-an-integer", "a whole number is expected")
    if spec.at_least is not None and value < spec.at_least:
        raise Unreadable("out-of-range", f"at least {spec.at_least}")
    if spec.at_most is not None and value > spec.at_most:
        raise Unreadable("out-of-range", f"at most {spec.at_most}")
    return value


def _accepted(spec: FieldSpec, value: Scalar) -> Scalar:
    """The value, if it is one of those that the field must be; `true` is not 1."""
    accepted = spec.accepted
    if accepted and not any(type(one) is type(value) and one == value for one in accepted):
        raise Unreadable("not-accepted", f"must be {' or '.join(map(_shown, accepted))}")
    return value


def _shown(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _money(spec: FieldSpec, value: object) -> str:
    """An amount as decimal text with two places: `1200.50`. A float is refused: it is not what was meant."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise Unreadable("not-an-amount", 'an amount is expected as text, like "1200.50"')
    amount = Decimal(value)
    if amount < (spec.at_least or 0):
        raise Unreadable("out-of-range", f"at least {spec.at_least or 0}")
    if spec.at_most is not None and amount > spec.at_most:
        raise Unreadable("out-of-range", f"at most {spec.at_most}")
    return f"{amount:.2f}"


def _written_money(value: object) -> str:
    """A cell as an amount: a number of a workbook, or text with separators, a currency sign or its word."""
    text = unicodedata.normalize("NFKC", plain_text(value)).strip()
    return re.sub(r"^(?:¥|￥|CNY|RMB)\s*|\s*(?:元|圆|CNY|RMB)$|(?<=\d),(?=\d{3})", "", text)


def _person(value: object) -> str:
    if not isinstance(value, str) or not PERSON.fullmatch(value):
        raise Unreadable("not-a-person", "a staff id is expected: 1 to 64 letters, digits, dots, hyphens, underscores")
    return value


def _date(value: object) -> str:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise Unreadable("not-a-time", "a date is expected, like 2025-03-01")


def _no_time() -> Unreadable:
    return Unreadable("not-a-time", "a date or a time is expected, like 2025-03-01 or 2025-03-01 09:30")


def _formatted(text: str, form: str) -> tuple[datetime, str | None]:
    try:
        read = datetime.strptime(text, form)  # noqa: DTZ007  # a wall time, unless the format has an offset
    except ValueError:
        raise Unreadable("not-a-time", f"a date or a time of the form {form} is expected") from None
    return (read.replace(tzinfo=None), read.isoformat()[-6:]) if read.tzinfo else (read, None)


def _written_wall(text: str) -> tuple[datetime, str | None]:
    if re.fullmatch(r"\d{14}", text):
        text = f"{text[:8]} {text[8:10]}:{text[10:12]}:{text[12:]}"
    match = _LENIENT_TIME.fullmatch(text)
    if match is None:
        raise _no_time()
    year, month, day, packed_month, packed_day, hour, minute, second, fraction, offset = match.groups()
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
        raise Unreadable("not-a-time", "a day and an hour that exist are expected") from None
    if offset and offset not in "zZ" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return wall, offset.upper() if offset else None
