"""Past cases through the clocks: what becomes of them, instant by instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huiyin.replay.playing import Occurred, Outcome, Replay
from huiyin.replay.workers import answers
from services.sla.domain.case import Case, Occurrence
from services.sla.domain.decide import decide
from tests.unit.sla.scenes import CALENDARS, CASE, at, procedure

REPLY = {"from": ["received"], "until": ["resolved"], "duration": "P3WD"}
END = "2025-12-31 00:00"


def story(*happened: tuple[str, str]) -> list[Occurred]:
    """`("2025-09-29 09:00", "received")` and so on."""
    return [Occurred((name,), at(when)) for when, name in happened]


def played(happened: Sequence[Occurred], end: str = END, **clock: Any) -> list[Outcome]:
    return Replay(procedure({**REPLY, **clock}), CALENDARS, at(end)).outcomes(happened)


# 2025-09-29 is a Monday; 1 to 8 October are holidays, 28 September and 11 October make-up workdays. Received on the
# Monday: the Tuesday is day 1, Thursday 9 October day 2, Friday 10 October day 3. So it is due on the 10th at 24:00.
@pytest.mark.parametrize(
    ("answered", "until", "state", "elapsed", "late_by"),
    [
        ("2025-09-29 17:00", END, "met", 0.0, None),
        ("2025-09-30 09:00", END, "met", 1.0, None),
        ("2025-10-05 12:00", END, "met", 1.0, None),  # a holiday: no day is added
        ("2025-10-11 00:00", END, "met", 3.0, None),  # 24:00 of the 10th, the due instant itself
        ("2025-10-11 00:01", END, "late", 4.0, 1.0),  # the 11th is a make-up workday
        ("2025-10-12 10:00", END, "late", 4.0, 1.0),  # the Sunday adds none
        ("2025-10-14 10:00", END, "late", 6.0, 3.0),
        ("2025-10-14 10:00", "2025-10-13 00:00", "breached", None, None),  # the answer is not known yet
        ("2025-10-14 10:00", "2025-10-11 00:00", "breached", None, None),  # at the due instant itself
        ("2025-10-14 10:00", "2025-10-10 23:59", "open", None, None),
    ],
)
def test_a_reply_within_three_working_days_over_the_national_holiday(
    answered: str, until: str, state: str, elapsed: float | None, late_by: float | None
) -> None:
    [outcome] = played(story(("2025-09-29 09:00", "received"), (answered, "resolved")), until)
    assert (outcome.state, outcome.elapsed, outcome.late_by) == (state, elapsed, late_by)
    assert outcome.due_at == at("2025-10-11 00:00")


def test_what_is_said_of_a_late_answer_is_kept_in_seconds() -> None:
    [outcome] = played(story(("2025-09-29 09:00", "received"), ("2025-10-11 00:01", "resolved")))
    assert outcome.late_seconds == 60.0


def test_each_warning_before_and_each_step_after_the_due_instant_is_counted_once() -> None:
    steps: dict[str, Any] = {
        "steps": [
            {"id": "half", "percent": 50},
            {"id": "day", "before": "P1WD"},
            {"id": "next-day", "after": "P1WD"},
            {"id": "next-week", "after": "P5WD"},
        ],
    }
    [late] = played(story(("2025-09-29 09:00", "received"), ("2025-10-14 10:00", "resolved")), **steps)
    [early] = played(story(("2025-09-29 09:00", "received"), ("2025-09-29 10:00", "resolved")), **steps)
    assert (late.warned, late.further) == (2, 1)
    assert (early.warned, early.further) == (0, 0)


def test_a_reopened_case_has_a_second_cycle_and_the_first_stays() -> None:
    outcomes = played(
        story(
            ("2025-09-29 09:00", "received"),
            ("2025-09-30 09:00", "resolved"),
            ("2025-10-13 09:00", "reopened"),
            ("2025-10-20 09:00", "resolved"),
        )
    )
    assert [(one.cycle, one.state) for one in outcomes] == [(1, "met"), (2, "late")]


def test_a_pause_is_taken_out_of_the_time_that_a_clock_ran() -> None:
    waiting: dict[str, Any] = {"pauses": [{"from": "supplement-requested", "until": ["supplemented"]}]}
    happened = story(
        ("2025-10-13 09:00", "received"),
        ("2025-10-14 09:00", "supplement-requested"),
        ("2025-10-20 09:00", "supplemented"),
        ("2025-10-21 09:00", "resolved"),
    )
    # Counted: of 14 to 21 October the 20th and the 21st; the 14th to the 17th ended within the pause.
    assert [(one.state, one.elapsed) for one in played(happened, **waiting)] == [("met", 2.0)]
    assert [(one.state, one.elapsed) for one in played(happened)] == [("late", 6.0)]


def test_a_withdrawn_case_is_neither_in_time_nor_late() -> None:
    [outcome] = played(story(("2025-09-29 09:00", "received"), ("2025-09-30 09:00", "withdrawn")))
    assert (outcome.state, outcome.elapsed) == ("cancelled", None)


def test_a_row_without_a_due_date_is_not_judged() -> None:
    agreed = procedure({**REPLY, "duration": None, "due_field": "received.due"})
    replay = Replay(agreed, CALENDARS, at(END))
    shown = [Occurred(("received",), at("2025-09-29 09:00"), {"received.due": "2025-10-01"})]
    answered = story(("2025-10-02 00:00", "resolved"))
    [dated] = replay.outcomes([*shown, *answered])
    [undated] = replay.outcomes([*story(("2025-09-29 09:00", "received")), *answered])
    assert (dated.state, dated.elapsed) == ("met", 63.0)
    assert undated.state == "undated"


def test_a_clock_that_is_due_every_half_hour_does_not_keep_a_replay_of_years_busy() -> None:
    asked = 0
    replay = Replay(
        procedure({**REPLY, "duration": "PT30M", "steps": [{"every": "PT30M"}]}), CALENDARS, at("2035-01-01 00:00")
    )
    for _ in replay._decisions(story(("2025-01-02 09:00", "received"))):
        asked += 1
    assert asked == 2  # the receipt and the breach


def test_what_happened_in_one_instant_is_taken_in_the_order_given() -> None:
    clock: dict[str, Any] = {"from": ["assigned"], "until": ["resolved"]}
    before = story(("2025-09-29 09:00", "assigned"), ("2025-09-29 09:00", "resolved"))
    [outcome] = played(before, **clock)
    assert outcome.state == "met"
    assert played(before[::-1], **clock) == []  # the handling was over before it was assigned


def test_several_processes_give_what_one_gives() -> None:
    rules, stories = (
        procedure(REPLY),
        [story(("2025-09-29 09:00", "received"), (f"2025-10-{day:02} 09:00", "resolved")) for day in range(1, 31)],
    )
    alone = list(answers(rules, CALENDARS, at(END), stories, 1))
    assert list(answers(rules, CALENDARS, at(END), stories * 20, 2)) == alone * 20


NAMES = ("received", "assigned", "supplement-requested", "supplemented", "resolved", "reopened", "withdrawn")
INSTANTS = st.integers(0, 60 * 24).map(lambda hours: datetime(2025, 9, 25, tzinfo=UTC) + timedelta(hours=hours))
STORIES = st.lists(st.tuples(INSTANTS, st.sampled_from(NAMES)), max_size=8)
CLOCK = {
    **REPLY,
    "steps": [{"id": "half", "percent": 50}, {"id": "next", "after": "P1WD"}],
    "pauses": [{"from": "supplement-requested", "until": ["supplemented"], "at_most": "P5WD"}],
}


@settings(max_examples=150, deadline=None)
@given(STORIES, INSTANTS)
def test_walking_instant_by_instant_ends_where_one_decision_on_everything_ends(
    happened: list[tuple[datetime, str]], until: datetime
) -> None:
    rules = procedure(CLOCK)
    happened = sorted(happened)
    outcomes = Replay(rules, CALENDARS, until).outcomes([Occurred((name,), when) for when, name in happened])
    known = tuple(
        Occurrence(str(place), (name,), when, (0, place))
        for place, (when, name) in enumerate(happened)
        if when <= until
    )
    rows = decide(Case(CASE, rules.key, known), rules, CALENDARS, until).clocks
    words = {"running": "open", "paused": "open"}
    assert [(one.cycle, one.state, one.due_at) for one in outcomes] == [
        (row.cycle, words.get(row.state, row.state), row.due_at) for row in rows
    ]


@settings(max_examples=150, deadline=None)
@given(INSTANTS, st.integers(0, 40 * 24 * 60), st.integers(1, 12))
def test_in_working_days_a_clock_is_met_exactly_if_it_ran_no_longer_than_its_target(
    received: datetime, minutes: int, days: int
) -> None:
    answered = received + timedelta(minutes=minutes)
    rules = procedure({**REPLY, "duration": f"P{days}WD"})
    happened = [Occurred(("received",), received), Occurred(("resolved",), answered)]
    [outcome] = Replay(rules, CALENDARS, answered).outcomes(happened)
    assert outcome.elapsed is not None
    assert outcome.elapsed <= days if outcome.late_by is None else outcome.elapsed == days + outcome.late_by
    assert (outcome.state == "late") == (outcome.late_by is not None)
