"""Durations as procedures write them. Each keeps its kind: a day never silently means 24 hours.

| text | meaning |
|---|---|
| `PT30M`, `PT24H`, `PT1H30M10S` | that many seconds; `PT24H` is exactly 24 hours |
| `P10WD` | working days of a calendar |
| `P30D`, `P2W` | calendar days, weeks of seven of them |
| `P2M`, `P1Y` | calendar months and years (31 January + one month is the last of February) |
| `P0D` | the same day |
| `IMMEDIATE` | at once |

A leading minus turns the direction. Durations of two kinds at once (`P1DT2H`, `P1M2D`) are refused.
After ISO 8601-1:2019 §5.5.2; `WD` and `IMMEDIATE` are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

_N = r"[0-9]+([.][0-9]+)?"
PATTERN = rf"^(IMMEDIATE|-?P([0-9]+(WD|D|W|M|Y)|T({_N}H({_N}M)?({_N}S)?|{_N}M({_N}S)?|{_N}S)))$"
"""What a duration looks like, for JSON Schemas and editors."""

_DAYS = re.compile(r"(-?)P(\d{1,7})(WD|D|W|M|Y)", re.ASCII)
_TIME = re.compile(
    r"(-?)P(?:(\d{1,7})D)?T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?", re.ASCII
)
_LONGEST_SECONDS = 400 * 366 * 86_400


class Unit(StrEnum):
    """What a duration counts."""

    SECONDS = "seconds"
    WORKING_DAYS = "working-days"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"
    IMMEDIATE = "immediate"


_LETTERS = {
    "WD": Unit.WORKING_DAYS,
    "D": Unit.DAYS,
    "W": Unit.WEEKS,
    "M": Unit.MONTHS,
    "Y": Unit.YEARS,
}
_UNIT_LETTERS = {unit: letters for letters, unit in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Duration:
    """`count` of `unit`; negative counts point backwards. `IMMEDIATE` has the count 0.

    As a field of a pydantic model it is read from text and written as text.
    """

    unit: Unit
    count: int

    @classmethod
    def parse(cls, text: str, *, field: str = "duration") -> Duration:
        """Read a duration; raises `InvalidInput` naming `field`."""
        if text == "IMMEDIATE":
            return cls(Unit.IMMEDIATE, 0)
        if match := _DAYS.fullmatch(text):
            sign, count, letters = match.groups()
            return cls(_LETTERS[letters], -int(count) if sign else int(count))
        if (match := _TIME.fullmatch(text)) and match[2] is None:
            return cls(Unit.SECONDS, _seconds(match, field))
        raise InvalidInput(
            "not a duration of one kind",
            field=field,
            hint="write PT4H, P10WD, P30D, P2W, P2M, P1Y, P0D or IMMEDIATE",
        )

    def __str__(self) -> str:
        """The duration as text that `parse` reads back to an equal one; hours never become days."""
        if self.unit is Unit.IMMEDIATE:
            return "IMMEDIATE"
        sign = "-" if self.count < 0 else ""
        if self.unit is not Unit.SECONDS:
            return f"{sign}P{abs(self.count)}{_UNIT_LETTERS[self.unit]}"
        minutes, seconds = divmod(abs(self.count), 60)
        hours, minutes = divmod(minutes, 60)
        parts = "".join(f"{n}{letter}" for n, letter in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        return f"{sign}PT{parts or '0S'}"

    @property
    def in_days(self) -> bool:
        """Whether it counts dates (working days, days, weeks, months, years) rather than time."""
        return self.unit not in (Unit.SECONDS, Unit.IMMEDIATE)

    def __neg__(self) -> Duration:
        return Duration(self.unit, -self.count)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(
                _parse_for_pydantic, core_schema.str_schema(pattern=PATTERN)
            ),
            python_schema=core_schema.union_schema(
                [
                    core_schema.is_instance_schema(cls),
                    core_schema.no_info_after_validator_function(_parse_for_pydantic, core_schema.str_schema()),
                ]
            ),
            serialization=core_schema.to_string_ser_schema(),
        )


def counted_seconds(text: str, *, field: str = "amount") -> int | None:
    """Seconds of an amount in which a day counts 24 hours (`P90DT17H`, `P2D`, `P1W`); None if it counts dates.

    Only for amounts of working time taken over from systems that write them so (`huiyin sla compute`); a procedure's
    durations go through `Duration.parse`.
    """
    if match := _TIME.fullmatch(text):
        return _seconds(match, field)
    duration = Duration.parse(text, field=field)
    if duration.unit is Unit.DAYS:
        return duration.count * 86_400
    if duration.unit is Unit.WEEKS:
        return duration.count * 7 * 86_400
    return None


def _seconds(match: re.Match[str], field: str) -> int:
    sign, days, hours, minutes, seconds = match.groups()
    try:
        total = (
            Decimal(days or 0) * 86_400
            + Decimal(hours or 0) * 3_600
            + Decimal(minutes or 0) * 60
            + Decimal(seconds or 0)
        )
        whole = int(total)
        exact = whole == total
    except (InvalidOperation, OverflowError):
        exact = False
    if not exact:
        raise InvalidInput("a duration is a whole number of seconds", field=field)
    if whole > _LONGEST_SECONDS:
        raise InvalidInput("a duration is at most 400 years", field=field)
    return -whole if sign else whole


def _parse_for_pydantic(text: str) -> Duration:
    try:
        return Duration.parse(text)
    except InvalidInput as error:
        raise ValueError(f"{error.message}; {error.hint}" if error.hint else error.message) from None
