"""How often an occurrence came up in one matter within a rolling window: what is counted, when the number changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.routing.domain.case import Case, CountedMatter
from shared.business_time.calendars import Calendar
from shared.business_time.due import step_after
from shared.business_time.durations import Duration
from shared.procedures.conditions import holds
from shared.procedures.model import Count, Procedure


@dataclass(frozen=True)
class CountedOccurrence:
    """One occurrence under a matter's key. `complainant` is a keyed hash, None if the complainant is not known."""

    case_id: UUID
    happened_at: datetime
    complainant: str | None = None


@dataclass(frozen=True)
class Tally:
    """How many there are at an instant, and when that number falls next unless more come; None if it is nought."""

    number: int
    falls_at: datetime | None


def newly_counted(
    before: Case | None, after: Case, procedure: Procedure
) -> list[tuple[Count, CountedMatter, CountedOccurrence]]:
    """What is to be counted of what has happened to a case since `before`: each with its count and its matter."""
    new = after.occurrences[len(before.occurrences) if before else 0 :]
    found = []
    for count in procedure.counts:
        for occurrence in new:
            if occurrence.name != count.of or holds(count.when, after.conditions()) is not True:
                continue
            matter = matter_of(after, count, procedure)
            if matter is not None:
                counted = CountedOccurrence(after.id, occurrence.at, matter.complainant)
                found.append((count, matter, counted))
    return found


def matter_of(case: Case, count: Count, procedure: Procedure) -> CountedMatter | None:
    """What a case is counted under: intake's keyed hash where `same` names fields of the complaint only, else a key of
    facts; None unless all are known."""
    fields = {spec.id for spec in procedure.fields}
    if all(name in fields for name in count.same):
        return case.matters.get(count.id)
    facts = case.conditions()
    values = [facts.get(name) for name in count.same]
    if any(value is None for value in values):
        return None
    text = json.dumps([procedure.id, count.id, *values], ensure_ascii=False)
    return CountedMatter(hashlib.sha256(text.encode()).hexdigest())


def tally(count: Count, counted: Sequence[CountedOccurrence], at: datetime, calendar: Calendar) -> Tally:
    """The number within the window that ends at `at`: each counts from its instant until the window's length later, or
    for ever without a window."""
    if count.window is None:
        return Tally(_distinct(count, [one for one in counted if one.happened_at <= at]), None)
    window = Duration.parse(count.window)
    falls = {one: step_after(one.happened_at, window, calendar, "elapsed") for one in counted}
    within = [one for one in counted if one.happened_at <= at < falls[one]]
    return Tally(_distinct(count, within), min((falls[one] for one in within), default=None))


def judged_at(counted: Sequence[CountedOccurrence], at: datetime) -> datetime:
    """Where the window ends when an occurrence of `at` comes: at the latest of the matter, whatever the order in which
    they are heard of."""
    return max((at, *(one.happened_at for one in counted)))


def _distinct(count: Count, within: Sequence[CountedOccurrence]) -> int:
    match count.distinct:
        case "occurrence":
            return len(within)
        case "complainant":  # an unknown one counts as its case
            return len({one.complainant or str(one.case_id) for one in within})
        case "case":
            return len({one.case_id for one in within})
