"""Whether an extension of a clock may be asked for, approved or refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.routing.domain.case import Case
from services.routing.domain.report import Report
from shared.errors import Conflict, InvalidInput
from shared.procedures.fields import Scalar
from shared.procedures.model import Clock, Extension, Procedure


def is_extension(report: Report) -> bool:
    """Whether the report is about an extension."""
    return report.milestone.startswith("extension-")


def check_extension(case: Case, procedure: Procedure, report: Report, fields: Mapping[str, Scalar]) -> Clock:
    """The clock, `fields` as they are kept. Raises `InvalidInput` or `Conflict` naming the field that is wrong."""
    clock = next((candidate for candidate in procedure.clocks if candidate.id == report.clock), None)
    if clock is None or clock.extension is None:
        extendable = ", ".join(one.id for one in procedure.clocks if one.extension is not None)
        hint = f"one of: {extendable}" if extendable else "no clock of this procedure is extended"
        raise InvalidInput("names no clock that can be extended", field="clock", hint=hint)
    rule = clock.extension
    if report.milestone != "extension-requested" and rule.approved_by and report.by not in rule.approved_by:
        verb = "approve" if report.milestone == "extension-approved" else "refuse"
        raise InvalidInput(f"may not {verb} this", field="by", hint=f"one of: {', '.join(rule.approved_by)}")
    if report.milestone == "extension-approved":
        _check_stated(rule, report, fields)
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


def _check_stated(rule: Extension, report: Report, fields: Mapping[str, Scalar]) -> None:
    """Where the approver states the time it has to be stated, and lies ahead: no date that is over at the approval."""
    if rule.to_field is None:
        return
    stated, place = fields.get(rule.to_field), f"fields.{rule.to_field}"
    if stated is None:
        raise InvalidInput("until when, or to how much in all, is for the approver to state", field=place)
    if isinstance(stated, int) and stated <= 0:
        raise InvalidInput("is the total from the start, so it is more than 0", field=place)
    if isinstance(stated, str) and not _is_ahead(stated, report.at):
        raise InvalidInput("is over when the extension is approved", field=place)


def _is_ahead(stated: str, at: datetime) -> bool:
    """Whether an instant, or some hour of a date anywhere, lies after the approval."""
    read = datetime.fromisoformat(stated)
    return read > at if read.tzinfo is not None else read.date() >= at.date() - timedelta(days=1)


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
