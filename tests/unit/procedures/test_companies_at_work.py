"""The procedures of companies at work: the services' pure cores, in virtual time.

Times are Shanghai's. 2025-10-01 to 10-08 are holidays; 2025-09-28 (a Sunday) and 10-11 (a Saturday) are make-up
workdays. The expected dates are counted by hand.
"""

from __future__ import annotations

import pytest

from shared.errors import Conflict, InvalidInput
from tests.unit.procedures.scenes import Scene

# channel, received, the clock, due
FORWARDING = [
    ("telephone", "2025-09-29 10:00", "forward", "2025-09-29 10:30"),
    ("email", "2025-09-29 11:45", "forward", "2025-09-29 13:45"),  # the lunch hour does not count
    ("forum", "2025-09-29 17:00", "forward-forum", "2025-09-30 09:30"),
    ("forum", "2025-09-29 20:00", "forward-off-hours", "2025-09-30 10:00"),
    ("email", "2025-09-29 06:00", "forward-off-hours", "2025-09-29 10:00"),
    ("email", "2025-10-02 10:00", "forward-holiday", "2025-10-03 00:00"),
    ("forum", "2025-10-04 23:59", "forward-holiday", "2025-10-05 00:00"),  # a Saturday in the holidays
]


@pytest.mark.parametrize(("channel", "received", "clock", "due"), FORWARDING)
def test_vanke_forwards_by_the_hour_at_which_a_complaint_comes(
    channel: str, received: str, clock: str, due: str
) -> None:
    scene = Scene("vanke-developer", received, channel)
    assert scene.due(clock) == due
    assert [name for name in scene.clocks if name.startswith("forward")] == [clock]


def test_vanke_wants_a_written_response_within_four_hours_of_the_forwarding() -> None:
    scene = Scene("vanke-developer", "2025-09-29 10:00", "forum")
    scene.report("forwarded", "customer-service-centre", "2025-09-29 10:20")
    assert (scene.due("response"), scene.due("web-reply")) == ("2025-09-29 14:20", "2025-09-29 14:20")
    assert scene.words("met:") == ["09-29 10:20 met:forward-forum"]


def test_vanke_decides_a_doubtful_validity_in_four_hours_and_four() -> None:
    scene = Scene("vanke-developer", "2025-09-29 10:00", "telephone", **{"content-type": "property-management"})
    scene.report("accepted-by-department", "property-commissioner", "2025-09-29 10:10")
    assert scene.due("qualification-referral") == "2025-09-29 14:10"
    with pytest.raises(InvalidInput, match="needed"):
        scene.report("qualification-referred", "property-commissioner", "2025-09-29 13:00")
    scene.report("qualification-referred", "property-commissioner", "2025-09-29 13:00", basic_opinion="opinion")
    assert scene.due("qualification-answer") == "2025-09-29 17:00"
    assert scene.routing.level == "customer-service-centre"


def test_vanke_replies_to_a_major_complaint_within_24_hours_on_the_panels_opinion() -> None:
    facts = {"content-type": "property-management", "lawsuit-brought": True}
    scene = Scene("vanke-developer", "2025-09-29 10:00", "telephone", **facts)
    scene.report("accepted-by-department", "property-commissioner", "2025-09-29 10:10")
    assert scene.due("report-to-centre") == "2025-09-29 14:10"
    scene.report("passed-to-centre", "property-commissioner", "2025-09-29 12:00")
    assert scene.due("major-reply") == "2025-09-30 12:00"
    with pytest.raises(Conflict, match="panel-opinion must be reported first"):
        scene.report("preliminary-reply", "customer-service-centre", "2025-09-29 13:00")


@pytest.mark.parametrize("known", ["at registration", "reported in time", "found too late"])
def test_vanke_raises_the_class_after_a_week_and_a_month_if_the_reason_is_ours(known: str) -> None:
    facts = {"reason-ours": True} if known == "at registration" else {}
    scene = Scene("vanke-developer", "2025-09-29 10:30", "telephone", **facts)
    if known == "reported in time":
        scene.report("reason-stated", "customer-service-centre", "2025-10-01 09:00", ours=True)
    scene.until("2025-11-03 09:00")
    if known == "found too late":
        scene.report("reason-stated", "customer-service-centre", "2025-11-03 10:00", ours=True)
        assert scene.words("classified:") == ["09-29 10:30 classified:general", "11-03 10:00 classified:major"]
    else:
        assert scene.words("classified:") == [
            "09-29 10:30 classified:general",
            "10-07 00:00 classified:hot",
            "10-30 00:00 classified:major",
        ]


def test_vanke_leaves_the_class_alone_if_the_reason_is_not_ours() -> None:
    scene = Scene("vanke-developer", "2025-09-29 10:30", "telephone")
    scene.report("reason-stated", "customer-service-centre", "2025-10-01 09:00", ours=False)
    scene.until("2025-11-15 00:00")
    assert scene.words("classified:") == ["09-29 10:30 classified:general"]


def test_vanke_tells_of_a_major_complaint_at_once_and_every_week_until_it_is_handled() -> None:
    scene = Scene("vanke-developer", "2025-09-29 10:30", "telephone", **{"media-exposed": True})
    scene.report("major-bulletin", "customer-service-centre", "2025-09-29 10:30")
    scene.until("2025-10-25 00:00")
    assert scene.words("met:major", "breached:weekly", "overdue:weekly") == [
        "09-29 10:30 met:major-bulletin",
        "10-07 00:00 breached:weekly-bulletin",
        "10-14 00:00 overdue:weekly-bulletin",
        "10-14 00:00 overdue:weekly-bulletin.repeat-2",
        "10-21 00:00 overdue:weekly-bulletin",
        "10-21 00:00 overdue:weekly-bulletin.repeat-3",
    ]
    scene.report("resolved", "customer-service-centre", "2025-10-25 09:00")
    scene.until("2025-12-01 00:00")
    assert scene.words("overdue:weekly")[-1].startswith("10-21")
    with pytest.raises(Conflict, match="special-report must be reported first"):
        scene.report("closed", "customer-service-centre", "2025-12-01 09:00")


def test_vanke_sends_a_bulletin_on_a_hot_complaint_within_a_working_day() -> None:
    scene = Scene("vanke-developer", "2025-09-30 10:30", "telephone", counts={"same-matter": 3})
    assert scene.routing.class_ == "hot"
    assert scene.due("hot-bulletin") == "2025-10-10 00:00"  # the first working day after the holidays


def test_vanke_lets_the_main_person_in_charge_meet_a_group_before_its_complaint_is_handled() -> None:
    scene = Scene("vanke-developer", "2025-09-29 10:30", "telephone", people=4)
    with pytest.raises(Conflict, match="head-involved must be reported first"):
        scene.report("resolved", "customer-service-centre", "2025-09-29 12:00")


def test_vanke_reopens_a_case_that_is_complained_of_again_as_important_at_least() -> None:
    scene = Scene("vanke-developer", "2025-09-29 10:30", "telephone")
    scene.report("resolved", "customer-service-centre", "2025-09-29 12:00")
    scene.report("complained-again", "customer-service-centre", "2025-10-09 12:00")
    assert (scene.routing.cycle, scene.routing.class_) == (2, "important")
    assert scene.due("week-unresolved") == "2025-10-17 00:00"
    graver = Scene("vanke-developer", "2025-09-29 10:30", "telephone", **{"lawsuit-brought": True})
    graver.report("resolved", "customer-service-centre", "2025-09-29 12:00")
    graver.report("complained-again", "customer-service-centre", "2025-10-09 12:00")
    assert graver.routing.class_ == "major"
