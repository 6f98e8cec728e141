"""The procedures of public offices at work: the services' pure cores, in virtual time.

Times are Shanghai's. 2025-10-01 to 10-08 are holidays; 2025-09-28 (a Sunday) and 10-11 (a Saturday) are make-up
workdays. The expected dates are counted by hand.
"""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Conflict, InvalidInput
from tests.unit.procedures.scenes import Scene


def baoshan(received: str = "2025-09-29 10:00", **fields: Any) -> Scene:
    given = {"ground": "rude-conduct", "subject-rank": "section", "subject-unit": "town", **fields}
    return Scene("baoshan-efficiency", received, "telephone", **given)


def investigated(scene: Scene, day: str) -> Scene:
    """Every step that a completion requires."""
    scene.report("investigators-assigned", "town-sub-centre", f"{day} 09:00", investigators=2)
    scene.report("transcript-made", "town-sub-centre", f"{day} 09:10")
    scene.report("report-written", "town-sub-centre", f"{day} 09:20")
    scene.report("handling-form-filled", "town-sub-centre", f"{day} 09:30")
    scene.report("leader-approved", "leader-in-charge", f"{day} 09:40")
    return scene


# received, due: the end of the tenth working day after it
TEN_WORKING_DAYS = [
    ("2025-09-29 10:00", "2025-10-21 00:00"),  # 30; 9, 10, 11 (make-up), 13, 14, 15, 16, 17, 20
    ("2025-09-26 23:59", "2025-10-17 00:00"),  # 28 (make-up), 29, 30; 9, 10, 11, 13, 14, 15, 16
    ("2025-10-03 12:00", "2025-10-22 00:00"),  # a holiday: 9, 10, 11, 13, 14, 15, 16, 17, 20, 21
]


@pytest.mark.parametrize(("received", "due"), TEN_WORKING_DAYS)
def test_baoshan_gives_ten_working_days(received: str, due: str) -> None:
    assert baoshan(received).due("handling") == due


def test_baoshan_registers_admits_and_asks_for_who_complains() -> None:
    scene = baoshan()
    assert scene.words("registered", "supplement-requested", "admitted", "assigned:", "escalated:") == [
        "09-29 10:00 registered",
        "09-29 10:00 supplement-requested",
        "09-29 10:00 admitted",
        "09-29 10:00 assigned:town-sub-centre",
        "09-29 10:00 escalated:sub-centre",
    ]


def test_baoshan_holds_a_complaint_without_a_ground_and_a_refusal_states_its_reason() -> None:
    scene = Scene("baoshan-efficiency", "2025-09-29 10:00", "online")
    assert (scene.status, scene.due("handling")) == ("held", "-")
    with pytest.raises(InvalidInput, match="states its reason: no-listed-ground"):
        scene.officer("refuse", "centre-officer", "2025-09-29 11:00")
    scene.officer("refuse", "centre-officer", "2025-09-29 11:00", "no-listed-ground")
    assert scene.words("refused") == ["09-29 11:00 refused"]


def test_baoshan_completes_nothing_before_every_step_is_done() -> None:
    scene = baoshan()
    with pytest.raises(Conflict, match="leader-approved must be reported first"):
        scene.report("resolved", "town-sub-centre", "2025-09-29 11:00", substantiated=True)
    with pytest.raises(InvalidInput, match="at least 2"):
        scene.report("investigators-assigned", "town-sub-centre", "2025-09-29 11:00", investigators=1)
    investigated(scene, "2025-09-30").report("resolved", "town-sub-centre", "2025-09-30 10:00", substantiated=True)
    assert scene.words("met:handling") == ["09-30 10:00 met:handling"]


