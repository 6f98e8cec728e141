"""What a change of rules would do to open clocks, before it is made. Pure: nothing is emitted and nothing is kept."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.sla.domain.case import Case, Occurrence
from services.sla.domain.cycles import RESTART
from services.sla.domain.decide import OPEN, ClockRow, decide
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

Outcome = Literal["unchanged", "earlier", "later", "appears", "vanishes"]
_SHOWN = 20
_LAST = (1_000, 0)  # after whatever happened at the same instant


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


def compare(case: Case, old: Rules, new: Rules, now: datetime, *, restart: bool = False) -> list[Compared]:
    """What becomes of each clock of a case that is open at `now` (UTC) under the old or the new rules.

    Cycles that have ended stay as they are (see `rule_versions`), so they are not in it. `restart`: open ones begin
    anew.
    """
    before = _open(decide(case, old.procedure, old.calendars, now).clocks)
    anew = Occurrence("what-if", ("procedure-migrated", RESTART), now, _LAST)
    going_on = replace(case, occurrences=(*case.occurrences, anew)) if restart else case
    after = _open(decide(going_on, new.procedure, new.calendars, now).clocks)
    return [_compared(case.id, before.get(clock), after.get(clock)) for clock in dict.fromkeys([*before, *after])]


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


def _open(rows: Iterable[ClockRow]) -> dict[str, ClockRow]:
    """The open cycle of each clock; there is one at most."""
    return {row.clock: row for row in rows if row.state in OPEN}


def _compared(case: UUID, was: ClockRow | None, becomes: ClockRow | None) -> Compared:
    present = was or becomes
    assert present is not None  # noqa: S101  (one of the two is there)
    old_due, new_due = was.due_at if was else None, becomes.due_at if becomes else None
    return Compared(
        case=case,
        clock=present.clock,
        cycle=present.cycle,
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
