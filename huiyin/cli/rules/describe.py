"""Conditions and occurrences in words, Chinese or English."""

from __future__ import annotations

from typing import Literal

from shared.procedures.conditions import All, Always, Any_, Compare, Condition, Not, Reached

Language = Literal["zh", "en"]

_OPERATORS = {
    "is": ("=", "="),
    "is_not": ("≠", "≠"),
    "in": ("属于", "in"),
    "not_in": ("不属于", "not in"),
    "at_least": ("≥", "≥"),
    "more_than": (">", ">"),
    "at_most": ("≤", "≤"),
    "less_than": ("<", "<"),
    "contains": ("包含", "contains"),
}


def describe(condition: Condition | None, lang: Language) -> str:
    """The condition in one line; "" where there is none."""
    zh = lang == "zh"
    match condition:
        case None:
            return ""
        case All(all=parts):
            return (" 且 " if zh else " and ").join(_inner(part, lang) for part in parts)
        case Any_(any=parts):
            return (" 或 " if zh else " or ").join(_inner(part, lang) for part in parts)
        case Not(not_=part):
            return ("非" if zh else "not ") + f"({describe(part, lang)})"
        case Reached(reached=occurrence):
            return f"已发生 {occurrence}" if zh else f"{occurrence} has happened"
        case Always():
            return "总是" if zh else "always"
        case Compare():
            return _compare(condition, zh)
    raise TypeError(type(condition).__name__)


def _inner(condition: Condition, lang: Language) -> str:
    text = describe(condition, lang)
    return f"({text})" if isinstance(condition, All | Any_) else text


def _compare(condition: Compare, zh: bool) -> str:
    if condition.operator == "known":
        known = ("已知" if zh else "is known") if condition.operand else ("未知" if zh else "is not known")
        return f"{condition.field} {known}"
    operand = condition.operand
    if isinstance(operand, tuple):
        shown = ", ".join(map(str, operand))
    elif isinstance(operand, bool):
        shown = ("是" if zh else "yes") if operand else ("否" if zh else "no")
    else:
        shown = f"{operand:g}" if isinstance(operand, float) else str(operand)
    return f"{condition.field} {_OPERATORS[condition.operator][0 if zh else 1]} {shown}"
