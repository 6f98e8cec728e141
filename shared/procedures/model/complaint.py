"""What a complaint is: its fields, its number, what counts as the same matter, and whether it is admitted."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Id, Named, Text


class Choice(Named):
    """One value of a `choice` field."""


class FieldSpec(Element):
    """One field of a complaint or of a milestone's report.

    `holds` decides where the value lives: `identity` and `evidence` in intake's vault only, `coded` in events too.
    Free text is never coded, because free text can name people.
    `required`, of a complaint's field: `registration` (no case number without it), `requested` (the case is registered,
    and asked for it), `optional`; of a report's field: true (no report without it) or false.
    """

    id: Id
    label: Text
    type: Literal["text", "choice", "boolean", "integer", "date", "instant"] = "text"
    holds: Literal["identity", "evidence", "coded"] = "coded"
    required: Literal["registration", "requested", "optional", True, False] = "optional"
    when: Condition | None = Field(default=None, description="required only where this holds")
    choices: tuple[Choice, ...] = ()
    aliases: tuple[str, ...] = Field(default=(), description="column names under which imports bring it")
    at_least: int | None = None
    at_most: int | None = None
    max_length: int = Field(default=10_000, ge=1, le=10_000)
    default: bool | int | str | None = None

    @model_validator(mode="after")
    def _form(self) -> FieldSpec:
        if self.type == "text" and self.holds == "coded":
            raise ValueError("free text may name people: it holds identity or evidence, never coded")
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a choice field has choices, and no other field has")
        return self


class NumberScheme(Element):
    """How numbers are given: `{year}`, `{month}`, `{day}` of the local date and `{number:06}`; gapless."""

    pattern: str
    restart: Literal["never", "year", "month", "day"] = "year"

    @field_validator("pattern")
    @classmethod
    def _renders(cls, pattern: str) -> str:
        try:
            first = pattern.format(year=2025, month=1, day=1, number=1)
            if first == pattern.format(year=2025, month=1, day=1, number=2):
                raise ValueError("the pattern must contain {number}")
        except (KeyError, IndexError) as error:
            raise ValueError("the pattern knows {year}, {month}, {day} and {number} only") from error
        return pattern


class Numbering(BaseModel):
    """How cases are numbered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: NumberScheme


class Duplicates(Element):
    """Two complaints with the same values within the time are one matter: the later is linked to the earlier."""

    same: tuple[str, ...] = Field(min_length=1)
    within: DurationText


class Count(Element):
    """How many times the same matter came up within a rolling window; a fact `count.<id>` for conditions."""

    id: Id
    same: tuple[str, ...] = Field(min_length=1)
    window: DurationText
    distinct: Literal["complainant", "case"] = "case"


class AdmissionRule(Element):
    """One reason to admit, refuse or pass on; the first whose condition is true decides."""

    id: Id
    decision: Literal["admit", "refuse", "transfer-out"]
    when: Condition | None = None
    reason: Text
    to: Id | None = Field(default=None, description="department or body that it is passed to")


class Admissibility(Element):
    """Rules in order; none true: `otherwise`. `hold` waits for an officer's decision."""

    rules: tuple[AdmissionRule, ...] = ()
    otherwise: Literal["admit", "hold"] = "hold"
    decided_by: tuple[Id, ...] = Field(default=(), description="roles that may decide a held complaint")
