"""Reading one submitted value by its field's specification. An error says what is expected, never what was sent."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime

from shared.procedures.model import FieldSpec

Scalar = bool | int | str

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""NUL, escapes and the like, and halves of surrogate pairs; line ends and tabs are text."""
_LARGEST = 2**53  # what every reader of JSON keeps exact
_YES = frozenset(("true", "yes", "是", "有"))
_NO = frozenset(("false", "no", "否", "无"))


class Unreadable(ValueError):
    """The value does not fit its field; the text is safe to show."""


def read_value(spec: FieldSpec, value: object, choices: Mapping[str, str]) -> Scalar | None:
    """The value as it is kept; None for null, empty text or white space, which all mean "not given".

    Text is NFC, trimmed, its line ends `\\n`; an identity is one line. Dates are ISO text, instants ISO text in UTC.
    `choices` maps ids and folded labels to ids. Raises `Unreadable`.
    """
    if value is None:
        return None
    if isinstance(value, str):
        value = clean_text(value, one_line=spec.holds == "identity" or spec.type != "text")
        if not value:
            return None
    match spec.type:
        case "text":
            if not isinstance(value, str):
                raise Unreadable("a text is expected")
            if len(value) > spec.max_length:
                raise Unreadable(f"at most {spec.max_length} characters")
            return value
        case "choice":
            if not isinstance(value, str) or folded(value) not in choices:
                raise Unreadable(f"one of these is expected: {', '.join(choice.id for choice in spec.choices)}")
            return choices[folded(value)]
        case "boolean":
            return _boolean(value)
        case "integer":
            return _integer(value, spec)
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
    raise Unreadable("an instant with its offset is expected, like 2025-03-01T09:30:00+08:00")


def folded(text: str) -> str:
    """A label as it is compared: compatibility forms and case do not matter."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


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
        raise Unreadable("control characters are not allowed")
    return value


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and folded(value) in _YES | _NO:
        return folded(value) in _YES
    raise Unreadable("true or false is expected")


def _integer(value: object, spec: FieldSpec) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,16}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise Unreadable("a whole number is expected")
    if spec.at_least is not None and value < spec.at_least:
        raise Unreadable(f"at least {spec.at_least}")
    if spec.at_most is not None and value > spec.at_most:
        raise Unreadable(f"at most {spec.at_most}")
    return value


def _date(value: object) -> str:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise Unreadable("a date is expected, like 2025-03-01")
