"""By which clocks a subject is decided: a case by those of its procedure, a recurring report by its own deadline."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from shared.events.occurrences import REPORT_DUE
from shared.events.reports import is_report
from shared.procedures.model import Procedure
from shared.procedures.report_clocks import for_reports


def rules_for(subject: UUID, procedure: Procedure) -> Procedure:
    """The procedure as it holds for a subject: what is left of it for a report are the deadlines of reports."""
    return _for_reports(_Once(procedure)) if is_report(subject) else procedure


class _Once:
    """A procedure by its identity: comparing two whole procedures takes longer than making one anew."""

    __slots__ = ("procedure",)

    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and other.procedure is self.procedure

    def __hash__(self) -> int:
        return id(self.procedure)


@lru_cache(maxsize=64)
def _for_reports(one: _Once) -> Procedure:
    return for_reports(one.procedure, REPORT_DUE)
