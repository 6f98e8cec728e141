"""Conditions of a procedure: structured data, three-valued, compiled once to closures.

A condition reads *facts*: a flat mapping from a name (`channel`, `subject-rank`, `class`, `resolved.substantiated`) to
a value. A name that is missing, or whose value is None, is *unknown*: the comparison is then neither true nor false,
and Kleene's logic carries that through `all`, `any` and `not`. So no rule fires on what is not known.
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from shared.business_time.durations import Duration
from shared.procedures.ages import RECEIVED_AT, is_age, is_older

Scalar = bool | int | float | str
Facts = Mapping[str, Any]
Verdict = bool | None  # None is "unknown"
Predicate = Callable[[Facts], Verdict]

OPERATORS = (
    "is",
    "is_not",
    "in",
    "not_in",
    "at_least",
    "more_than",
    "at_most",
    "less_than",
    "contains",
    "older_than",
    "known",
)

ORDERED = ("at_least", "more_than", "at_most", "less_than")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Compare(_Part):
    """One comparison of one fact; exactly one operator.

    `field`: the fact's name. `is`: equal to this. `is_not`: not equal to this. `in`: one of these. `not_in`: none of
    these. `at_least`: this number or more. `more_than`: more than this number. `at_most`: this number or less.
    `less_than`: less than this number. `contains`: a list that has this among its values. `older_than`: a date that lay
    more than this before the receipt. `known`: whether there is a value.
    """

    field: str
    is_: Scalar | None = Field(default=None, alias="is")
    is_not: Scalar | None = None
    in_: tuple[Scalar, ...] | None = Field(default=None, alias="in")
    not_in: tuple[Scalar, ...] | None = None
    at_least: float | None = None
    more_than: float | None = None
    at_most: float | None = None
    less_than: float | None = None
    contains: Scalar | None = None
    older_than: Duration | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _one_operator(self) -> Compare:
        given = [name for name in OPERATORS if getattr(self, _attribute(name)) is not None]
        if len(given) != 1:
            raise ValueError(f"a comparison takes exactly one of: {', '.join(OPERATORS)}")
        if self.older_than is not None and not is_age(self.older_than):
            raise ValueError("an age is counted in calendar days, weeks, months or years: P90D, P2M, P1Y")
        return self

    @property
    def operator(self) -> str:
        """The one operator that is given, by its name in YAML."""
        return next(name for name in OPERATORS if getattr(self, _attribute(name)) is not None)

    @property
    def operand(self) -> Any:
        """The value that the fact is compared with."""
        return getattr(self, _attribute(self.operator))


class Reached(_Part):
    """True when the milestone was reached in this case; false when it was not (never unknown).

    `reached`: an occurrence, in the present cycle.
    """

    reached: str


class All(_Part):
    """Every part holds.

    `all`: the conditions.
    """

    all: tuple[Condition, ...] = Field(min_length=1)


class Any_(_Part):
    """At least one part holds.

    `any`: the conditions.
    """

    any: tuple[Condition, ...] = Field(min_length=1)


class Not(_Part):
    """The part does not hold.

    `not`: the condition.
    """

    not_: Condition = Field(alias="not")


class Always(_Part):
    """Holds whatever the facts.

    `always`: only ever true.
    """

    always: Literal[True]


def _kind(value: Any) -> str | None:
    if isinstance(value, BaseModel):
        keys = {spec.alias or name for name, spec in type(value).model_fields.items()}
    elif isinstance(value, dict):
        keys = set(value)
    else:
        return None
    for key in ("all", "any", "not", "reached", "always", "field"):
        if key in keys:
            return key
    return "field"


Condition = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[Any_, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Reached, Tag("reached")]
    | Annotated[Always, Tag("always")]
    | Annotated[Compare, Tag("field")],
    Discriminator(_kind),
]


def _attribute(operator: str) -> str:
    return {"is": "is_", "in": "in_"}.get(operator, operator)


_AMOUNT = re.compile(r"\d{1,12}\.\d{2}", re.ASCII)


def _comparable(value: Any) -> Any:
    """A value as it is ordered: an instant by its seconds, an amount of money (decimal text) exactly."""
    if isinstance(value, datetime):
        return value.timestamp()
    return Decimal(value) if isinstance(value, str) and _AMOUNT.fullmatch(value) else value


def _compile_compare(condition: Compare) -> Predicate:
    name, operator, operand = condition.field, condition.operator, condition.operand
    if operator == "older_than":
        return lambda facts: is_older(facts.get(name), operand, facts.get(RECEIVED_AT))
    if operator == "known":
        return lambda facts: (facts.get(name) is not None) == operand
    if operator == "is":
        return lambda facts: None if (value := facts.get(name)) is None else bool(value == operand)
    if operator == "is_not":
        return lambda facts: None if (value := facts.get(name)) is None else bool(value != operand)
    test = _ordering(operator, operand) if operator in ORDERED else _MEMBERSHIP[operator](operand)

    def compare(facts: Facts) -> Verdict:
        value = facts.get(name)
        if value is None:
            return None
        try:
            return test(value)
        except TypeError:  # a text where a number is due: it cannot be decided
            return None

    return compare


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": operators.ge,
    "more_than": operators.gt,
    "at_most": operators.le,
    "less_than": operators.lt,
}
_MEMBERSHIP: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "in": lambda operand: lambda value: value in operand,
    "not_in": lambda operand: lambda value: value not in operand,
    "contains": lambda operand: lambda value: operand in value,
}


def _ordering(operator: str, operand: float) -> Callable[[Any], bool]:
    """The test of a value against a bound: 0.1 as it is written, not its binary neighbour."""
    compare, bound = _ORDER[operator], Decimal(str(operand))
    whole = int(bound) if bound == bound.to_integral_value() else None
    if whole is None:
        return lambda value: compare(_comparable(value), bound)
    # what conditions mostly compare, and the two whole numbers compare ten times as fast
    return lambda value: compare(value, whole) if type(value) is int else compare(_comparable(value), bound)


def compile_condition(condition: Condition) -> Predicate:
    """Compile a condition to a function of the facts."""
    match condition:
        case All(all=parts):
            return _all(tuple(compile_condition(part) for part in parts))
        case Any_(any=parts):
            return _any(tuple(compile_condition(part) for part in parts))
        case Not(not_=part):
            inner = compile_condition(part)
            return lambda facts: None if (verdict := inner(facts)) is None else not verdict
        case Reached(reached=milestone):
            key = f"reached:{milestone}"
            return lambda facts: bool(facts.get(key))
        case Always():
            return lambda facts: True
        case Compare():
            return _compile_compare(condition)
    raise TypeError(type(condition).__name__)


def _all(tests: tuple[Predicate, ...]) -> Predicate:
    def every(facts: Facts) -> Verdict:
        found: Verdict = True
        for test in tests:
            verdict = test(facts)
            if verdict is False:
                return False
            if verdict is None:
                found = None
        return found

    return every


def _any(tests: tuple[Predicate, ...]) -> Predicate:
    def some(facts: Facts) -> Verdict:
        found: Verdict = False
        for test in tests:
            verdict = test(facts)
            if verdict is True:
                return True
            if verdict is None:
                found = None
        return found

    return some


_MOST_COMPILED = 16_384
_compiled: dict[int, tuple[Condition, Predicate]] = {}
"""By identity: to hash a condition takes longer than to judge it. Each is kept with its function, so that no other
object gets its identity."""


def holds(condition: Condition | None, facts: Facts) -> Verdict:
    """Whether a condition holds for the facts; no condition always holds. Each is compiled once."""
    if condition is None:
        return True
    found = _compiled.get(id(condition))
    if found is None:
        if len(_compiled) >= _MOST_COMPILED:
            _compiled.clear()
        found = _compiled[id(condition)] = (condition, compile_condition(condition))
    return found[1](facts)


def because(condition: Condition | None, facts: Facts) -> list[str]:
    """The comparisons that decided, as short lines `field operator operand: verdict`; never a fact's value."""
    match condition:
        case None | Always():
            return ["always"]
        case All(all=parts) | Any_(any=parts):
            verdict = holds(condition, facts)
            return [line for part in parts if holds(part, facts) == verdict for line in because(part, facts)]
        case Not(not_=part):
            return [f"not ({line})" for line in because(part, facts)]
        case Reached(reached=milestone):
            return [f"reached {milestone}: {_word(holds(condition, facts))}"]
        case Compare():
            operand = condition.operand
            shown = ", ".join(map(str, operand)) if isinstance(operand, tuple) else operand
            return [f"{condition.field} {condition.operator} {shown}: {_word(holds(condition, facts))}"]
    raise TypeError(type(condition).__name__)


def _word(verdict: Verdict) -> str:
    return {True: "yes", False: "no", None: "unknown"}[verdict]


def fields_of(condition: Condition | None) -> set[str]:
    """Every fact name that a condition reads; milestones as `reached:<id>`."""
    match condition:
        case None | Always():
            return set()
        case All(all=parts) | Any_(any=parts):
            return set().union(*(fields_of(part) for part in parts))
        case Not(not_=part):
            return fields_of(part)
        case Reached(reached=milestone):
            return {f"reached:{milestone}"}
        case Compare(field=name):
            return {name}
    raise TypeError(type(condition).__name__)
