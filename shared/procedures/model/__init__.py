"""The policy language: one organisation's written rules as data.

Every element names the facts that it implements (`source`). Durations are ISO 8601 with `PnWD` for working days and
the word IMMEDIATE (see `shared.business_time.durations`). Conditions are in `conditions`, milestones in `milestones`.
Cross-references (does this level exist?) are checked by `check`; form is checked here.
"""

from __future__ import annotations

from shared.procedures.model.awards import AmountRange, Award
from shared.procedures.model.base import DurationText, Element, Id, Named, Occurrence, Text
from shared.procedures.model.clocks import Clock, ClockStep, DurationTable, Extension, Pause, QuietHours
from shared.procedures.model.complaint import (
    Admissibility,
    AdmissionRule,
    Channel,
    Choice,
    Contact,
    Count,
    Duplicates,
    FieldSpec,
    Numbering,
    NumberScheme,
)
from shared.procedures.model.documents import DocumentKind, DocumentNumber, Dossier, Files, FileType
from shared.procedures.model.handling import (
    ComplaintClass,
    Department,
    Escalation,
    GivenClass,
    Level,
    Milestone,
    Reopening,
    Requirement,
    Role,
    Route,
)
from shared.procedures.model.notices import (
    PLACEHOLDERS,
    SUBJECT_PLACEHOLDERS,
    FollowUp,
    Grade,
    Notice,
    NoticeText,
    NoticeTexts,
    Service,
    Signature,
)
from shared.procedures.model.oversight import Confidentiality, Disclosure, NotEnforced, Rule
from shared.procedures.model.parties import Party
from shared.procedures.model.procedure import Procedure
from shared.procedures.model.reports import Figure, Measure, Report, ReportDue, ReportOf
from shared.procedures.model.supplements import Supplement

__all__ = [
    "PLACEHOLDERS",
    "SUBJECT_PLACEHOLDERS",
    "Admissibility",
    "AdmissionRule",
    "AmountRange",
    "Award",
    "Channel",
    "Choice",
    "Clock",
    "ClockStep",
    "ComplaintClass",
    "Confidentiality",
    "Contact",
    "Count",
    "Department",
    "Disclosure",
    "DocumentKind",
    "DocumentNumber",
    "Dossier",
    "Duplicates",
    "DurationTable",
    "DurationText",
    "Element",
    "Escalation",
    "Extension",
    "FieldSpec",
    "Figure",
    "FileType",
    "Files",
    "FollowUp",
    "GivenClass",
    "Grade",
    "Id",
    "Level",
    "Measure",
    "Milestone",
    "Named",
    "NotEnforced",
    "Notice",
    "NoticeText",
    "NoticeTexts",
    "NumberScheme",
    "Numbering",
    "Occurrence",
    "Party",
    "Pause",
    "Procedure",
    "QuietHours",
    "Reopening",
    "Report",
    "ReportDue",
    "ReportOf",
    "Requirement",
    "Role",
    "Route",
    "Rule",
    "Service",
    "Signature",
    "Supplement",
    "Text",
]
