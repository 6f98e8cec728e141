"""A report of a milestone: whether the procedure allows it, and what it does to the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.routing.domain.assignment import Change, give_class
from services.routing.domain.awards import check_award, decide_award, is_award_decision
from services.routing.domain.case import Case
from services.routing.domain.extensions import check_extension, is_extension
from services.routing.domain.persons import check_persons
from services.routing.domain.report import Report
from services.routing.domain.report_fields import check_must, read_fields, require_documents
from shared.errors import Conflict, InvalidInput, NotYet
from shared.events.assignments import MilestoneReached
from shared.events.base import EventData
from shared.events.occurrences import names_of
from shared.procedures.conditions import holds
from shared.procedures.dossiers import missing_at
from shared.procedures.fields import Scalar
from shared.procedures.milestones import DECIDED_AT_INTAKE, REPORTED, split
from shared.procedures.model import Milestone, Procedure, Requirement
from shared.procedures.nearest import nearest
from shared.procedures.notice_documents import documents_shown
from shared.procedures.offices import HANDLER, offices

_AHEAD = timedelta(minutes=5)  # clocks of other systems differ
_ON_ITS_WAY = ("documented", "numbered", "served", "delivered")
"""What an office has done at another service the moment before, and what may not have come here yet."""
_STAGES = Milestone.model_fields["stages"].default


def accept(case: Case, procedure: Procedure, report: Report, now: datetime) -> Change:
    """The case after the report, and what it emits.

    Raises `InvalidInput`, `Conflict`, or `NotYet` where the report came before what it depends on, naming the field.
    The same report again changes nothing and emits nothing.
    """
    spec = next((milestone for milestone in procedure.milestones if milestone.id == report.milestone), None)
    if report.milestone in DECIDED_AT_INTAKE:
        raise InvalidInput(
            "this is decided, not reported",
            field="milestone",
            hint="intake: POST /v1/cases/{id}/admission or withdrawal",
        )
    if spec is None and report.milestone not in REPORTED:
        known = {*REPORTED, *(milestone.id for milestone in procedure.milestones)}
        raise InvalidInput(
            "this procedure has no such milestone", field="milestone", hint=nearest(report.milestone, known)
        )
    if any((past.name, past.at, past.by) == (report.occurrence, report.at, report.by) for past in case.occurrences):
        return Change(case, ())
    _check_time(case, report, now)
    _check_state(case, spec, report)
    _check_reporter(case, procedure, spec, report)
    _check_within(case, spec, report)
    fields = read_fields(spec, report, case)
    check_persons(spec, case, report, fields)
    clock = check_extension(case, procedure, report, fields) if is_extension(report) else None
    award = check_award(case, procedure, report, fields) if is_award_decision(report) else None
    _check_requirements(case, procedure, spec, report, fields)
    if spec is not None:
        check_must(spec, case, fields)
    reached = MilestoneReached(
        milestone=report.milestone,
        at=report.at,
        by=report.by,
        persons=report.persons,
        fields=fields,
        clock=clock.id if clock else None,
        award=award.id if award else None,
    )
    case = case.with_occurrences(names_of(reached), report.at, report.by, report.persons)
    facts = {**case.facts, **{f"{report.milestone}.{name}": value for name, value in fields.items()}}
    case = _moved_on(replace(case, facts=facts), report)
    if award is not None:
        case = decide_award(case, award.id, report, fields)
    emitted: tuple[EventData, ...] = (reached,)
    if (given := procedure.class_) is not None and given.from_.partition(".")[0] == report.milestone:
        case, classified = give_class(case, procedure, fields.get(given.from_.partition(".")[2]), report.milestone)
        emitted += classified
    return Change(case, emitted)


def _moved_on(case: Case, report: Report) -> Case:
    if report.milestone == "resolved":
        return replace(case, status="resolved", resolved_at=report.at)
    if report.milestone == "closed":
        return replace(case, status="closed", resolved_at=case.resolved_at or report.at)
    return case


def _check_time(case: Case, report: Report, now: datetime) -> None:
    if report.at > now + _AHEAD:
        raise InvalidInput("this lies in the future", field="at")
    if case.received_at is not None and report.at < case.received_at:
        raise InvalidInput("this lies before the complaint was received", field="at")


def _check_state(case: Case, spec: Milestone | None, report: Report) -> None:
    if report.milestone == "resolved" and case.status in ("resolved", "closed"):
        raise Conflict("the case is resolved already", field="milestone", hint="a reopened case can be resolved again")
    if report.milestone == "closed" and case.status == "closed":
        raise Conflict("the case is closed already", field="milestone")
    stages = spec.stages if spec is not None else _STAGES
    if case.status in stages:
        return
    if case.status == "registered":
        raise Conflict("the complaint has not been admitted yet", field="milestone")
    if case.status == "ended":
        raise Conflict("the complaint was refused, withdrawn, merged or passed on", field="milestone")
    raise Conflict(
        f"the case is {case.status}: too late for this", field="milestone", hint=f"only while {' or '.join(stages)}"
    )


def _check_reporter(case: Case, procedure: Procedure, spec: Milestone | None, report: Report) -> None:
    if report.by not in offices(procedure):
        hint = nearest(report.by, offices(procedure))
        raise InvalidInput("this procedure has no such role, department or level", field="by", hint=hint)
    if report.by in case.recused:
        raise InvalidInput("the complaint is about this office", field="by")
    if report.milestone == "contributed":
        if report.by not in case.assisting:
            raise InvalidInput("only a department that assists contributes", field="by")
        return
    by = spec.by if spec else ()
    if not by and _is_decision_of_approvers(procedure, report):
        return  # judged with the clock or the award
    may = [office for one in by or (HANDLER,) for office in (_handlers(case) if one == HANDLER else (one,))]
    if report.by not in may:
        raise InvalidInput("may not report this milestone", field="by", hint=f"one of: {', '.join(may)}")


def _check_within(case: Case, spec: Milestone | None, report: Report) -> None:
    """Raise `Conflict` unless it happened while the clock of `within` ran, its due instant included."""
    if spec is None or spec.within is None:
        return
    past = [one for one in case.occurrences if one.cycle == case.cycle]
    if not any(one.name == f"started:{spec.within}" for one in past):
        raise Conflict(f"the time for this has not begun: {spec.within}", field="milestone")
    ends = [one for one in past if one.name in (f"breached:{spec.within}", f"breach-retracted:{spec.within}")]
    if ends and ends[-1].name.startswith("breached:") and report.at > ends[-1].at:
        raise Conflict(f"the time for this is over: {spec.within}", field="milestone")


def _handlers(case: Case) -> tuple[str, ...]:
    """The offices that have the case now: its department, and the level that it is on."""
    return tuple(office for office in (case.department, case.level) if office is not None)


def _is_decision_of_approvers(procedure: Procedure, report: Report) -> bool:
    """Whether this decides on an award, or on an extension whose clock names who does; for a clock that cannot be
    extended too."""
    if is_award_decision(report):
        return True
    if report.milestone not in ("extension-approved", "extension-refused"):
        return False
    clock = next((candidate for candidate in procedure.clocks if candidate.id == report.clock), None)
    return clock is None or clock.extension is None or bool(clock.extension.approved_by)


def _check_requirements(
    case: Case, procedure: Procedure, spec: Milestone | None, report: Report, fields: Mapping[str, Scalar]
) -> None:
    facts = case.conditions()
    if spec is not None:
        if holds(spec.when, facts) is not True:
            raise Conflict("the procedure does not provide for this milestone in this case", field="milestone")
        for requirement in spec.requires:
            if holds(requirement.when, facts) is True:
                _check_requirement(case, requirement)
    reported = {f"{report.milestone}.{name}": value for name, value in fields.items()}
    facts = {**facts, **reported, f"reached:{report.milestone}": True}
    require_documents(case, documents_shown(procedure, report.milestone, facts), "milestone")
    _check_dossier(case, procedure, report.milestone, facts)


def _check_dossier(case: Case, procedure: Procedure, milestone: str, facts: Mapping[str, Any]) -> None:
    missing = missing_at(procedure, milestone, facts, case.documents())
    if missing:
        raise NotYet(
            f"the dossier lacks: {', '.join(missing)}",
            field=f"dossier.{missing[0]}",
            hint="PUT what is missing to intake's /v1/cases/{id}/documents/{name} first",
        )


def _check_requirement(case: Case, requirement: Requirement) -> None:
    if requirement.reached is not None and not case.has_occurred(requirement.reached):
        word, name = split(requirement.reached)
        if word in _ON_ITS_WAY:
            hint = f"PUT documents/{name} to intake first" if word == "documented" else None
            raise NotYet(f"{requirement.reached} must come first", field="milestone", hint=hint)
        raise Conflict(
            f"{requirement.reached} must be reported first", field="milestone", hint=f"report {requirement.reached}"
        )
    if requirement.contributed is not None:
        missing = [one for one in case.assisting if not case.has_occurred(f"contributed:{one}")]
        if missing:
            raise Conflict(
                f"not every assisting department has contributed: {', '.join(missing)}",
                field="milestone",
                hint="each of them reports contributed",
            )
