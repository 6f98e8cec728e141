"""A report of a milestone: whether the procedure allows it, and what it does to the case.

Free texts never come here: a text field of a milestone takes the name of a document that was put into the vault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.routing.domain.assignment import Change
from services.routing.domain.case import Case
from shared.errors import Conflict, InvalidInput
from shared.events.assignments import MilestoneReached
from shared.procedures.conditions import holds
from shared.procedures.fields import Scalar, Unreadable, index_choices, read_value
from shared.procedures.milestones import REPORTED
from shared.procedures.model import Clock, FieldSpec, Milestone, Procedure
from shared.procedures.offices import HANDLER, offices

_AHEAD = timedelta(minutes=5)  # clocks of other systems differ
_DOCUMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PERSON = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Report:
    """A milestone as reported: `by` is an office, `fields` are coded values or names of documents.

    `person` is who of the office did it: a staff id that says nothing outside the office.
    """

    milestone: str
    at: datetime
    by: str
    fields: Mapping[str, Scalar]
    clock: str | None = None
    person: str | None = None


def accept(case: Case, procedure: Procedure, report: Report, now: datetime) -> Change:
    """The case after the report. Raises `InvalidInput` or `Conflict` naming the field that is wrong.

    The same report again changes nothing and emits nothing.
    """
    spec = next((milestone for milestone in procedure.milestones if milestone.id == report.milestone), None)
    if spec is None and report.milestone not in REPORTED:
        raise InvalidInput("this procedure has no such milestone", field="milestone")
    name = f"{report.milestone}:{report.clock}" if report.clock else report.milestone
    if any((past.name, past.at, past.by) == (name, report.at, report.by) for past in case.occurrences):
        return Change(case, ())
    _check_time(case, report, now)
    _check_state(case, report)
    _check_reporter(case, procedure, spec, report)
    fields = _read_fields(spec, report, case)
    clock = _check_extension(case, procedure, report) if report.milestone.startswith("extension-") else None
    if spec is not None:
        _check_requirements(case, spec)
    names = (report.milestone, f"{report.milestone}:{clock.id}") if clock else (report.milestone,)
    case = case.with_occurrences(names, report.at, report.by, report.person)
    facts = {**case.facts, **{f"{report.milestone}.{name}": value for name, value in fields.items()}}
    case = replace(case, facts=facts)
    if report.milestone == "resolved":
        case = replace(case, status="resolved", resolved_at=report.at)
    elif report.milestone == "closed":
        case = replace(case, status="closed", resolved_at=case.resolved_at or report.at)
    emitted = MilestoneReached(
        milestone=report.milestone,
        at=report.at,
        by=report.by,
        person=report.person,
        fields=fields,
        clock=clock.id if clock else None,
    )
    return Change(case, (emitted,))


def _check_time(case: Case, report: Report, now: datetime) -> None:
    if report.at > now + _AHEAD:
        raise InvalidInput("this lies in the future", field="at")
    if case.received_at is not None and report.at < case.received_at:
        raise InvalidInput("this lies before the complaint was received", field="at")


def _check_state(case: Case, report: Report) -> None:
    if case.status == "registered":
        raise Conflict("the complaint has not been admitted yet", field="milestone")
    if case.status == "ended":
        raise Conflict("the complaint was refused, withdrawn, merged or passed on", field="milestone")
    if report.milestone == "resolved" and case.status in ("resolved", "closed"):
        raise Conflict("the case is resolved already", field="milestone", hint="a reopened case can be resolved again")
    if report.milestone == "closed" and case.status == "closed":
        raise Conflict("the case is closed already", field="milestone")


def _check_reporter(case: Case, procedure: Procedure, spec: Milestone | None, report: Report) -> None:
    if report.by not in offices(procedure):
        raise InvalidInput("this procedure has no such role, department or level", field="by")
    if report.person is not None and not _PERSON.fullmatch(report.person):
        raise InvalidInput("a staff id has 1 to 64 of A-Z, a-z, 0-9, dot, hyphen, underline", field="person")
    by = spec.by if spec else ()
    if not by and _is_decision_of_approvers(procedure, report):
        return  # judged with the clock
    may = [office for one in by or (HANDLER,) for office in (_handlers(case) if one == HANDLER else (one,))]
    if report.by not in may:
        raise InvalidInput("may not report this milestone", field="by", hint=f"one of: {', '.join(may)}")


def _handlers(case: Case) -> tuple[str, ...]:
    """The offices that have the case now: its department, and the level that it is on."""
    return tuple(office for office in (case.department, case.level) if office is not None)


def _is_decision_of_approvers(procedure: Procedure, report: Report) -> bool:
    """Whether this decides on an extension whose clock names who does; for a clock that cannot be extended too."""
    if report.milestone not in ("extension-approved", "extension-refused"):
        return False
    clock = next((candidate for candidate in procedure.clocks if candidate.id == report.clock), None)
    return clock is None or clock.extension is None or bool(clock.extension.approved_by)


def _check_requirements(case: Case, spec: Milestone) -> None:
    facts = case.conditions()
    if holds(spec.when, facts) is not True:
        raise Conflict("the procedure does not provide for this milestone in this case", field="milestone")
    for requirement in spec.requires:
        applies = holds(requirement.when, facts) is True
        if applies and not case.has_occurred(requirement.reached):
            raise Conflict(
                f"{requirement.reached} must be reported first", field="milestone", hint=f"report {requirement.reached}"
            )


def _check_extension(case: Case, procedure: Procedure, report: Report) -> Clock:
    clock = next((candidate for candidate in procedure.clocks if candidate.id == report.clock), None)
    if clock is None or clock.extension is None:
        raise InvalidInput("names no clock that can be extended", field="clock")
    rule = clock.extension
    if report.milestone != "extension-requested" and rule.approved_by and report.by not in rule.approved_by:
        verb = "approve" if report.milestone == "extension-approved" else "refuse"
        raise InvalidInput(f"may not {verb} this", field="by", hint=f"one of: {', '.join(rule.approved_by)}")
    if report.milestone == "extension-approved":
        if _times_reported(case, "extension-approved", clock) >= rule.times:
            raise Conflict("the clock has been extended as often as the procedure allows", field="clock")
        answered = _times_reported(case, "extension-approved", clock) + _times_reported(
            case, "extension-refused", clock
        )
        if rule.request_required and _times_reported(case, "extension-requested", clock) <= answered:
            raise Conflict(
                "nobody has asked for this extension", field="milestone", hint="report extension-requested first"
            )
        breached_at, asked_at = _breached_at(case, clock), _asked_at(case, clock, report.at)
        if breached_at is not None and (asked_at or report.at) > breached_at:
            raise Conflict(
                "the clock was due before this extension was approved or asked for",
                field="at",
                hint="an approval counts if it was given, or asked for, before the clock was due",
            )
    if report.milestone == "extension-requested" and rule.reason_required and not report.fields.get("reason"):
        raise InvalidInput("a reason is needed: the name of a document with it", field="fields.reason")
    return clock


def _times_reported(case: Case, milestone: str, clock: Clock) -> int:
    """How often this was reported of the clock in the present cycle."""
    name = f"{milestone}:{clock.id}"
    return sum(past.name == name and past.cycle == case.cycle for past in case.occurrences)


def _breached_at(case: Case, clock: Clock) -> datetime | None:
    """When the clock was breached that runs now, if it was and still is."""
    found: datetime | None = None
    for occurrence in case.occurrences:
        if occurrence.name == f"breached:{clock.id}":
            found = occurrence.at
        elif occurrence.name in (f"breach-retracted:{clock.id}", f"started:{clock.id}"):
            found = None
    return found


def _asked_at(case: Case, clock: Clock, now: datetime) -> datetime | None:
    """Since when an extension had been asked for, at this instant, that was neither approved nor refused."""
    found: datetime | None = None
    for occurrence in sorted(case.occurrences, key=lambda occurrence: occurrence.at):
        if occurrence.cycle != case.cycle or occurrence.at > now:
            continue
        if occurrence.name == f"extension-requested:{clock.id}":
            found = found or occurrence.at
        elif occurrence.name in (f"extension-approved:{clock.id}", f"extension-refused:{clock.id}"):
            found = None
    return found


def _read_fields(spec: Milestone | None, report: Report, case: Case) -> dict[str, Scalar]:
    declared = {field.id: field for field in spec.fields} if spec else {}
    if report.milestone.startswith("extension-"):
        declared.setdefault("reason", _REASON)
    facts = case.conditions()
    checked: dict[str, Scalar] = {}
    for name, value in report.fields.items():
        if name not in declared:
            raise InvalidInput("the milestone has no such field", field=f"fields.{name}")
        kept = _read_field(declared[name], value)
        if kept is not None:
            checked[name] = kept
    for name, field in declared.items():
        if name in checked:
            continue
        if field.default is not None:
            checked[name] = field.default
        elif field.required is True and holds(field.when, facts | checked) is True:
            raise InvalidInput("this field is needed", field=f"fields.{name}")
    return checked


def _read_field(spec: FieldSpec, value: object) -> Scalar | None:
    """The value as it is kept, None if it is empty; a text is the name of a document."""
    place = f"fields.{spec.id}"
    if spec.type == "text":
        if not (isinstance(value, str) and _DOCUMENT.fullmatch(value)):
            raise InvalidInput(
                "takes the name of a document in the vault, not a text",
                field=place,
                hint="PUT the text to intake's /v1/cases/{id}/documents/{name} first",
            )
        return value
    try:
        return read_value(spec, value, index_choices(spec.choices))
    except Unreadable as error:
        raise InvalidInput(error.message, field=place) from None


_REASON = FieldSpec.model_validate(
    {"id": "reason", "label": {"zh": "理由", "en": "reason"}, "type": "text", "holds": "evidence"}
)
