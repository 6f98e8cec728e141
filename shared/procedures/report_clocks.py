"""The deadline of a recurring report as a clock like any other: it runs from the report's opening to its sign-off.

It has the report's id, so that `warned:<report>` and `breached:<report>` are words for notices. It runs for the report
itself (see `shared.events.reports`), never for a case.
"""

from __future__ import annotations

from shared.procedures.model import Clock, ClockStep, Procedure, Report


def report_clock(report: Report, due_fact: str) -> Clock:
    """The clock of a report; `due_fact` is the fact that holds its due instant."""
    return Clock(
        id=report.id,
        name=report.name,
        from_=(f"report-opened:{report.id}",),
        until=(f"report-made:{report.id}",),
        due_field=due_fact,
        restart_on=(),
        steps=tuple(ClockStep(id=f"before-{text.lower()}", before=text) for text in report.warn),
        source=report.source,
    )


def for_reports(procedure: Procedure, due_fact: str) -> Procedure:
    """The procedure as it holds for its reports: their clocks are the only ones."""
    return procedure.model_copy(update={"clocks": tuple(report_clock(one, due_fact) for one in procedure.reports)})
