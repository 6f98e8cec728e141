"""What a change of rules would do to open clocks, in golden rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.sla.domain.case import Case, Occurrence
from services.sla.domain.what_if import Compared, Rules, Tally, compare
from shared.procedures.model import Procedure
from tests.unit.sla.scenes import CALENDARS, CASE, at, decided, occurrence, procedure
from tests.unit.sla.test_rule_versions import AFTER_THE_EXTENSION, BEFORE_THE_EXTENSION

FIVE = {"from": ["admitted"], "until": ["resolved"], "duration": "P5WD"}
PAUSE = {"pauses": [{"from": "asked", "until": ["answered"]}]}
MONDAY = occurrence("2025-11-03 09:00", "admitted")


def compared(old: Procedure, new: Procedure, now: str, *occurrences: Occurrence) -> list[Compared]:
    """Rows of a case that was decided under the old rules until now."""
    case = decided(old, occurrences, now).case
    return compare(case, Rules(old, CALENDARS), Rules(new, CALENDARS), at(now))


def next_version(*clocks: dict[str, Any]) -> Procedure:
    return procedure(*clocks).model_copy(update={"version": 2})


def test_a_longer_festival_makes_it_later_by_three_days() -> None:
    rules = procedure(FIVE)
    case = Case(CASE, rules.key, (occurrence("2020-01-20 09:00", "admitted"),))
    before = Rules(rules, {**CALENDARS, "cn": BEFORE_THE_EXTENSION})
    after = Rules(rules, {**CALENDARS, "cn": AFTER_THE_EXTENSION})

    (row,) = compare(case, before, after, at("2020-01-27 12:00"))

    assert (row.outcome, row.old_due, row.new_due) == ("later", at("2020-02-02 00:00"), at("2020-02-05 00:00"))
    assert row.moved_by == timedelta(days=3)
    (back,) = compare(case, after, before, at("2020-02-03 09:00"))
    assert (back.outcome, back.overdue_at_once) == ("earlier", True)


def test_a_shorter_duration_makes_it_earlier_and_perhaps_overdue_at_once() -> None:
    # 5 working days from Mon 3 Nov 2025: Mon 10, until 24:00; 3: Thu 6, until 24:00
    old, new = procedure(FIVE), next_version({**FIVE, "duration": "P3WD"})
    (row,) = compared(old, new, "2025-11-04 09:00", MONDAY)
    assert (row.outcome, row.new_due, row.overdue_at_once) == ("earlier", at("2025-11-07 00:00"), False)
    (row,) = compared(old, new, "2025-11-07 09:00", MONDAY)
    assert (row.outcome, row.overdue_at_once) == ("earlier", True)


def test_clocks_appear_and_vanish() -> None:
    old = procedure({**FIVE, "id": "reply"})
    new = next_version({**FIVE, "id": "visit"})
    rows = compared(old, new, "2025-11-04 09:00", MONDAY)
    assert [(row.clock, row.outcome) for row in rows] == [("reply", "vanishes"), ("visit", "appears")]


def test_a_due_instant_vanishes_with_a_pause_and_appears_without_it() -> None:
    plain, pausing = procedure(FIVE), next_version({**FIVE, **PAUSE})
    asked = occurrence("2025-11-03 10:00", "asked")
    (row,) = compared(plain, pausing, "2025-11-04 09:00", MONDAY, asked)
    assert (row.outcome, row.new_due) == ("vanishes", None)
    (row,) = compared(pausing, plain, "2025-11-04 09:00", MONDAY, asked)
    assert (row.outcome, row.old_due) == ("appears", None)


def test_what_has_ended_is_in_no_row() -> None:
    old, new = procedure(FIVE), next_version({**FIVE, "duration": "P1WD"})
    assert compared(old, new, "2025-11-20 09:00", MONDAY, occurrence("2025-11-05 09:00", "resolved")) == []


def test_the_tally_adds_up() -> None:
    old = procedure(FIVE, {**FIVE, "id": "visit"}, {**FIVE, "id": "old"})
    new = next_version({**FIVE, "duration": "P3WD"}, {**FIVE, "id": "visit", "duration": "P6WD"}, {**FIVE, "id": "new"})
    tally = Tally()
    for _ in range(25):
        tally.add(compared(old, new, "2025-11-07 09:00", MONDAY))
    result = tally.result()

    total = {word: n for word, n in result["total"].items() if n}
    assert total == {"open": 75, "earlier": 25, "later": 25, "appears": 25, "vanishes": 25, "overdue_at_once": 25}
    assert result["clocks"]["new"]["open"] == 0
    # Mon 10 -> Thu 6 is four days earlier, Mon 10 -> Tue 11 one day later
    assert result["moved_by_seconds"] == {"median": 2.5 * 86_400, "max": 4.0 * 86_400}
    assert len(result["examples"]) == 20


def test_anew_a_clock_is_counted_from_now() -> None:
    # 5 working days from Wed 5 Nov 2025: Thu 6 (1), Fri 7 (2), Mon 10 (3), 11 (4), Wed 12 (5), until 24:00
    old, new = procedure(FIVE), next_version(FIVE)
    case = decided(old, [MONDAY], "2025-11-05 09:00").case
    (row,) = compare(case, Rules(old, CALENDARS), Rules(new, CALENDARS), at("2025-11-05 09:00"), restart=True)
    assert (row.outcome, row.old_due, row.new_due) == ("later", at("2025-11-11 00:00"), at("2025-11-13 00:00"))
