"""Which notices make a digest, which of them leads, how long a late one waits, and what the reader sees."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.case import Case, fold, opened
from services.notify.domain.digest_wording import LISTED, JoinedNotice, overdue, with_others
from services.notify.domain.digests import Waiting, Window, grouped, wait_seconds
from services.notify.domain.notices import BREACHED, WARNED, Unsent, plan_notices, superseded
from services.notify.domain.templates import Rendered
from shared.events.envelope import Event
from shared.settings import ServiceSettings
from tests.unit.notify.samples import START, Story, case_id, procedure

WINDOW = Window(late_after=60.0, seconds=3.0)


def _case(*events: Event) -> Case:
    case = opened(events[0])
    for event in events:
        fold(case, event)
    return case


def test_notices_about_deadlines_join_a_digest_except_those_to_the_complainant() -> None:
    story = Story()
    events = [
        story.registered(),
        story.assigned(),
        story.warned(),
        story.breached(),
        story.breached(clock="reporting"),
        story.escalated(cause="warned:handling"),
        story.escalated(cause="dissatisfied"),
        story.resolved(),
    ]
    case = _case(*events)

    found = [
        (one.occurrence, one.notice, one.joins)
        for event in events
        for one in plan_notices(case, event, procedure())
        if one.notice != "grave"
    ]

    assert found == [
        ("registered", "receipt", False),
        ("assigned", "assignment", False),
        ("warned:handling", "urging", True),
        ("breached:handling", "urging", True),
        ("breached:handling", "overdue", True),
        ("breached:reporting", "reminder", True),
        ("breached:reporting", "chased", True),
        ("breached:reporting", "apology", False),  # to the complainant
        ("escalated:head", "raised", True),
        ("escalated:head", "raised", False),  # no deadline caused it
        ("resolved", "result", False),
    ]


def test_a_notice_that_shows_anything_of_the_vault_joins_no_digest() -> None:
    story = Story()
    case, warned = _case(story.registered()), story.warned()
    (plain,) = plan_notices(case, warned, procedure())
    rules = procedure()
    urging = next(one for one in rules.notices if one.id == "urging")
    zh = urging.text.zh.model_copy(update={"body": "{{documents.reply}}"})
    naming = urging.model_copy(update={"text": urging.text.model_copy(update={"zh": zh})})
    (shown,) = plan_notices(case, warned, rules.model_copy(update={"notices": (naming,)}))

    assert (plain.joins, shown.joins) == (True, False)


def test_an_escalation_is_as_late_as_the_step_that_caused_it_whichever_comes_first() -> None:
    story = Story()
    registered, breached, raised = story.registered(), story.breached(late=7200), story.escalated()

    for order in itertools.permutations((breached, raised)):
        (planned,) = plan_notices(_case(registered, *order), raised, procedure())
        assert planned.late_by == 7200


@pytest.mark.parametrize(
    ("late", "crowded", "waits"),
    [
        (0.0, False, 0.0),  # punctual: not a moment
        (59.0, False, 0.0),
        (0.0, True, 3.0),  # several of one case at once
        (60.0, False, 3.0),  # a hundredth would be 0.6 s: the window is the least
        (300.0, False, 3.0),
        (1200.0, False, 12.0),  # twenty minutes late: a hundredth
        (7200.0, False, 30.0),  # two hours late: ten windows are the most
        (7200.0, True, 30.0),
    ],
)
def test_how_long_a_notice_waits_for_others(late: float, crowded: bool, waits: float) -> None:
    assert wait_seconds(late, WINDOW, crowded=crowded) == pytest.approx(waits)


def test_a_window_of_nought_lets_nothing_wait() -> None:
    assert {wait_seconds(late, Window(60.0, 0.0), crowded=True) for late in (0.0, 60.0, 7200.0)} == {0.0}


def test_the_settings_have_the_defaults_that_the_guide_names() -> None:
    settings = ServiceSettings()

    assert (settings.notice_late_seconds, settings.notice_window_seconds) == (60.0, 3.0)


def _waiting(
    number: int, hour: int, *, late: bool, rank: int = WARNED, to: str = "role:chief", case: int = 1
) -> Waiting:
    return Waiting(case_id(1000 + number), case_id(case), to, late, rank, START + timedelta(hours=hour))


def test_the_gravest_leads_and_of_those_the_latest() -> None:
    warning, breach, after = (
        _waiting(1, 1, late=False),
        _waiting(2, 3, late=True, rank=BREACHED),
        _waiting(3, 4, late=True),
    )
    soon = _waiting(4, 6, late=False)  # a warning of another clock, later than the breach

    (alone,) = grouped([warning])
    (first,) = grouped([soon, breach, warning])
    (second,) = grouped([warning, after, soon, breach])

    assert (alone.lead, alone.others) == (warning.id, ())
    assert (first.lead, first.others) == (breach.id, (warning.id, soon.id))
    assert (second.lead, second.others) == (after.id, (warning.id, breach.id, soon.id))


_HEAPS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["role:chief", "department:water"]), st.integers(0, 5), st.booleans()),
    max_size=12,
)


@given(heap=_HEAPS, data=st.data())
def test_whatever_the_order_each_addressee_of_a_case_gets_one_digest_of_everything(
    heap: list[tuple[int, str, int, bool]], data: st.DataObject
) -> None:
    waiting = [_waiting(index, hour, late=late, to=to, case=case) for index, (case, to, hour, late) in enumerate(heap)]

    found = grouped(waiting)
    shuffled = grouped(data.draw(st.permutations(waiting)))

    by_id = {one.id: one for one in waiting}
    assert sorted(found, key=lambda one: one.lead) == sorted(shuffled, key=lambda one: one.lead)
    assert sorted(id for one in found for id in (one.lead, *one.others)) == sorted(by_id)
    readers = [(by_id[one.lead].case_id, by_id[one.lead].addressee) for one in found]
    assert len(set(readers)) == len(readers)
    for one, reader in zip(found, readers, strict=True):
        assert {(by_id[id].case_id, by_id[id].addressee) for id in one.others} <= {reader}
        assert all(by_id[id].overdue <= by_id[one.lead].overdue for id in one.others)


@pytest.mark.parametrize(
    ("occurrence", "hours", "details", "late"),
    [
        ("breached:handling", 0, {}, True),
        ("escalated:head", 0, {"level": "head", "cause": "breached:handling"}, True),
        ("escalated:head", 0, {"level": "head", "cause": "warned:handling"}, False),
        ("warned:handling", 0, {"due": (START + timedelta(hours=1)).isoformat()}, False),
        ("warned:handling", 1, {"due": (START + timedelta(hours=1)).isoformat()}, True),  # a further step
        ("warned:handling", 0, {}, False),  # paused: no due instant
    ],
)
def test_what_counts_as_overdue(occurrence: str, hours: int, details: dict[str, Any], late: bool) -> None:
    assert overdue(occurrence, START + timedelta(hours=hours), details) is late


def _told(notice: str, occurrence: str, hour: int, body: str, **details: Any) -> JoinedNotice:
    element = next(one for one in procedure().notices if one.id == notice)
    return JoinedNotice(element, occurrence, START + timedelta(hours=hour), details, Rendered("", body, 0))


_OTHERS = [
    _told("urging", "warned:handling", 0, "请办理", clock="handling", step="half", due="2026-11-02T16:00:00+00:00"),
    _told(
        "reminder", "breached:reporting", 1, "请报告", clock="reporting", step="due", due="2026-11-02T02:00:00+00:00"
    ),
    _told("urging", "warned:handling", 2, "请办理", clock="handling", step="x", due="2026-11-02T01:30:00+00:00"),
    _told("raised", "escalated:head", 3, "", level="head", cause="breached:handling"),
]


def test_a_chinese_digest_lists_the_others_below_the_lead_and_each_text_once() -> None:
    found = with_others(Rendered("督办 T-1", "办理期限已逾期", 1), _OTHERS, procedure(), "zh")

    assert found.subject == "督办 T-1（另并告 4 项）"
    assert found.body.splitlines() == [
        "办理期限已逾期",
        "",
        "本案另有 4 项时限提醒并入本通知一并告知，不再逐项通知：",
        "1. 督办：办理期限预警（half），2026年11月2日 09:00，期限 2026年11月2日 24:00",
        "   请办理",
        "2. 催报：报告期限已逾期，2026年11月2日 10:00，期限 2026年11月2日 10:00",
        "   请报告",
        "3. 督办：办理期限逾期后提醒（x），2026年11月2日 11:00，期限 2026年11月2日 09:30",
        "4. 上报：上报至负责人，2026年11月2日 12:00",
    ]
    assert found.blanks == 1


def test_an_english_digest_lists_the_same() -> None:
    found = with_others(Rendered("Please finish T-1", "Overdue.", 0), _OTHERS, procedure(), "en")

    assert found.subject == "Please finish T-1 (and 4 more)"
    assert [line for line in found.body.splitlines()[2:] if not line.startswith("   ")] == [
        "4 more reminders about deadlines of this case are told here and not by notices of their own:",
        "1. Urging: Handling, warning (half); 2 November 2026, 09:00; due 2 November 2026, 24:00",
        "2. Reminder: Report, breached; 2 November 2026, 10:00; due 2 November 2026, 10:00",
        "3. Urging: Handling, step after the due instant (x); 2 November 2026, 11:00; due 2 November 2026, 09:30",
        "4. Passed up: passed up to Head; 2 November 2026, 12:00",
    ]


def test_a_notice_alone_reads_as_the_procedure_wrote_it() -> None:
    lead = Rendered("s", "b", 0)

    assert with_others(lead, [], procedure(), "zh") is lead


@pytest.mark.parametrize(
    ("language", "left"), [("zh", "（更早的 5 项从略，见案件记录）"), ("en", "(5 earlier ones: see the case's record)")]
)
def test_a_long_list_shows_the_latest_and_says_how_many_are_left_out(language: Any, left: str) -> None:
    others = [
        _told("urging", "warned:handling", hour, "x", clock="handling", step=f"s{hour}") for hour in range(LISTED + 5)
    ]

    lines = with_others(Rendered("s", "b", 0), others, procedure(), language).body.splitlines()

    assert lines[3] == left
    assert "s5" in lines[4]
    assert f"s{LISTED + 4}" in lines[-1]


def test_nobody_is_warned_of_a_clock_that_has_stopped_but_its_breach_is_kept() -> None:
    story = Story()
    met = _case(story.registered(), story.started(), story.met())
    running = _case(story.registered(), story.started())
    again = _case(story.registered(), story.started(cycle=2))
    warning = Unsent(case_id(7), case_id(), "chief", "handling", 1, WARNED, START, joins=True, before_due=True)
    breach = Unsent(case_id(8), case_id(), "chief", "handling", 1, BREACHED, START, joins=True)
    after = Unsent(case_id(9), case_id(), "chief", "handling", 1, WARNED, START, joins=True)
    tried = Unsent(
        case_id(10), case_id(), "chief", "handling", 1, WARNED, START, joins=True, before_due=True, tried=True
    )
    own = Unsent(case_id(11), case_id(), "complainant", "handling", 1, WARNED, START, before_due=True)
    all_ = [warning, breach, after, tried, own]

    assert superseded(all_, {case_id(): met}) == {warning.id: "clock-stopped"}
    assert superseded(all_, {case_id(): running}) == {}
    assert superseded(all_, {case_id(): again}) == {warning.id: "clock-stopped"}
