"""Recurring reports of an office: their period, when they are due, what they count, and what a person writes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Id, Named, Occurrence, Text
from shared.procedures.model.complaint import FieldSpec

Every = Literal["P1D", "P1W", "half-month", "P1M", "P3M", "P6M", "P1Y"]
Fact = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)?$", max_length=130)]


class ReportDue(BaseModel):
    """Until when a report is to be made: until the end of a `day`, or `within` so long after the period's end.

    `day` counts in the period's last month, or in the month after it (`of: next`); of a week's report it is a day of
    the week (1: Monday), of a day's the day itself or the next. A month that has no such day means its last.
    `before`: until the end of the day before. `holiday`: where that day is no working day of the procedure's calendar,
    the last working day before it (`earlier`) or the first after it (`later`).

    `day`: of the month, `last` for its end. `of`: counted in the period or after it. `within`: after the end of the
    period.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    day: Annotated[int, Field(ge=1, le=31)] | Literal["last"] | None = None
    of: Literal["period", "next"] | None = None
    before: bool = False
    within: DurationText | None = None
    holiday: Literal["keep", "earlier", "later"] = "keep"

    @model_validator(mode="after")
    def _one(self) -> ReportDue:
        if (self.day is None) == (self.within is None):
            raise ValueError("a report is due on a day, or within a time after its period")
        if self.within is not None and (self.of is not None or self.before or self.holiday != "keep"):
            raise ValueError("of, before and holiday belong to a day")
        return self


class ReportOf(BaseModel):
    """The cases that a report is about: those to which `at` happened in the period and for which `when` holds.

    `open`: instead, all that were open when the period ended. `when` reads what was known when the period ended, and
    holds for every figure of the report.

    `at`: an occurrence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    at: Occurrence | None = None
    when: Condition | None = None
    open: bool = False

    @model_validator(mode="after")
    def _either(self) -> ReportOf:
        if self.open and self.at is not None:
            raise ValueError("a report is about the open cases, or about those to which something happened")
        return self


class Measure(Named):
    """A word of a report's own for a kind of case: those to which `at` happened and for which `when` holds.

    `at`: an occurrence.
    """

    at: Occurrence = "received"
    when: Condition | None = None


class Figure(Element):
    """One figure of a report.

    `count`: how many cases a measure has in the period (an occurrence, or a `measures` id); without one, how many the
    report is about. `rate`: of the cases of the second measure in the period, those that the first has come to by its
    end; kept as numerator and denominator. `by`: for each value of a fact. `against`: beside every figure of the report
    the same of the period a year before, or of the `previous` one.
    """

    name: Text | None = None
    count: Occurrence | None = None
    rate: tuple[Occurrence, Occurrence] | None = None
    by: Fact | None = None
    against: Literal["P1Y", "previous"] | None = None

    @model_validator(mode="after")
    def _form(self) -> Figure:
        asked = [one for one in (self.count, self.rate) if one is not None]
        if len(asked) > 1 or not (asked or self.by or self.against):
            raise ValueError("a figure has count, rate, by, or against")
        if self.against is not None and (asked or self.by):
            raise ValueError("against stands alone: it holds for every figure of the report")
        return self


def _kind(value: Any) -> str:
    return "figure" if isinstance(value, dict | Figure) else "word"


Shown = Annotated[Annotated[Occurrence, Tag("word")] | Annotated[Figure, Tag("figure")], Discriminator(_kind)]
"""A figure, or the measure that is counted."""


class Report(Named):
    """A report that an office makes again and again: a summary, a meeting, a round.

    `every`: its period; `half-month` is the 1st to the 15th and the 16th to the last day, of which `half` may name one.
    `months`: only periods that begin in these. `times`: how many there are in a period (rounds).
    `each`: every office of `by` makes one of its own, about its own cases: a department's those that it has, a level's
    those that are on it; a role has no cases of its own, and counts all. One without figures
    and list may be made at any time in its period, any other when the period is over, or on its last day if it is due
    within it. `warn`: so long before it is due. `lists`: each
    case that it is about, or each of a measure, says `listed:<report>`.

    `half`: with `half-month`: only this one. `due`: until when it is made. `by`: offices that make it. `to`: offices
    that get it. `of`: the cases that it is about. `measures`: words of its own for kinds of cases. `shows`: its
    figures. `fields`: what a person writes.
    """

    every: Every
    half: Literal["first", "second"] | None = None
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    times: int = Field(default=1, ge=1, le=24)
    each: bool = False
    due: ReportDue | None = None
    warn: tuple[DurationText, ...] = Field(default=(), max_length=5)
    by: tuple[Id, ...] = Field(min_length=1)
    to: tuple[Id, ...] = ()
    of: ReportOf = ReportOf()
    measures: tuple[Measure, ...] = ()
    shows: tuple[Shown, ...] = Field(default=(), max_length=50)
    fields: tuple[FieldSpec, ...] = Field(default=(), max_length=100)
    lists: bool | Occurrence = False

    @model_validator(mode="after")
    def _with_the_report(self) -> Report:
        for one in self.fields:
            if one.required in ("registration", "requested"):
                raise ValueError(f"the field {one.id} comes with a report: write `required: true`")
        return self

    @property
    def counts_cases(self) -> bool:
        """Whether there is anything to compute when the period is over."""
        return bool(self.shows) or bool(self.lists)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What it shows, each as a figure, without `against`."""
        found = (Figure(count=one) if isinstance(one, str) else one for one in self.shows)
        return tuple(one for one in found if one.against is None)

    @property
    def against(self) -> Literal["P1Y", "previous"] | None:
        """Which other period its figures are compared with."""
        return next((one.against for one in self.shows if isinstance(one, Figure) and one.against is not None), None)
