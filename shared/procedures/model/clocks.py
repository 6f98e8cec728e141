"""Deadlines: clocks between milestones, with pauses, extensions and steps before and after the due instant."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Id, Occurrence, Text

WallTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Pause(Element):
    """The clock stands between two milestones, for `at_most` this long."""

    from_: Occurrence = Field(alias="from")
    until: tuple[Occurrence, ...] = Field(min_length=1)
    at_most: DurationText | None = None


class Extension(Element):
    """The clock may be extended to a total counted from its original start.

    `times`: how often; every approval after the first adds `each` to the total, which never exceeds `max`.
    `request_required`: only what was asked for, and not answered yet, can be approved. An approval counts if it was
    given, or asked for, no later than the clock was due.
    """

    to: DurationText
    approved_by: tuple[Id, ...] = ()
    reason_required: bool = True
    request_required: bool = False
    times: int = Field(default=1, ge=1)
    each: DurationText | None = None
    max: DurationText | None = None


class QuietHours(Element):
    """A daily window of the calendar's wall time without steps; over midnight where `until` is earlier."""

    from_: WallTime = Field(alias="from")
    until: WallTime

    @model_validator(mode="after")
    def _some(self) -> QuietHours:
        if self.from_ == self.until:
            raise ValueError("quiet hours begin and end at different times")
        return self


class Warning_(Element):
    """A step before the due instant: at a percentage of the time, or this long before the target.

    `calendar`, `time` and `quiet` are the clock's where they are not given.
    """

    id: Id
    percent: int | None = Field(default=None, ge=1, le=99)
    before: DurationText | None = None
    calendar: Id | None = None
    time: Literal["elapsed", "business"] | None = None
    quiet: tuple[QuietHours, ...] | None = None

    @model_validator(mode="after")
    def _one(self) -> Warning_:
        if (self.percent is None) == (self.before is None):
            raise ValueError("a warning has either percent or before")
        return self


class AfterBreach(Element):
    """A further step this long after the due instant; `calendar`, `time` and `quiet` as of a warning."""

    id: Id
    after: DurationText
    calendar: Id | None = None
    time: Literal["elapsed", "business"] | None = None
    quiet: tuple[QuietHours, ...] | None = None


class Clock(Element):
    """A deadline between milestones.

    `time`: `business` counts PT durations in the calendar's opening hours, `elapsed` round the clock. `PnWD` always
    counts working days of the calendar.
    `due_field`: the due instant is the value of this milestone field (`decided.agreed-by`), not a duration.
    `repeats`: emitted again every `repeat_every` (else every `duration`) after the due instant until stopped,
    `repeat_at_most` so many times.
    `starts_again`: the first `from` after a stop starts the next cycle.
    `group`: of the clocks with this word, only the first whose `when` holds runs.
    `within`: never due later than the clock, or the group, of this id.
    `quiet`: of steps that name none themselves, and of repetitions; never of the breach.
    `catch_up`: which steps are emitted that came while nothing could be emitted: all of them, only the latest, or none
    older than `skip_after`. The breach is always emitted.
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
    group: Id | None = None
    within: Id | None = None
    cancel_on: tuple[Occurrence, ...] = ()
    restart_on: tuple[Occurrence, ...] = ("reopened",)
    starts_again: bool = False
    pauses: tuple[Pause, ...] = ()
    extension: Extension | None = None
    warnings: tuple[Warning_, ...] = ()
    after_breach: tuple[AfterBreach, ...] = ()
    repeats: bool = False
    repeat_every: DurationText | None = None
    repeat_at_most: int | None = Field(default=None, ge=1)
    quiet: tuple[QuietHours, ...] = ()
    catch_up: Literal["all", "latest", "skip"] = "all"
    skip_after: DurationText | None = None

    @model_validator(mode="after")
    def _fits(self) -> Clock:
        if (self.duration is None) == (self.due_field is None):
            raise ValueError("a clock has either duration or due_field")
        if not self.repeats and (self.repeat_every is not None or self.repeat_at_most is not None):
            raise ValueError("repeat_every and repeat_at_most belong to a clock that repeats")
        if (self.skip_after is None) != (self.catch_up != "skip"):
            raise ValueError("skip_after belongs to `catch_up: skip`, and that needs it")
        return self
