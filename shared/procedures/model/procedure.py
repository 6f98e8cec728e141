"""A whole procedure: one version of one organisation's rules."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field, model_validator

from shared.procedures.model.awards import Award
from shared.procedures.model.base import Element, Id, Text
from shared.procedures.model.clocks import Clock
from shared.procedures.model.complaint import Admissibility, Channel, Count, Duplicates, FieldSpec, Numbering
from shared.procedures.model.documents import DocumentKind, Dossier
from shared.procedures.model.handling import (
    ComplaintClass,
    Department,
    Escalation,
    GivenClass,
    Level,
    Milestone,
    Reopening,
    Role,
    Route,
)
from shared.procedures.model.notices import FollowUp, Notice
from shared.procedures.model.oversight import Confidentiality, NotEnforced, Rule
from shared.procedures.model.parties import Party
from shared.procedures.model.reports import Report
from shared.procedures.model.supplements import Supplement, with_clocks


class Procedure(Element):
    """One version of one organisation's rules."""

    id: Id
    version: int = Field(ge=1)
    name: Text
    in_force_from: date
    time_zone: str = "Asia/Shanghai"
    calendar: Id = "cn"
    channels: tuple[Channel, ...] = Field(min_length=1)
    fields: tuple[FieldSpec, ...] = Field(min_length=1)
    parties: tuple[Party, ...] = ()
    numbering: Numbering
    documents: tuple[DocumentKind, ...] = ()
    dossier: Dossier | None = None
    supplements: tuple[Supplement, ...] = ()
    duplicates: Duplicates | None = None
    counts: tuple[Count, ...] = ()
    admissibility: Admissibility = Admissibility(otherwise="admit")
    classes: tuple[ComplaintClass, ...] = ()
    class_: GivenClass | None = Field(default=None, alias="class")
    roles: tuple[Role, ...] = ()
    departments: tuple[Department, ...] = Field(min_length=1)
    levels: tuple[Level, ...] = ()
    routes: tuple[Route, ...] = ()
    default_department: Id
    milestones: tuple[Milestone, ...] = ()
    clocks: tuple[Clock, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    awards: tuple[Award, ...] = ()
    notices: tuple[Notice, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    confidentiality: tuple[Confidentiality, ...] = ()
    reports: tuple[Report, ...] = ()
    rules: tuple[Rule, ...] = ()
    not_enforced: tuple[NotEnforced, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, data: Any) -> Any:
        return with_clocks(data) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _at_registration(self) -> Procedure:
        for one in self.fields:
            if isinstance(one.required, bool):
                raise ValueError(
                    f"the field {one.id} is of a complaint: `required` is registration, requested, optional"
                )
        return self

    @property
    def key(self) -> tuple[str, int]:
        """Id and version: what a case is pinned to."""
        return (self.id, self.version)
