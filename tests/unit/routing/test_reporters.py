"""Who may report a milestone: the offices that it names, else whoever has the case; and who of the office did it."""

from __future__ import annotations

from typing import Any

import pytest

from services.routing.domain.assignment import reassign
from services.routing.domain.decide import Rules, apply_report
from services.routing.domain.milestone_reports import Report
from shared.errors import InvalidInput
from shared.events.assignments import MilestoneReached, MilestoneReport
from shared.procedures.model import Procedure
from tests.unit.routing.sample import NAME, NOW, PROCEDURE, RULES, after, assigned


def rules_with(**milestone: Any) -> Rules:
    """The sample's rules with a milestone `told`."""
    text = PROCEDURE.model_dump(by_alias=True)
    text["milestones"] = [*text["milestones"], {"id": "told", "name": NAME, **milestone}]
    return Rules(Procedure.model_validate(text), RULES.calendar)


# `by` of the milestone, who reports it of a case that desk has on the rung clerk, whether they may
REPORTERS = [
    ((), "desk", True),
    ((), "clerk", True),
    ((), "centre", False),
    ((), "leader", False),
    ((), "head", False),
    (("handler",), "desk", True),
    (("handler",), "centre", False),
    (("handler", "head"), "head", True),
    (("handler", "head"), "desk", True),
    (("handler", "head"), "centre", False),
    (("head",), "desk", False),
]


@pytest.mark.parametrize(("by", "reporter", "may"), REPORTERS)
def test_a_milestone_is_reported_by_whom_it_names_or_else_by_who_has_the_case(
    by: tuple[str, ...], reporter: str, may: bool
) -> None:
    given = Report("told", NOW, reporter, {})
    if may:
        assert apply_report(assigned(), given, rules_with(by=by), NOW).emitted
        return
    with pytest.raises(InvalidInput) as caught:
        apply_report(assigned(), given, rules_with(by=by), NOW)
    assert caught.value.field == "by"


def test_who_had_the_case_before_is_not_its_handler_any_more() -> None:
    case, _ = reassign(assigned(), "centre", "test")
    with pytest.raises(InvalidInput, match="may not report") as caught:
        apply_report(case, Report("accepted-by-department", NOW, "desk", {}), RULES, NOW)
    assert (caught.value.field, caught.value.hint) == ("by", "one of: centre, clerk")
    assert apply_report(case, Report("accepted-by-department", NOW, "centre", {}), RULES, NOW).emitted


def test_nobody_reports_as_the_handler_itself() -> None:
    with pytest.raises(InvalidInput, match="no such role, department or level"):
        apply_report(assigned(), Report("told", NOW, "handler", {}), rules_with(by=["handler"]), NOW)


def test_an_extension_whose_clock_names_no_approver_is_the_handlers() -> None:
    text = PROCEDURE.model_dump(by_alias=True)
    text["clocks"][0]["extension"] |= {"approved_by": []}
    rules = Rules(Procedure.model_validate(text), RULES.calendar)
    with pytest.raises(InvalidInput) as caught:
        apply_report(assigned(), Report("extension-approved", NOW, "centre", {}, "reply"), rules, NOW)
    assert caught.value.field == "by"
    assert apply_report(assigned(), Report("extension-approved", NOW, "desk", {}, "reply"), rules, NOW).emitted


@pytest.mark.parametrize("person", ["s-17", "A.B_c-9", "7" * 64])
def test_the_person_is_kept_on_the_occurrence_and_said_in_the_event(person: str) -> None:
    data = MilestoneReport(milestone="investigated", at=NOW, by="desk", fields={"investigators": 2}, person=person)
    case, emitted = after(assigned(), data)
    assert [one.person for one in emitted if isinstance(one, MilestoneReached)] == [person]
    assert case.occurrences[-1].person == person


@pytest.mark.parametrize("person", ["", "7" * 65, "Wang Li", "王莉", "s/17"])
def test_a_person_is_an_opaque_id_and_never_repeated_in_the_error(person: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        apply_report(assigned(), Report("told", NOW, "desk", {}, person=person), rules_with(), NOW)
    assert caught.value.field == "person"
    assert not person or person not in caught.value.message
