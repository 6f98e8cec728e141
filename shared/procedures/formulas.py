"""Formulas of amounts: structured data, decimal, evaluated over the facts of a case; never a float, never code.

A formula is a number; a field by its name (`charge`, or `{field: charge}`); or one of `min`, `max`, `sum` of several;
`{times: 5, of: charge}`; `{percent: 3, of: fine}`; `{share: [lost, total], of: loss}`, which is of × lost ÷ total; or
a table by the value of a fact: `{by: class, major: 500, else: 100}`. Facts that are not known, a division by zero and
a result out of range give no amount but `Undecided`, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema

LARGEST = Decimal(10) ** 12
"""An amount is less than this."""
CENT = Decimal("0.01")
_PRECISION = Context(prec=40, traps=[DivisionByZero, InvalidOperation, Overflow])
_DEEPEST = 8


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _number(value: object) -> object:
    """A number as it is written in the file: 0.1 is a tenth, not its binary neighbour."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("a number is expected")
    number = Decimal(str(value))
    if not number.is_finite() or not 0 <= number < LARGEST:
        raise ValueError("a number from 0 to less than 10^12 is expected")
    return number


Number = Annotated[
    Decimal,
    BeforeValidator(_number),
    PlainSerializer(lambda value: int(value) if value == value.to_integral_value() else float(value)),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": float(LARGEST)}),
]
FieldName = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+){0,2}$", max_length=130)]


class FieldAmount(_Part):
    """The value of a fact: an amount of money or a whole number.

    `field`: the fact's name.
    """

    field: FieldName


class Min(_Part):
    """The least of several.

    `min`: formulas.
    """

    min: tuple[Formula, ...] = Field(min_length=1, max_length=20)


class Max(_Part):
    """The greatest of several.

    `max`: formulas.
    """

    max: tuple[Formula, ...] = Field(min_length=1, max_length=20)


class Sum(_Part):
    """All of them together.

    `sum`: formulas.
    """

    sum: tuple[Formula, ...] = Field(min_length=1, max_length=20)


class Times(_Part):
    """So many times another.

    `times`: a number, or a fact that is a whole number. `of`: a formula.
    """

    times: Formula
    of: Formula


class Percent(_Part):
    """So many hundredths of another.

    `percent`: a number. `of`: a formula.
    """

    percent: Number
    of: Formula


class Share(_Part):
    """The part of another that the first of `share` is of the second.

    `share`: the part and the whole. `of`: a formula.
    """

    share: tuple[Formula, Formula]
    of: Formula


class ByValue(_Part):
    """A formula for each value of a fact: `{by: class, major: 500, else: 100}`.

    `else`: for every other value, and while the fact is not known; without it there is no amount then.

    `by`: the name of a fact with declared values.
    """

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, defer_build=True)
    __pydantic_extra__: dict[str, Formula]

    by: FieldName
    else_: Formula | None = Field(default=None, alias="else")

    @property
    def values(self) -> Mapping[str, Formula]:
        """The formula by value, without `else`."""
        return self.__pydantic_extra__

    def of(self, value: Any) -> Formula | None:
        """The formula for a value of the fact (None: not known); None if there is none for it."""
        word = str(value).lower() if isinstance(value, bool) else str(value)
        return self.else_ if value is None else self.values.get(word, self.else_)


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "name"
    if isinstance(value, int | float | Decimal):
        return "number"
    given = type(value).model_fields if isinstance(value, BaseModel) else value if isinstance(value, dict) else ()
    keys = set(given)
    words = ("by", "min", "max", "sum", "times", "percent", "share", "field")
    return next((key for key in words if key in keys), "number")


Formula = Annotated[
    Annotated[Number, Tag("number")]
    | Annotated[FieldName, Tag("name")]
    | Annotated[FieldAmount, Tag("field")]
    | Annotated[Min, Tag("min")]
    | Annotated[Max, Tag("max")]
    | Annotated[Sum, Tag("sum")]
    | Annotated[Times, Tag("times")]
    | Annotated[Percent, Tag("percent")]
    | Annotated[Share, Tag("share")]
    | Annotated[ByValue, Tag("by")],
    Discriminator(_kind),
]

Reason = Literal["not-known", "division-by-zero", "out-of-range"]


@dataclass(frozen=True)
class Undecided:
    """Why a formula gives no amount; `fields` are the facts that are not known."""

    reason: Reason
    fields: tuple[str, ...] = ()


