"""The policy language: one organisation's written rules as data.

Every element names the facts that it implements (`source`). Durations are ISO 8601 with `PnWD` for working days and
the word IMMEDIATE (see `shared.business_time.durations`). Conditions are in `conditions`, milestones in `milestones`.
Cross-references (does this level exist?) are checked by `check`; form is checked here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from shared.business_time.durations import Duration
from shared.procedures.conditions import Condition

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Occurrence = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(:[a-z0-9-]+)?$", max_length=120)]
DurationText = Annotated[str, StringConstraints(pattern=r"^(IMMEDIATE|P[0-9TWDMYHS]+)$")]


class Element(BaseModel):
    """Base of every element: unknown keys are refused, `source` names the facts it implements."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: tuple[str, ...] = ()


class Text(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str


class Named(Element):
    """An element with an id and a name that people read."""

    id: Id
    name: Text


class Choice(Named):
    """One value of a `choice` field."""


class FieldSpec(Element):
    """One field of a complaint or of a milestone's report.

    `holds` decides where the value lives: `identity` and `evidence` in intake's vault only, `coded` in events too.
    Free text is never coded, because free text can name people.
    `required`: `registration` (no case number without it), `requested` (the case is registered, and asked for it),
    `optional`.
    """

    id: Id
    label: Text
    type: Literal["text", "choice", "boolean", "integer", "date", "instant"] = "text"
    holds: Literal["identity", "evidence", "coded"] = "coded"
    required: Literal["registration", "requested", "optional"] = "optional"
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


class DocumentNumber(NumberScheme):
    """The number of a kind of document, given at the milestone `at`."""

    id: Id
    at: Occurrence


class Numbering(BaseModel):
    """Case numbers, and the numbers of documents that carry their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: NumberScheme
    documents: tuple[DocumentNumber, ...] = ()


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


class ComplaintClass(Named):
    """A class; the first whose condition is true is given, and a class is only ever raised, never lowered."""

    when: Condition | None = None
    rank: int = Field(default=0, description="higher is graver")


class Department(Named):
    """A unit that handles complaints."""


class Role(Named):
    """A post or body that reports, approves or receives notices."""


class Level(Named):
    """One rung of the escalation ladder, lowest first; `department` takes over when the rung is reached."""

    department: Id | None = None


class Route(Element):
    """Who handles what; the first whose condition is true decides."""

    id: Id
    when: Condition | None = None
    department: Id
    level: Id | None = None


class Requirement(Element):
    """What must have been reached before a milestone may be reported."""

    reached: Occurrence
    when: Condition | None = None


class Milestone(Named):
    """Something that happens to a case and is worth an event. Standard ones may be refined with fields and requirements."""

    by: tuple[Id, ...] = Field(default=(), description="roles or departments that may report it; empty: any")
    fields: tuple[FieldSpec, ...] = ()
    requires: tuple[Requirement, ...] = ()
    when: Condition | None = Field(default=None, description="may be reported only where this holds")


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

    @field_validator("duration")
    @classmethod
    def _parses(cls, text: str | None) -> str | None:
        if text is not None:
            Duration.parse(text)
        return text


class Escalation(Element):
    """On an occurrence the level is raised (by `raise_by` rungs or `to` one), and class or department may change."""

    id: Id
    on: Occurrence
    when: Condition | None = None
    to: Id | None = None
    raise_by: int | None = Field(default=None, ge=1)
    class_: Id | None = Field(default=None, alias="class")
    department: Id | None = None


class Reopening(Element):
    """On an occurrence a finished case is opened again, for a new cycle of its clocks."""

    id: Id
    on: Occurrence
    when: Condition | None = None
    within: DurationText | None = Field(default=None, description="counted from the last resolution")
    times: int | None = Field(default=None, ge=1)
    to_level: Id | None = None
    class_: Id | None = Field(default=None, alias="class")


class NoticeText(BaseModel):
    """Subject and body; `{{name}}` is replaced, nothing else is executed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str
    body: str


class NoticeTexts(BaseModel):
    """The notice in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: NoticeText
    en: NoticeText


class Notice(Named):
    """A message that an occurrence causes. `to`: complainant, department, level, or a role, department or level id."""

    on: tuple[Occurrence, ...] = Field(min_length=1)
    to: str
    when: Condition | None = None
    text: NoticeTexts


class CallBack(Element):
    """The complainant is asked back after an occurrence; the answer is `satisfied` or `dissatisfied`."""

    after: Occurrence
    within: DurationText | None = None
    when: Condition | None = None


class Confidentiality(Element):
    """A rule on who may see what; `disclosure_by` are the roles whose approval releases vault fields."""

    id: Id
    name: Text
    disclosure_by: tuple[Id, ...] = ()
    abstract_only: bool = False
    recused: tuple[str, ...] = Field(default=(), description="fields that name the accused or their unit")


class Duty(Named):
    """A recurring duty of the organisation (a report, a meeting), with its due day.

    `every` is the period; `day` the day of the month after the period's end (0: its last day), `before`: exclusive.
    `month_of` is `period` when the day lies in the period's own last month, `next` when in the month after.
    """

    every: Literal["P1M", "P3M", "P1Y", "P7D"]
    day: int | None = Field(default=None, ge=0, le=31)
    month_of: Literal["period", "next"] = "period"
    before: bool = False
    by: Id | None = None


class Rule(Element):
    """A rule that people follow and the system states (a remedy, a penalty, a paper to archive)."""

    id: Id
    kind: Literal["remedy", "penalty", "archive", "role", "supervision", "lifecycle"]
    name: Text
    when: Condition | None = None


class Procedure(Element):
    """One version of one organisation's rules."""

    id: Id
    version: int = Field(ge=1)
    name: Text
    in_force_from: date
    time_zone: str = "Asia/Shanghai"
    calendar: Id = "cn"
    channels: tuple[Choice, ...] = Field(min_length=1)
    fields: tuple[FieldSpec, ...] = Field(min_length=1)
    numbering: Numbering
    duplicates: Duplicates | None = None
    counts: tuple[Count, ...] = ()
    admissibility: Admissibility = Admissibility(otherwise="admit")
    classes: tuple[ComplaintClass, ...] = ()
    roles: tuple[Role, ...] = ()
    departments: tuple[Department, ...] = Field(min_length=1)
    levels: tuple[Level, ...] = ()
    routes: tuple[Route, ...] = ()
    default_department: Id
    milestones: tuple[Milestone, ...] = ()
    clocks: tuple[Clock, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    notices: tuple[Notice, ...] = ()
    call_backs: tuple[CallBack, ...] = ()
    confidentiality: tuple[Confidentiality, ...] = ()
    duties: tuple[Duty, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """Id and version: what a case is pinned to."""
        return (self.id, self.version)
