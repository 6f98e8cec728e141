"""Who handles a case: classes, departments, levels and routes, the milestones reported, escalation and reopening."""

from __future__ import annotations

from pydantic import Field, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Id, Named, Occurrence
from shared.procedures.model.complaint import FieldSpec


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
    """Something that happens to a case and is worth an event.

    One of `milestones.REPORTED` may be declared too: it is then refined with fields and requirements.
    """

    by: tuple[Id, ...] = Field(
        default=(),
        description="offices that may report it; `handler`: the department that has the case, or the level that it is "
        "on; empty: handler",
    )
    fields: tuple[FieldSpec, ...] = ()
    requires: tuple[Requirement, ...] = ()
    when: Condition | None = Field(default=None, description="may be reported only where this holds")

    @model_validator(mode="after")
    def _with_the_report(self) -> Milestone:
        for one in self.fields:
            if one.required in ("registration", "requested"):
                raise ValueError(f"the field {one.id} comes with a report: write `required: true`")
        return self


class Escalation(Element):
    """On an occurrence the level is raised (by `raise_by` rungs or `to` one), and class or department may change."""

    id: Id
    at: Occurrence
    when: Condition | None = None
    to: Id | None = None
    raise_by: int | None = Field(default=None, ge=1)
    class_: Id | None = Field(default=None, alias="class")
    department: Id | None = None


class Reopening(Element):
    """On an occurrence a finished case is opened again, for a new cycle of its clocks."""

    id: Id
    at: Occurrence
    when: Condition | None = None
    within: DurationText | None = Field(default=None, description="counted from the last resolution")
    times: int | None = Field(default=None, ge=1)
    to_level: Id | None = None
    class_: Id | None = Field(default=None, alias="class")
