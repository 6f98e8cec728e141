"""Who handles a case: classes, departments, levels and routes, the milestones reported, escalation and reopening."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.milestones import DECIDED_AT_INTAKE
from shared.procedures.model.base import DurationText, Element, FactName, Id, Named, Occurrence
from shared.procedures.model.complaint import FieldSpec


class ComplaintClass(Named):
    """A class; the first whose condition is true is given, and a class is only ever raised, never lowered."""

    when: Condition | None = None
    rank: int = Field(default=0, description="higher is graver")


class GivenClass(Element):
    """A milestone's field gives the class: an officer's determination, `from: <milestone>.<field>`.

    With `lower` it may be below the present one too. While it stands, in its cycle, conditions give no other class;
    escalations and reopenings still raise it.

    `from`: the field, as `<milestone>.<field>`. `lower`: whether it may be below the present one.
    """

    from_: FactName = Field(alias="from")
    lower: bool = False


class Department(Named):
    """A unit that handles complaints."""


class Role(Named):
    """A post or body that reports, approves or receives notices."""


class Level(Named):
    """One rung of the escalation ladder, lowest first; `department` takes over when the rung is reached.

    `department`: that takes the case over on this level.
    """

    department: Id | None = None


class Route(Element):
    """Who handles what, and `with` whom; the first whose condition is true decides.

    `department`: that gets the case. `level`: on which it begins.
    """

    id: Id
    when: Condition | None = None
    department: Id
    with_: tuple[Id, ...] = Field(default=(), alias="with", max_length=20, description="departments that assist")
    level: Id | None = None


class Requirement(Element):
    """What must have happened before a milestone is reported: an occurrence, or every assisting department's part.

    `reached`: an occurrence. `contributed`: every assisting department.
    """

    reached: Occurrence | None = None
    contributed: Literal["all"] | None = None
    when: Condition | None = None

    @model_validator(mode="after")
    def _one(self) -> Requirement:
        if (self.reached is None) == (self.contributed is None):
            raise ValueError("a requirement is either reached or contributed")
        return self


Stage = Literal["registered", "assigned", "resolved", "closed", "ended"]
"""Where a case stands: not yet admitted; in handling; resolved; closed; refused, withdrawn, merged or passed on."""


class Milestone(Named):
    """Something that happens to a case and is worth an event.

    One of `milestones.REPORTED` may be declared too: it is then refined with fields and requirements.
    `must`: conditions over the report's own fields (by their bare ids) and the case's facts; the report is refused
    unless each of them holds. `not_by`: milestones, or fields of type `person`; nobody who reported one of them, or is
    named in the field, may be among the persons of this report.

    `fields`: what is stated with the report. `requires`: what must have happened before. `stages`: where the case may
    stand.
    """

    by: tuple[Id, ...] = Field(
        default=(),
        description="offices that may report it; `handler`: the department that has the case, or the level that it is "
        "on; empty: handler",
    )
    fields: tuple[FieldSpec, ...] = ()
    requires: tuple[Requirement, ...] = ()
    when: Condition | None = Field(default=None, description="may be reported only where this holds")
    must: tuple[Condition, ...] = ()
    stages: tuple[Stage, ...] = Field(default=("assigned", "resolved", "closed"), min_length=1)
    persons: int | None = Field(default=None, ge=1, le=20, description="at least so many persons report it")
    not_by: tuple[FactName, ...] = ()
    within: Id | None = Field(default=None, description="a clock: only once it has started, and until it is over")

    @model_validator(mode="after")
    def _with_the_report(self) -> Milestone:
        for one in self.fields:
            if one.required in ("registration", "requested"):
                raise ValueError(f"the field {one.id} comes with a report: write `required: true`")
        if self.within is not None and self.id in DECIDED_AT_INTAKE:
            raise ValueError("what intake decides is not held within a clock")
        return self


class Escalation(Element):
    """On an occurrence the level is raised (by `raise_by` rungs or `to` one), and class or department may change.

    `at`: the occurrence. `to`: the level that it goes to. `raise_by`: by so many rungs. `class`: the class that it
    gets. `department`: that takes the case over.
    """

    id: Id
    at: Occurrence
    when: Condition | None = None
    to: Id | None = None
    raise_by: int | None = Field(default=None, ge=1)
    class_: Id | None = Field(default=None, alias="class")
    department: Id | None = None
    with_: tuple[Id, ...] = Field(default=(), alias="with", max_length=20, description="departments that assist")


class Reopening(Element):
    """On an occurrence a finished case is opened again, for a new cycle of its clocks.

    `at`: the occurrence. `times`: how often. `to_level`: the level that it goes to. `class`: the class that it gets.
    """

    id: Id
    at: Occurrence
    when: Condition | None = None
    within: DurationText | None = Field(default=None, description="counted from the last resolution")
    times: int | None = Field(default=None, ge=1)
    to_level: Id | None = None
    class_: Id | None = Field(default=None, alias="class")
