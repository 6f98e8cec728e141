"""Conditions and occurrences in words, Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.procedures.conditions import All, Always, Any_, Compare, Condition, Not, Reached
from shared.procedures.model import Procedure, Text

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
    "older_than": ("早于收到之日前", "is older, when the complaint comes, than"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What facts, their values and occurrences are called; those that are not here go by their ids."""

    facts: Mapping[str, str]
    values: Mapping[tuple[str, str], str]
    occurrences: Mapping[str, str] = field(default_factory=dict)

    def value(self, fact: str, value: object) -> str:
        """A value of a fact as people call it."""
        return self.values.get((fact, str(value)), str(value))


_IDS = Words({}, {})


def words_of(procedure: Procedure, lang: Language) -> Words:
    """The labels that a procedure gives to its fields, their choices, channels and classes."""

    def of(text: Text) -> str:
        return text.zh if lang == "zh" else text.en

    facts = {"channel": "渠道" if lang == "zh" else "channel", "class": "类别" if lang == "zh" else "class"}
    facts |= {one.id: of(one.label) for one in procedure.fields}
    values = {(one.id, choice.id): of(choice.name) for one in procedure.fields for choice in one.choices}
    values |= {("channel", one.id): of(one.name) for one in procedure.channels}
    values |= {("class", one.id): of(one.name) for one in procedure.classes}
    return Words(facts, values)


def describe(condition: Condition | None, lang: Language, words: Words = _IDS) -> str:
    """The condition in one line; "" where there is none. `words`: what facts and values are called in it."""
    zh = lang == "zh"
    match condition:
        case None:
            return ""
        case All(all=parts):
            return (" 且 " if zh else " and ").join(_inner(part, lang, words) for part in parts)
        case Any_(any=parts):
            return (" 或 " if zh else " or ").join(_inner(part, lang, words) for part in parts)
        case Not(not_=part):
            return ("非" if zh else "not ") + f"({describe(part, lang, words)})"
        case Reached(reached=occurrence):
            shown = words.occurrences.get(occurrence, occurrence)
            return f"已发生 {shown}" if zh else f"{shown} has happened"
        case Always():
            return "总是" if zh else "always"
        case Compare():
            return _compare(condition, zh, words)
    raise TypeError(type(condition).__name__)


def _inner(condition: Condition, lang: Language, words: Words) -> str:
    text = describe(condition, lang, words)
    return f"({text})" if isinstance(condition, All | Any_) else text


def _compare(condition: Compare, zh: bool, words: Words) -> str:
    fact = words.facts.get(condition.field, condition.field)
    if condition.operator == "known":
        known = ("已知" if zh else "is known") if condition.operand else ("未知" if zh else "is not known")
        return f"{fact} {known}"
    operand = condition.operand
    if isinstance(operand, tuple):
        shown = ", ".join(words.value(condition.field, one) for one in operand)
    elif isinstance(operand, bool):
        shown = ("是" if zh else "yes") if operand else ("否" if zh else "no")
    else:
        shown = f"{operand:g}" if isinstance(operand, float) else words.value(condition.field, operand)
    return f"{fact} {_OPERATORS[condition.operator][0 if zh else 1]} {shown}"