def test_baoshan_extends_to_thirty_working_days_in_all_with_the_heads_approval_and_a_reason() -> None:
    scene = baoshan()
    with pytest.raises(InvalidInput, match="may not approve this"):
        scene.report("extension-approved", "town-sub-centre", "2025-10-10 09:00", clock="handling")
    scene.report("extension-approved", "unit-head", "2025-10-10 09:00", clock="handling")
    # After the ten: October 21-24, 27-31 and November 3-7, 10-14, 17 make thirty.
    assert scene.due("handling") == "2025-11-18 00:00"
    assert scene.routing.facts["extension-approved.reason"] == "complicated"
    with pytest.raises(Conflict, match="as often as the procedure allows"):
        scene.report("extension-approved", "superior-authority", "2025-10-13 09:00", clock="handling")


def test_baoshan_hears_an_appeal_in_the_district_centre_as_a_new_cycle() -> None:
    scene = investigated(baoshan(), "2025-09-30")
    scene.report("resolved", "town-sub-centre", "2025-09-30 10:00", substantiated=True)
    scene.report("appealed", "district-centre", "2025-10-11 12:00")
    assert (scene.routing.cycle, scene.routing.level, scene.routing.department) == (
        2,
        "district-centre",
        "district-centre",
    )
    assert scene.due("handling") == "2025-10-25 00:00"  # 13-17, 20-24
    with pytest.raises(Conflict, match="leader-approved must be reported first"):
        scene.report("resolved", "district-centre", "2025-10-13 10:00", substantiated=True)


def test_one_sub_centre_of_baoshan_does_not_resolve_the_case_of_another() -> None:
    scene = investigated(baoshan(), "2025-09-30")
    with pytest.raises(InvalidInput, match="may not report this milestone") as caught:
        scene.report("resolved", "sub-district-sub-centre", "2025-09-30 10:00", substantiated=True)
    assert (caught.value.field, caught.value.hint) == ("by", "one of: town-sub-centre, sub-centre")
    assert scene.routing.status == "assigned"
    scene.report("resolved", "town-sub-centre", "2025-09-30 10:00", substantiated=True)
    with pytest.raises(InvalidInput, match="may not report this milestone"):
        scene.report("closed", "sub-district-sub-centre", "2025-09-30 11:00")


def test_baoshan_lets_the_bureau_take_a_case_over() -> None:
    scene = baoshan()
    scene.report("taken-over", "supervision-bureau", "2025-09-30 09:00")
    assert (scene.routing.level, scene.routing.department) == ("supervision-bureau", "supervision-bureau")


def test_the_levy_office_decides_on_filing_in_five_working_days_and_audits_in_sixty_or_ninety() -> None:
    scene = Scene("social-insurance-levy-complaints", "2025-09-29 10:30", "letter", kind="complaint")
    assert (scene.status, scene.due("filing")) == ("held", "2025-10-14 00:00")  # 30; 9, 10, 11, 13
    with pytest.raises(InvalidInput, match="lets these decide: section-chief"):
        scene.officer("admit", "acceptance-officer", "2025-10-09 10:00")
    scene.officer("admit", "section-chief", "2025-10-09 10:00")
    assert scene.words("met:filing", "assigned:") == ["10-09 10:00 assigned:audit-post", "10-09 10:00 met:filing"]
    assert scene.due("audit") == "2026-01-01 00:00"  # sixty working days after October 9th, 11th included
    scene.report("extension-approved", "section-chief", "2025-10-20 10:00", clock="audit")
    assert scene.words("extended:audit") == ["10-20 10:00 extended:audit"]
    with pytest.raises(Conflict, match="result-notice-given must be reported first"):
        scene.report("closed", "audit-post", "2025-10-21 10:00")


def test_the_levy_office_files_a_report_without_checking_conditions_and_refuses_with_a_reason() -> None:
    assert Scene("social-insurance-levy-complaints", "2025-09-29 10:30", "letter", kind="report").status == "admitted"
    scene = Scene("social-insurance-levy-complaints", "2025-09-29 10:30", "letter", kind="complaint")
    scene.officer("refuse", "section-chief", "2025-09-30 10:00", "conditions-not-met")
    assert scene.words("refused", "met:", "breached") == ["09-30 10:00 refused", "09-30 10:00 met:filing"]
