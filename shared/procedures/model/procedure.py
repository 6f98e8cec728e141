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
from shared.procedures.model.notices import FollowUp, Notice, Signature
from shared.procedures.model.oversight import Confidentiality, NotEnforced, Rule
from shared.procedures.model.parties import Party
from shared.procedures.model.reports import Report
from shared.procedures.model.supplements import Supplement, with_clocks


class Procedure(Element):
    """One version of one organisation's rules.

    `version`: counts from 1; a version that is in force is never edited.
    `in_force_from`: from this local date on new complaints fall under it.
    `time_zone`: an IANA name; all its days and hours are local there.
    `calendar`: its working days and opening hours.
    `signature`: in whose name complainants and parties are written to.
    `channels`: the ways by which complaints come.
    `fields`: what a complaint states.
    `parties`: persons who have a part in it, such as who is complained of.
    `numbering`: how case numbers are written.
    `documents`: the papers of a case.
    `dossier`: which papers a closed case holds.
    `supplements`: what an officer may ask the complainant for.
    `duplicates`: when two complaints are one matter.
    `counts`: how often the same matter came up.
    `admissibility`: whether a complaint is taken up.
    `classes`: how grave a case is, the gravest first.
    `class`: a milestone by which an officer gives the class.
    `roles`: posts and bodies.
    `departments`: units that handle cases.
    `levels`: the ladder, lowest first.
    `routes`: who handles what.
    `default_department`: who handles what no route takes.
    `milestones`: what is reported of a case.
    `clocks`: deadlines.
    `escalations`: when a case goes up.
    `reopenings`: when a finished case is opened again.
    `awards`: compensation and penalties.
    `signature`: how messages to complainants and parties end.
    `notices`: messages to people.
    `signature`: in whose name complainants and parties are written to.
    `follow_ups`: how the complainant is asked back.
    `confidentiality`: who may see what.
    `reports`: what an office makes again and again.
    `rules`: what people follow and the system only states.
    `not_enforced`: facts of the written rules that this file does not enforce.
    """

    id: Id
    version: int = Field(ge=1)
    name: Text
    in_force_from: date
    time_zone: str = "Asia/Shanghai"
    calendar: Id = "cn"
    signature: Signature | None = None
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
