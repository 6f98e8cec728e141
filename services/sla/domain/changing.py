"""What a change of rules would do to open clocks, before it is made. Pure: nothing is said and nothing is kept."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.sla.domain.deciding import ClockRow, decide
from services.sla.domain.happenings import Case
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

OPEN = ("running", "paused", "breached")
Outcome = Literal["unchanged", "earlier", "later", "appears", "vanishes"]
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Rules:
    """What a case is decided by: a version of its procedure, and all calendars by id."""

    procedure: Procedure
    calendars: Mapping[str, Calendar]


@dataclass(frozen=True, slots=True)
class Compared:
    """One cycle of a clock under the old and the new rules; due instants are UTC, None where not known or not there.

    `appears`, `vanishes`: the clock, or only its due instant. `overdue_at_once`: in time under the old rules, breached
    under the new. `confirmed`: provisional until now, and no more.
    """

    case: UUID
    clock: str
    cycle: int
    outcome: Outcome
    old_due: datetime | None
    new_due: datetime | None
    overdue_at_once: bool
    confirmed: bool

    @property
    def moved_by(self) -> timedelta | None:
        """How much later (negative: earlier) it is due; None where one of the two is not known."""
        return self.new_due - self.old_due if self.old_due and self.new_due else None


def compare(case: Case, old: Rules, new: Rules, now: datetime) -> list[Compared]:
    """What becomes of each clock of a case that is open at `now` (UTC) under the old or the new rules.

    Cycles that have ended stay as they are (see `basis`), so they are not in it.
    """
    before = _by_cycle(decide(case, old.procedure, old.calendars, now).clocks)
    after = _by_cycle(decide(case, new.procedure, new.calendars, now).clocks)
    found = []
    for key in [*before, *(key for key in after if key not in before)]:
        was, becomes = before.get(key), after.get(key)
        if was is not None and was.state not in OPEN:
            continue
        if was is None and (becomes is None or becomes.state not in OPEN):
            continue
        going_on = becomes if becomes is not None and becomes.state in OPEN else None
        found.append(_compared(case.id, key, was, going_on))
    return found


@dataclass
class Tally:
    """Adds up comparisons: counts per clock, how far they move, and the first twenty that change."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    shifts: list[float] = field(default_factory=list)
    examples: list[Compared] = field(default_factory=list)

    def add(self, rows: Iterable[Compared]) -> None:
        """Count these in."""
        for row in rows:
            counts = self.counts.setdefault(row.clock, Counter())
            counts[row.outcome] += 1
            counts["open"] += row.outcome != "appears" or row.old_due is not None
            counts["overdue_at_once"] += row.overdue_at_once
            counts["confirmed"] += row.confirmed
            if row.outcome == "unchanged":
                continue
            if row.moved_by is not None:
                self.shifts.append(abs(row.moved_by.total_seconds()))
            if len(self.examples) < _SHOWN:
                self.examples.append(row)

    def result(self) -> dict[str, Any]:
        """As JSON data; `moved_by_seconds` is None if no due instant moves. Instants are RFC 3339 in UTC."""
        words = ("open", "unchanged", "earlier", "later", "appears", "vanishes", "overdue_at_once", "confirmed")
        clocks = {clock: {word: counts[word] for word in words} for clock, counts in sorted(self.counts.items())}
        spread = {"median": statistics.median(self.shifts), "max": max(self.shifts)} if self.shifts else None
        return {
            "clocks": clocks,
            "total": {word: sum(counts[word] for counts in clocks.values()) for word in words},
            "moved_by_seconds": spread,
            "examples": [_example(row) for row in self.examples],
        }


def _by_cycle(rows: Iterable[ClockRow]) -> dict[tuple[str, int], ClockRow]:
    return {(row.clock, row.cycle): row for row in rows}


def _compared(case: UUID, key: tuple[str, int], was: ClockRow | None, becomes: ClockRow | None) -> Compared:
    old_due, new_due = was.due_at if was else None, becomes.due_at if becomes else None
    return Compared(
        case=case,
        clock=key[0],
        cycle=key[1],
        outcome=_outcome(was, becomes),
        old_due=old_due,
        new_due=new_due,
        overdue_at_once=becomes is not None
        and becomes.state == "breached"
        and (was is None or was.state != "breached"),
        confirmed=was is not None and becomes is not None and was.provisional and not becomes.provisional,
    )


def _outcome(was: ClockRow | None, becomes: ClockRow | None) -> Outcome:
    if becomes is None:
        return "vanishes"
    if was is None:
        return "appears"
    if was.due_at == becomes.due_at:
        return "unchanged"
    if was.due_at is None or becomes.due_at is None:
        return "appears" if was.due_at is None else "vanishes"
    return "later" if becomes.due_at > was.due_at else "earlier"


def _example(row: Compared) -> dict[str, Any]:
    shift = row.moved_by
    return {
        "case_id": str(row.case),
        "clock": row.clock,
        "cycle": row.cycle,
        "outcome": row.outcome,
        "old_due": row.old_due.isoformat() if row.old_due else None,
        "new_due": row.new_due.isoformat() if row.new_due else None,
        "moved_by_seconds": shift.total_seconds() if shift is not None else None,
        "overdue_at_once": row.overdue_at_once,
    }
