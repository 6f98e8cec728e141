"""What a run came to, counted from evidence (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from huiyin.demo.audit.evidence import Evidence
from huiyin.demo.audit.oracle import Verdict
from shared.events.assignments import CaseAssigned, ReportRejected
from shared.events.deadlines import BreachRetracted, ClockBreached, ClockMet, ClockStarted, ClockWarned


@dataclass(frozen=True)
class Summary:
    """Counts of one run's cases. `breached` are breaches announced, `retracted` those of them taken back because the
    stop had happened in time; `answered` counts cases, `refused_rows` rows that intake refused; `seconds` are real,
    from the stack being up to the end of the count."""

    registered: int
    assigned: int
    clocks_started: int
    warned: int
    breached: int
    met: int
    notices_sent: int
    lost: int
    duplicated: int
    seconds: float
    retracted: int
    answered: int
    never_answered: int
    rejected_reports: int
    refused_rows: int

    @property
    def good(self) -> bool:
        """Whether every case got an answer or a recorded breach, and nothing was lost or came twice."""
        return self.registered > 0 and not (self.lost or self.duplicated or self.refused_rows)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def summarise(
    evidence: Evidence, verdict: Verdict, run: Collection[UUID], *, refused_rows: int, seconds: float
) -> Summary:
    """Count what was emitted of the run's cases."""
    ours = set(run)
    types = Counter(one.type for emitted in evidence.emitted.values() for one in emitted if one.case_id in ours)
    statuses = [case.status for case in evidence.cases if case.id in ours]
    routed = [evidence.routed.get(case) for case in ours]
    return Summary(
        registered=len(statuses),
        assigned=types[CaseAssigned.type_],
        clocks_started=types[ClockStarted.type_],
        warned=types[ClockWarned.type_],
        breached=types[ClockBreached.type_],
        met=types[ClockMet.type_],
        notices_sent=sum(one.state == "sent" for one in evidence.notices if one.case_id in ours),
        lost=len(verdict.lost),
        duplicated=len(verdict.duplicated),
        seconds=round(seconds, 1),
        retracted=types[BreachRetracted.type_],
        answered=sum(status in ("resolved", "closed", "ended") for status in routed),
        never_answered=sum(status in ("registered", "assigned", None) for status in routed),
        rejected_reports=types[ReportRejected.type_],
        refused_rows=refused_rows,
    )
