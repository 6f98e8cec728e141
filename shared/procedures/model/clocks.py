"""Deadlines: clocks between milestones, with pauses, extensions and steps before and after the due instant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.milestones import LEFT, split
from shared.procedures.model.base import DurationText, Element, Id, Occurrence, Text

_WRITTEN = re.compile(r"P(T?)[0-9]+(WD|[WDMYHS])")
WallTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Pause(Element):
    """The clock stands between two milestones, for `at_most` this long.

    `from`: the occurrence at which it begins to stand. `until`: the first of these ends that. `at_most`: the longest
    that it stands.
    """

    from_: Occurrence = Field(alias="from")
    until: tuple[Occurrence, ...] = Field(min_length=1)
    at_most: DurationText | None = None


class Extension(Element):
    """The clock may be extended: to a total counted from its original start, or as the approver states.

    `times`: how often; every approval after the first adds `each` to the total, which never exceeds `max`.
    `to_field`: a field of the milestone `extension-approved` in which the approver states until when (a date, until its
    end, or an instant), or the new total (a whole number, counted as the clock's duration is: hours, days, working
    days). `at_most`: the total from the original start that it never goes beyond.
    `request_required`: only what was asked for, and not answered yet, can be approved. An approval counts if it was
    given, or asked for, no later than the clock was due.

    `to`: the total from the original start. `approved_by`: offices that may approve it. `reason_required`: whether a
    request states its reason. `each`: what every further approval adds. `max`: the most in all.
    """

    to: DurationText | None = None
    to_field: Id | None = None
    at_most: DurationText | None = None
    approved_by: tuple[Id, ...] = ()
    reason_required: bool = True
    request_required: bool = False
    times: int = Field(default=1, ge=1)
    each: DurationText | None = None
    max: DurationText | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Extension:
        if (self.to is None) == (self.to_field is None):
            raise ValueError("an extension has either `to`, a total, or `to_field`, in which the approver states it")
        if self.to_field is not None and (self.each is not None or self.max is not None):
            raise ValueError("each and max belong to `to`; what the approver states is bounded by `at_most`")
        if self.to is not None and self.at_most is not None:
            raise ValueError("at_most belongs to `to_field`; the bound of several extensions is `max`")
        return self


class QuietHours(Element):
    """A daily window of the calendar's wall time without steps; over midnight where `until` is earlier.

    `from`: wall time, `22:00`. `until`: wall time, `07:00`.
    """

    from_: WallTime = Field(alias="from")
    until: WallTime

    @model_validator(mode="after")
    def _some(self) -> QuietHours:
        if self.from_ == self.until:
            raise ValueError("quiet hours begin and end at different times")
        return self


class ClockStep(Element):
    """One step of a clock: before its due instant, after it, or again and again after it.

    `before` and `after` count from the due instant, `percent` from the start. `every`: again and again after the due
    instant until the clock stops, `times` so often at most; these are called `repeat-2`, `repeat-3` and so on.
    `calendar`, `time` and `quiet` are the clock's where they are not given.

    `calendar`: another calendar than the clock's. `time`: in place of the clock's. `quiet`: in place of the clock's.
    """

    id: Id | None = None
    percent: int | None = Field(default=None, ge=1, le=99, description="of the time from the start to the due instant")
    before: DurationText | None = Field(default=None, description="so long before the due instant")
    after: DurationText | None = Field(default=None, description="so long after the due instant")
    every: DurationText | None = Field(default=None, description="again and again after the due instant")
    times: int | None = Field(default=None, ge=1, description="how often `every` at most")
    calendar: Id | None = None
    time: Literal["elapsed", "business"] | None = None
    quiet: tuple[QuietHours, ...] | None = None

    @model_validator(mode="after")
    def _one(self) -> ClockStep:
        if sum(one is not None for one in (self.percent, self.before, self.after, self.every)) != 1:
            raise ValueError("a step has one of: before, percent, after, every")
        if (self.id is None) == (self.every is None):
            raise ValueError("a step has an id, unless it is one of `every`: those are called repeat-2, repeat-3 …")
        if self.times is not None and self.every is None:
            raise ValueError("times belongs to `every`")
        return self

    @property
    def precedes(self) -> bool:
        """Whether it comes before the due instant."""
        return self.percent is not None or self.before is not None


class DurationTable(BaseModel):
    """A duration for each value of a fact: `{by: class, major: P3D, else: P7D}`.

    A change of the fact moves the due instant. `else`: for every other value, and while the fact is not known; without
    it the due instant is then not known either.

    `by`: the name of a fact with declared values.
    """

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, defer_build=True)
    __pydantic_extra__: dict[str, DurationText]

    by: str
    else_: DurationText | None = Field(default=None, alias="else")

    @property
    def values(self) -> Mapping[str, str]:
        """The duration by value, without `else`."""
        return self.__pydantic_extra__

    def of(self, value: Any) -> str | None:
        """The duration for a value of the fact (None: not known)."""
        word = str(value).lower() if isinstance(value, bool) else str(value)
        return self.else_ if value is None else self.values.get(word, self.else_)

    def all(self) -> tuple[str, ...]:
        """Every duration that it can give."""
        return (*self.values.values(), *(() if self.else_ is None else (self.else_,)))


Length = Annotated[
    Annotated[DurationText, Tag("text")] | Annotated[DurationTable, Tag("table")],
    Discriminator(lambda value: "table" if isinstance(value, dict | DurationTable) else "text"),
]
Reason = Annotated[
    Annotated[str, Tag("text")] | Annotated[Text, Tag("both")],
    Discriminator(lambda value: "both" if isinstance(value, dict | Text) else "text"),
]


class Clock(Element):
    """A deadline between milestones.

    `time`: `business` counts PT durations in the calendar's opening hours, `elapsed` round the clock. `PnWD` always
    counts working days of the calendar.
    `duration`: one for all cases, or by the value of a fact.
    `due_field`: the due instant is the value of this milestone field (`decided.agreed-by`), not a duration.
    `until`: occurrences of which the first after the start stops it; `left` stands for all by which the case leaves
    whoever has it, in `cancel_on` too.
    `when`: judged once, at `from`: whether the clock starts. `while`: judged again with everything that happens: it
    runs only as long as this holds, counted from the same start.
    `starts_again`: the first `from` after a stop starts the next cycle.
    `group`: of the clocks with this word, only the first runs whose `when` held at `from` and whose `while` holds.
    `within`: never due later than the clock, or the group, of this id.
    `quiet`: of steps that name none themselves; never of the breach.
    `catch_up`: which steps are emitted that came while nothing could be emitted: all of them, only the latest, or none
    older than `skip_after`. The breach is always emitted.

    `from`: occurrences of which the first starts it. `boundary`: when a day ends. `calendar`: another calendar than the
    procedure's. `cancel_on`: occurrences that end it without a verdict. `restart_on`: occurrences that start its next
    cycle. `pauses`: when it stands. `extension`: how it is extended. `steps`: what is emitted before and after the due
    instant. `skip_after`: with `catch_up: skip`.
    """

    id: Id
    name: Text
    from_: tuple[Occurrence, ...] = Field(alias="from", min_length=1)
    until: tuple[Occurrence, ...] = Field(min_length=1)
    duration: Length | None = None
    due_field: str | None = None
    time: Literal["elapsed", "business"] = "elapsed"
    boundary: Literal["end-of-day", "closing-time", "same-time"] = "end-of-day"
    calendar: Id | None = None
    when: Condition | None = None
    while_: Condition | None = Field(default=None, alias="while")
    group: Id | None = None
    within: Id | None = None
    cancel_on: tuple[Occurrence, ...] = ()
    restart_on: tuple[Occurrence, ...] = ("reopened",)
    starts_again: bool = False
    pauses: tuple[Pause, ...] = ()
    extension: Extension | None = None
    steps: tuple[ClockStep, ...] = ()
    no_consequence: Reason | None = Field(default=None, description="why nothing follows from its breach or a step")
    quiet: tuple[QuietHours, ...] = ()
    catch_up: Literal["all", "latest", "skip"] = "all"
    skip_after: DurationText | None = None

    @model_validator(mode="after")
    def _fits(self) -> Clock:
        if (self.duration is None) == (self.due_field is None):
            raise ValueError("a clock has either duration or due_field")
        if sum(one.every is not None for one in self.steps) > 1:
            raise ValueError("a clock has one step with `every` at most")
        if (self.skip_after is None) != (self.catch_up != "skip"):
            raise ValueError("skip_after belongs to `catch_up: skip`, and that needs it")
        return self

    @property
    def durations(self) -> tuple[str, ...]:
        """Every duration that it can have; () for one with an agreed date."""
        if isinstance(self.duration, DurationTable):
            return self.duration.all()
        return () if self.duration is None else (self.duration,)

    def total_of(self, number: int) -> str | None:
        """So many hours, days or working days as a duration: counted as its own is (`PT24H`, `P10WD`); None where its
        own has no unit, or more than one."""
        units = {match.groups() if (match := _WRITTEN.fullmatch(text)) else None for text in self.durations}
        unit = units.pop() if len(units) == 1 else None
        return None if unit is None else f"P{unit[0]}{number}{unit[1]}"

    @property
    def stops(self) -> tuple[str, ...]:
        """What stops it, with all that `left` stands for."""
        return (*(one for one in self.until if one != "left"), *(self.leaving if "left" in self.until else ()))

    @property
    def repetition(self) -> ClockStep | None:
        """The step that comes again and again."""
        return next((one for one in self.steps if one.every is not None), None)

    @property
    def leaving(self) -> tuple[str, ...]:
        """What `left` stands for here: the handling is over, or the case goes to another level or department than
        those that start the clock."""
        starts = {split(one)[0] for one in self.from_}
        return tuple(word for word, of in LEFT.items() if not of or starts & of)
