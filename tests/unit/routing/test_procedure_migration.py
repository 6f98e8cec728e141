"""A case that goes on under another version of its procedure, as routing takes it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.routing.domain.decide import Rules, apply_event, apply_report, version_for
from services.routing.domain.milestone_reports import Report
from services.routing.handlers import events_of
from shared.events.complaints import ComplaintWithdrawn, ProcedureMigrated
from shared.events.deadlines import ClockBreached
from shared.events.envelope import make
from shared.procedures.model import Escalation, Procedure
from tests.unit.routing.sample import CASE, NOW, PROCEDURE, RULES, after, assigned

MOVE = ProcedureMigrated(from_version=1, to_version=2, mode="keep-elapsed", migration=UUID(int=1), by="office")


def test_the_case_is_pinned_anew_and_keeps_where_it_stands() -> None:
    before = assigned(people=10)
    case, emitted = after(before, MOVE)
    assert emitted == ()
    assert case.procedure == ("sample", 2)
    assert (case.status, case.class_, case.department, case.level) == (
        before.status,
        before.class_,
        before.department,
        before.level,
    )


def test_what_is_said_afterwards_carries_the_new_version() -> None:
    case, _ = after(assigned(), MOVE)
    rules = Rules(PROCEDURE.model_copy(update={"version": 2}), RULES.calendar)
    at = NOW + timedelta(minutes=1)
    case, emitted = apply_report(case, Report("investigated", at, "desk", {"investigators": 2}), rules, at)
    assert {event.procedure_version for event in events_of(case, emitted, "x", at)} == {2}


def test_a_migration_is_decided_by_the_version_that_the_case_moves_to_and_all_else_by_its_own() -> None:
    case = assigned()
    moving = make("intake", CASE, ("sample", 2), MOVE, cause="m", at=NOW)
    withdrawn = make("intake", CASE, ("sample", 2), ComplaintWithdrawn(), cause="w", at=NOW)
    assert (version_for(case, moving), version_for(case, withdrawn)) == (("sample", 2), ("sample", 1))


def rules_with(*escalations: Escalation, ladder: tuple[str, ...] = ("clerk", "leader", "director")) -> Rules:
    """Version 2 with these escalations and this ladder, lowest rung first."""
    rungs = {one.id: one for one in PROCEDURE.levels}
    changed: Procedure = PROCEDURE.model_copy(
        update={"version": 2, "escalations": escalations, "levels": tuple(rungs[id] for id in ladder)}
    )
    return Rules(changed, RULES.calendar)


ON_THE_MOVE = Escalation(id="look-again", at="procedure-migrated", raise_by=1)
WHEN_LATE = Escalation(id="late", at="breached:reply", raise_by=1)


@pytest.mark.parametrize(("escalations", "level"), [((ON_THE_MOVE,), "leader"), ((), "clerk")])
def test_what_follows_from_the_migration_is_what_the_new_version_says(
    escalations: tuple[Escalation, ...], level: str
) -> None:
    moving = make("intake", CASE, ("sample", 2), MOVE, cause="m", at=NOW)
    case, emitted = apply_event(assigned(), moving, rules_with(*escalations), NOW)
    assert (case.procedure, case.level) == (("sample", 2), level)
    assert {event.procedure_version for event in events_of(case, emitted, "x", NOW)} == ({2} if emitted else set())


@pytest.mark.parametrize(
    ("ladder", "level"),
    [
        (("clerk", "leader", "director"), "leader"),
        (("clerk", "director"), "director"),  # a rung that the new version does not have is passed over
        (("leader", "clerk", "director"), "director"),  # the rung above is the one above by the new ladder
    ],
)
def test_a_breach_after_the_migration_climbs_the_ladder_of_the_new_version(ladder: tuple[str, ...], level: str) -> None:
    case, _ = after(assigned(), MOVE)
    at = NOW + timedelta(minutes=31)
    late = ClockBreached(clock="reply", cycle=1, due_at=at, step="due", step_due_at=at, fired_at=at, late_by=0)
    event = make("sla", CASE, ("sample", 2), late, cause="late", at=at)
    case, _ = apply_event(case, event, rules_with(WHEN_LATE, ladder=ladder), at)
    assert case.level == level
