"""Deadlines: clocks between milestones, with pauses, extensions and steps before and after the due instant."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Id, Occurrence, Text


class Pause(Element):
    """The clock stands between two milestones, for `at_most` this long."""

    on: Occurrence
    until: tuple[Occurrence, ...] = Field(min_length=1)
    at_most: DurationText | None = None


class Extension(Element):
    """The clock may be extended to a total counted from its original start."""

    to: DurationText
    approved_by: tuple[Id, ...] = ()
    reason_required: bool = True
    times: int = Field(default=1, ge=1)


class Warning_(Element):
    """A step before the due instant: at a percentage of the time, or this long before the target."""

    id: Id
    percent: int | None = Field(default=None, ge=1, le=99)
    before: DurationText | None = None

    @model_validator(mode="after")
    def _one(self) -> Warning_:
        if (self.percent is None) == (self.before is None):
            raise ValueError("a warning has either percent or before")
        return self


class AfterBreach(Element):
    """A further step this long after the due instant."""

    id: Id
    after: DurationText


class Clock(Element):
    """A deadline between milestones.

    `time`: `business` counts PT durations in the calendar's opening hours, `elapsed` round the clock. `PnWD` always
    counts working days of the calendar. `repeats`: due again every `duration` until stopped.
    `due_field`: the due instant is the value of this milestone field (`decided.agreed-by`), not a duration.
    """

    id: Id
    name: Text
    from_: tuple[Occurrence, ...] = Field(alias="from", min_length=1)
    until: tuple[Occurrence, ...] = Field(min_length=1)
    duration: DurationText | None = None
    due_field: str | None = None
    time: Literal["elapsed", "business"] = "elapsed"
    boundary: Literal["end-of-day", "closing-time", "same-time"] = "end-of-day"
    calendar: Id | None = None
    when: Condition | None = None
    cancel_on: tuple[Occurrence, ...] = ()
    restart_on: tuple[Occurrence, ...] = ("reopened",)
    pauses: tuple[Pause, ...] = ()
    extension: Extension | None = None
    warnings: tuple[Warning_, ...] = ()
    after_breach: tuple[AfterBreach, ...] = ()
    repeats: bool = False

    @model_validator(mode="after")
    def _one_target(self) -> Clock:
        if (self.duration is None) == (self.due_field is None):
            raise ValueError("a clock has either duration or due_field")
        return self
