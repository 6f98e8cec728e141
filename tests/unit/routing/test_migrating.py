"""A case that goes on under another version of its procedure, as routing takes it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.routing.domain.deciding import Rules, report
from services.routing.domain.reporting import Report
from services.routing.worker import events_of
from shared.events.complaints import ProcedureMigrated
from tests.unit.routing.test_routing import NOW, PROCEDURE, RULES, after, assigned

MOVE = ProcedureMigrated(from_version=1, to_version=2, mode="keep-elapsed", migration=UUID(int=1), by="office")


def test_the_case_is_pinned_anew_and_keeps_where_it_stands() -> None:
    before = assigned(people=10)
    case, said = after(before, MOVE)
    assert said == ()
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
    case, said = report(case, Report("investigated", at, "desk", {"investigators": 2}), rules, at)
    assert {event.procedure_version for event in events_of(case, said, "x", at)} == {2}
