"""Messages and hints for a procedure file that pydantic refuses, in the terms of the policy language."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import ErrorDetails

_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a word of the language here",
    "tuple_type": "is not a list",
    "model_type": "is not a mapping",
    "model_attributes_type": "is not a mapping",
    "dict_type": "is not a mapping",
    "string_type": "is not text",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "too_short": "is empty",
    "date_from_datetime_parsing": "is not a date",
    "date_parsing": "is not a date",
    "union_tag_not_found": "is not a condition",
    "union_tag_invalid": "is not a condition",
}

_HINTS = {
    "extra_forbidden": "see docs/writing-a-procedure.md; a misspelt key, or a wrong indentation?",
    "tuple_type": "begin each part with `- `",
    "string_type": "put quotes round numbers that are meant as text",
    "date_parsing": "write 2025-01-31",
    "date_from_datetime_parsing": "write 2025-01-31",
    "bool_parsing": "write true or false",
}

# A pattern that did not match, by the last key of the path.
_PATTERN_HINTS = {
    "id": "small letters, digits and single hyphens: `floor-manager`",
    "duration": "PT30M, PT4H, P10WD working days, P30D calendar days, P2M months, or IMMEDIATE",
    "occurrence": "a milestone, or `name:qualifier`, such as `resolved` or `escalated:floor-manager`",
}
_OCCURRENCES = ("from", "until", "at", "reached", "cancel_on", "restart_on", "after")


def plain_message(detail: ErrorDetails) -> str:
    """What is wrong, in one line, without the submitted value."""
    kind = detail["type"]
    if kind == "string_pattern_mismatch":
        return "is not written as this must be"
    if kind == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        return "is not one of: " + str(detail["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
    return _MESSAGES.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])


def hint_for(detail: ErrorDetails, keys: Sequence[str | int]) -> str | None:
    """What to do about it, where that is known."""
    if detail["type"] == "extra_forbidden" and keys[-1:] == ("on",):
        return "write `from:`" if "pauses" in keys else "write `at:`"
    if detail["type"] != "string_pattern_mismatch":
        return _HINTS.get(detail["type"])
    word = next((key for key in reversed(keys) if isinstance(key, str)), "id")
    if "IMMEDIATE" in str(detail.get("ctx", {}).get("pattern", "")):
        return _PATTERN_HINTS["duration"]
    return _PATTERN_HINTS["occurrence" if word in _OCCURRENCES else "id"]
