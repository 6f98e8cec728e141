"""What is to be said of a case's clocks now: the difference between what holds and what was said before.

Nothing is counted up: clocks are computed from the set of occurrences each time, so that late, repeated and reordered
events lead to the same end. What is said of one cycle of a clock stands in `telling`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.sla.domain.basis import LATER_KNOWLEDGE, basis_of, cause_of, migrated_away
from services.sla.domain.case import Case, ordered
from services.sla.domain.courses import courses_of
from services.sla.domain.cycle_emissions import ClockRow, CycleEmissions
from services.sla.domain.emission import GONE, Emission, cancellation
from services.sla.domain.runs import MIGRATED
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

__all__ = ["GONE", "ClockRow", "Decision", "Emission", "decide"]


@dataclass(frozen=True)
class Decision:
    """The case with what was said noted, what is to be said now, its clocks, and each (clock, cycle) that is gone."""

    case: Case
    said: tuple[Emission, ...]
    clocks: tuple[ClockRow, ...]
    gone: tuple[tuple[str, int], ...]


def decide(
    case: Case,
    procedure: Procedure,
    calendars: Mapping[str, Calendar],
    now: datetime,
    *,
    because: str = LATER_KNOWLEDGE,
) -> Decision:
    """Compute all clocks of a case and what has to be said of them at `now` (UTC).

    `because` is the cause that a rescheduling gives where neither calendar nor procedure is known to have changed.
    """
    occurrences = ordered(case.occurrences)
    memory: dict[str, Mapping[str, Any]] = {}
    said: list[Emission] = []
    rows: list[ClockRow] = []
    for course in courses_of(procedure, occurrences, calendars):
        key = f"{course.clock.id}#{course.run.cycle}"
        basis = basis_of(procedure, course.calendar)
        before = case.said.get(key, {})
        cause = cause_of(before, basis, procedure.id) or because
        cycle_emissions = CycleEmissions(course, now, before, case.generation, cause, basis)
        memory[key] = cycle_emissions.tell()
        said += cycle_emissions.said
        rows.append(cycle_emissions.row(memory[key]))
    gone = []
    for key, before in case.said.items():
        if key in memory:
            continue
        elsewhere = migrated_away(before, procedure)
        if elsewhere and before.get("end") is not None:
            memory[key] = before  # it ended under the version that knew it
            continue
        memory[key], last = cancellation(key, before, MIGRATED if elsewhere else GONE, case.generation)
        if last:
            name, _, cycle = key.partition("#")
            gone.append((name, int(cycle)))
            said += last
    changed = memory != case.said
    after = replace(case, said=memory, generation=case.generation + 1) if changed else case
    return Decision(after, tuple(said), tuple(rows), tuple(gone))