def evaluate(formula: Formula, facts: Mapping[str, Any]) -> Decimal | Undecided:
    """The amount, rounded half up to two places; or why there is none."""
    unknown = tuple(sorted(_unknown(formula, facts)))
    if unknown:
        return Undecided("not-known", unknown)
    try:
        with localcontext(_PRECISION):
            found = _evaluate(formula, facts)
            if not 0 <= found < LARGEST:
                return Undecided("out-of-range")
            return found.quantize(CENT, rounding=ROUND_HALF_UP)
    except (DivisionByZero, InvalidOperation):  # 0 ÷ 0 is an invalid operation
        return Undecided("division-by-zero")
    except Overflow:
        return Undecided("out-of-range")


def _unknown(formula: Formula, facts: Mapping[str, Any]) -> frozenset[str]:
    """The facts that the amount rests on and that are not known; of a table only those of the part that counts."""
    if isinstance(formula, str | FieldAmount):
        return frozenset(name for name in fields_of(formula) if _value(facts.get(name)) is None)
    if isinstance(formula, ByValue):
        chosen = formula.of(facts.get(formula.by))
        return frozenset((formula.by,)) if chosen is None else _unknown(chosen, facts)
    return frozenset[str]().union(*(_unknown(part, facts) for part in parts_of(formula)))


def _evaluate(formula: Formula, facts: Mapping[str, Any]) -> Decimal:
    match formula:
        case Decimal():
            return formula
        case str() | FieldAmount():
            value = _value(facts.get(formula if isinstance(formula, str) else formula.field))
            return Decimal("NaN") if value is None else value  # `evaluate` has looked: it is known
        case Min(min=several):
            return min(_evaluate(one, facts) for one in several)
        case Max(max=several):
            return max(_evaluate(one, facts) for one in several)
        case Sum(sum=several):
            return sum((_evaluate(one, facts) for one in several), Decimal(0))
        case Times(times=times, of=of):
            return _evaluate(times, facts) * _evaluate(of, facts)
        case Percent(percent=percent, of=of):
            return _evaluate(of, facts) * percent / 100
        case Share(share=(part, whole), of=of):
            return _evaluate(of, facts) * (_evaluate(part, facts) / _evaluate(whole, facts))
        case ByValue():
            chosen = formula.of(facts.get(formula.by))
            return Decimal("NaN") if chosen is None else _evaluate(chosen, facts)  # `evaluate` has looked
    raise TypeError(type(formula).__name__)


def _value(value: object) -> Decimal | None:
    """A fact as a number: a whole number, or the decimal text of an amount. None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def fields_of(formula: Formula) -> frozenset[str]:
    """Every fact that a formula reads."""
    if isinstance(formula, str):
        return frozenset((formula,))
    if isinstance(formula, FieldAmount):
        return frozenset((formula.field,))
    own = frozenset((formula.by,)) if isinstance(formula, ByValue) else frozenset[str]()
    return own.union(*(fields_of(part) for part in parts_of(formula)))


def parts_of(formula: Formula) -> tuple[Formula, ...]:
    """The formulas that a formula is made of; () for a number or a field."""
    match formula:
        case Min(min=several) | Max(max=several) | Sum(sum=several):
            return several
        case Times(times=times, of=of):
            return (times, of)
        case Percent(of=of):
            return (of,)
        case Share(share=(part, whole), of=of):
            return (part, whole, of)
        case ByValue():
            return (*formula.values.values(), *(() if formula.else_ is None else (formula.else_,)))
    return ()


def depth_of(formula: Formula) -> int:
    """How deep it is nested, from 1."""
    return 1 + max((depth_of(part) for part in parts_of(formula)), default=0)


def is_too_deep(formula: Formula) -> bool:
    """Whether nobody could follow it any more."""
    return depth_of(formula) > _DEEPEST


def text_of(formula: Formula) -> str:
    """The formula as a line of text: `min(loss, 5 × charge)`."""
    match formula:
        case Decimal():
            return f"{formula.normalize():f}"
        case str():
            return formula
        case FieldAmount(field=name):
            return name
        case Min(min=several):
            return f"min({', '.join(map(text_of, several))})"
        case Max(max=several):
            return f"max({', '.join(map(text_of, several))})"
        case Sum(sum=several):
            return f"({' + '.join(map(text_of, several))})"
        case Times(times=times, of=of):
            return f"{text_of(times)} × {text_of(of)}"
        case Percent(percent=percent, of=of):
            return f"{text_of(percent)} % × {text_of(of)}"
        case Share(share=(part, whole), of=of):
            return f"{text_of(of)} × {text_of(part)} ÷ {text_of(whole)}"
        case ByValue():
            rows = [f"{value}: {text_of(one)}" for value, one in formula.values.items()]
            rows += [] if formula.else_ is None else [f"else: {text_of(formula.else_)}"]
            return f"{formula.by}({', '.join(rows)})"
    raise TypeError(type(formula).__name__)
