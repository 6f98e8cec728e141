"""What routing emits, on `huiyin.assignments.v1`, and what departments report, on `huiyin.department-reports.v1`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.base import EventData, Scalars, event
from shared.events.topics import ASSIGNMENTS, DEPARTMENT_REPORTS


@event("huiyin.assignment.classified.v1", ASSIGNMENTS)
class CaseClassified(EventData):
    """The class was given or raised."""

    class_: str
    previous: str | None = None
    cause: str | None = None


@event("huiyin.assignment.assigned.v1", ASSIGNMENTS)
class CaseAssigned(EventData):
    """A department has it for the first time."""

    department: str
    route: str | None = None


@event("huiyin.assignment.reassigned.v1", ASSIGNMENTS)
class CaseReassigned(EventData):
    """Another department has it now."""

    department: str
    previous: str
    cause: str | None = None


@event("huiyin.assignment.escalated.v1", ASSIGNMENTS)
class CaseEscalated(EventData):
    """A rung of the ladder has it now; `cause` is the occurrence that raised it."""

    level: str
    previous: str | None = None
    cause: str | None = None


@event("huiyin.assignment.milestone-reached.v1", ASSIGNMENTS)
class MilestoneReached(EventData):
    """An office reported a milestone that happened at `at`. `fields` are coded values, `persons` opaque staff ids."""

    milestone: str
    at: datetime
    by: str
    fields: Scalars = {}
    clock: str | None = None
    award: str | None = None
    persons: tuple[str, ...] = ()


@event("huiyin.assignment.reopened.v1", ASSIGNMENTS)
class CaseReopened(EventData):
    """A finished case is open again, in its `cycle`-th cycle (the first is 1)."""

    cycle: int
    cause: str


@event("huiyin.assignment.repeated.v1", ASSIGNMENTS)
class CaseRepeated(EventData):
    """The same matter was complained of again, as `case`, which was merged into this one."""

    case: UUID


@event("huiyin.report.milestone.v1", DEPARTMENT_REPORTS)
class MilestoneReport(EventData):
    """A department's report from its own system: routing checks it as it checks one over HTTP.

    Its record is signed (docs/messaging.md). `persons` are opaque staff ids, `[A-Za-z0-9._-]{1,64}`. A
    report that names a document which is not known here yet waits for it, for a day at most.
    """

    milestone: str
    at: datetime
    by: str
    fields: Scalars = {}
    clock: str | None = None
    award: str | None = None
    persons: tuple[str, ...] = ()


@event("huiyin.assignment.report-rejected.v1", ASSIGNMENTS)
class ReportRejected(EventData):
    """A report that the procedure does not allow, or that is not proven to be its office's, and why.

    `field` names the part, `code` the kind of reason. A milestone or office that the procedure does not have stands as
    `unknown`.
    """

    milestone: str
    by: str
    reason: str
    field: str | None = None
    code: str | None = None


@event("huiyin.assignment.assistant-assigned.v1", ASSIGNMENTS)
class AssistantAssigned(EventData):
    """Another department works on the case with the one that has it; `assisting` are all of them now."""

    department: str
    assisting: tuple[str, ...]
    cause: str | None = None


@event("huiyin.assignment.counted.v1", ASSIGNMENTS)
class CaseCounted(EventData):
    """How often the matter of this case came up within the window of `count` is now `number`.

    `place`: when the case itself was counted, its own place: the third of its matter.
    """

    count: str
    number: int
    place: int | None = None


@event("huiyin.assignment.award-suggested.v1", ASSIGNMENTS)
class AwardSuggested(EventData):
    """The procedure suggests an award, or another amount of one that is open; only a person's approval makes it one.

    Amounts are decimal text, of `currency` or of `unit`. `amount` is None where it is to be chosen from `at_least` to
    `at_most`, or cannot be computed: `problem` says why. `formula` and `inputs` show how it came about.
    """

    award: str
    kind: Literal["compensation", "penalty"]
    cause: str
    amount: str | None = None
    at_least: str | None = None
    at_most: str | None = None
    problem: str | None = None
    currency: str | None = None
    unit: str | None = None
    payer: str
    payee: str
    formula: str
    inputs: Scalars = {}
