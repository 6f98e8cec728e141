"""The oracle finds what is lost and what comes twice: each fault is planted in a copy of sound evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from huiyin.demo.audit import oracle
from huiyin.demo.audit.evidence import EmittedEvent, Evidence
from services.intake.service import build as build_intake
from shared.events.topics import ASSIGNMENTS, COMPLAINTS, DEADLINES, DEPARTMENT_REPORTS
from shared.procedures.loader import load_library
from tests.unit.demo.making import CASE, NOTICE, whole

OTHER = UUID("00000000-0000-4000-8000-000000000002")
Plant = Callable[[Evidence], object]


def examined(evidence: Evidence) -> oracle.Verdict:
    return oracle.examine(evidence, [CASE], load_library())


def test_sound_evidence_shows_nothing_lost_and_nothing_twice() -> None:
    verdict = examined(whole())

    assert (verdict.lost, verdict.duplicated, verdict.open_cases) == ((), (), ())


def _still_open(evidence: Evidence) -> None:
    evidence.cases[0] = replace(evidence.cases[0], status="assigned")
    evidence.routed[CASE] = "assigned"


def _no_assignment(evidence: Evidence) -> None:
    evidence.emitted["routing"].clear()
    del evidence.last_numbers[CASE, ASSIGNMENTS.name]


LOST: list[tuple[str, Plant]] = [
    ("a case that was given out is registered", lambda e: e.cases.clear()),
    ("an event that was emitted is published", lambda e: e.unpublished.update(routing=1)),
    ("an event that was emitted is in its topic", lambda e: e.topics[COMPLAINTS.name].pop()),
    (
        "routing takes what comes on huiyin.complaints.v1",
        lambda e: e.taken["routing"].remove(e.emitted["intake"][0].id),
    ),
    ("sla takes what comes on huiyin.assignments.v1", lambda e: e.taken["sla"].remove(e.emitted["routing"][0].id)),
    ("notify takes what comes on huiyin.deadlines.v1", lambda e: e.taken["notify"].remove(e.emitted["sla"][0].id)),
    ("intake takes what comes on huiyin.notices.v1", lambda e: e.taken["intake"].remove(e.emitted["notify"][0].id)),
    (
        "routing takes what comes on huiyin.department-reports.v1",
        lambda e: e.topics[DEPARTMENT_REPORTS.name].append(OTHER),
    ),
    ("nothing is left in the dead letters", lambda e: e.dead_letters.update(sla=1)),
    ("no event waits for its registration", lambda e: e.held.update(notify=2)),
    ("an admitted case has a department", _no_assignment),
    ("a case has the clocks that its procedure starts", lambda e: e.clocks[CASE].clear()),
    ("a notice is sent", lambda e: e.notices.__setitem__(0, replace(e.notices[0], state="waiting"))),
    ("a notice that counts as sent lies in the sink", lambda e: e.files.__setitem__(0, OTHER)),
    ("sequence numbers have no gap", lambda e: e.last_numbers.update({(CASE, DEADLINES.name): 3})),
    ("a case ends with an answer or a breach on record", _still_open),
]


@pytest.mark.parametrize(("rule", "plant"), LOST, ids=[rule for rule, _ in LOST])
def test_a_planted_loss_is_found(rule: str, plant: Plant) -> None:
    evidence = whole()
    plant(evidence)

    verdict = examined(evidence)

    assert rule in {finding.rule for finding in verdict.lost}
    assert verdict.duplicated == ()


def _again(evidence: Evidence) -> EmittedEvent:
    first = evidence.emitted["routing"][0]
    return replace(first, id=OTHER, sequence=2)


def _assigned_again(evidence: Evidence) -> None:
    again = _again(evidence)
    evidence.emitted["routing"].append(again)
    evidence.topics[again.topic].append(again.id)
    evidence.last_numbers[CASE, again.topic] = 2
    for reader in ("intake", "sla", "notify"):
        evidence.taken[reader].append(again.id)


def _two_with_one_number(evidence: Evidence) -> None:
    evidence.emitted["intake"][1] = replace(evidence.emitted["intake"][1], sequence=1)


def _second_notice_of_one_cause(evidence: Evidence) -> None:
    evidence.notices.append(replace(evidence.notices[0], id=OTHER))
    evidence.files.append(OTHER)


TWICE: list[tuple[str, Plant]] = [
    ("a case number is given once", lambda e: e.cases.append(replace(e.cases[0], id=OTHER))),
    ("a case is assigned for the first time once", _assigned_again),
    ("a notice is visible once", lambda e: e.files.append(NOTICE)),
    ("one cause gives an addressee one notice of a kind", _second_notice_of_one_cause),
    ("a sequence number is given once", _two_with_one_number),
    ("sla takes an event once", lambda e: e.taken["sla"].append(e.taken["sla"][0])),
    ("routing emits an event once", lambda e: e.emitted["routing"].append(e.emitted["routing"][0])),
    ("an occurrence stands in the timeline once", lambda e: e.timeline.append(e.timeline[0])),
]


@pytest.mark.parametrize(("rule", "plant"), TWICE, ids=[rule for rule, _ in TWICE])
def test_a_planted_double_is_found(rule: str, plant: Plant) -> None:
    evidence = whole()
    plant(evidence)

    assert rule in {finding.rule for finding in examined(evidence).duplicated}


def test_a_breach_on_record_is_an_end_too() -> None:
    evidence = whole()
    _still_open(evidence)
    evidence.clocks[CASE] = [("handling", 1, "breached")]

    assert examined(evidence).open_cases == ()


def test_the_subscriptions_are_those_that_the_services_declare() -> None:
    from services.notify.service import build as build_notify
    from services.routing.service import build as build_routing
    from services.sla.service import build as build_sla

    builds = {"intake": build_intake, "routing": build_routing, "sla": build_sla, "notify": build_notify}
    for name, build in builds.items():
        names = {value for value in build.__globals__ if value in _TOPIC_NAMES}
        assert {_TOPIC_NAMES[value] for value in names} == set(oracle.SUBSCRIPTIONS[name])


_TOPIC_NAMES = {
    "COMPLAINTS": "huiyin.complaints.v1",
    "ASSIGNMENTS": "huiyin.assignments.v1",
    "DEADLINES": "huiyin.deadlines.v1",
    "NOTICES": "huiyin.notices.v1",
    "DEPARTMENT_REPORTS": "huiyin.department-reports.v1",
}
