"""Shares, percentiles and groups of a replay's report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.replay.playing import Outcome
from huiyin.replay.report import OTHERS, STATES, Report, Tally, grouped, percentile
from shared.business_time.zones import zone
from tests.unit.sla.scenes import at

SHANGHAI = zone("Asia/Shanghai")


def outcome(state: Any, elapsed: float | None = None, due: str = "2025-10-11 00:00", **more: Any) -> Outcome:
    given = {"cycle": 1, "ended_at": None, "provisional": False, "late_by": None, "late_seconds": None}
    counts = {"warned": 0, "further": 0}
    start = at("2025-09-29 09:00")
    return Outcome(
        "reply", state=state, elapsed=elapsed, due_at=at(due), started_at=start, **{**given, **counts, **more}
    )


def tally(outcomes: Sequence[Outcome]) -> Tally:
    found = Tally()
    for one in outcomes:
        found.take(one, SHANGHAI)
    return found


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [([7.0], 50, 7.0), ([1, 2, 3, 4], 50, 2), ([1, 2, 3, 4], 75, 3), ([1, 2, 3, 4], 76, 4), ([1, 2], 99, 2)],
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[float], percent: int, found: float
) -> None:
    assert percentile(values, percent) == found


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_at_least_that_share_does_not_exceed_a_percentile_and_no_lesser_value_does(
    values: list[float], percent: int
) -> None:
    ordered = sorted(values)
    found = percentile(ordered, percent)
    assert sum(one <= found for one in ordered) * 100 >= percent * len(ordered)
    assert sum(one < found for one in ordered) * 100 < percent * len(ordered)


def test_the_share_on_time_is_of_those_decided_and_an_overdue_case_is_decided() -> None:
    found = tally([outcome("met", 1.0), outcome("late", 9.0), outcome("breached"), outcome("open"), outcome("undated")])
    assert (found.decided, found.on_time) == (3, 1 / 3)


def test_nothing_decided_has_no_share() -> None:
    assert tally([outcome("open"), outcome("cancelled")]).on_time is None


def test_a_breach_belongs_to_the_local_month_of_its_due_date() -> None:
    # 31 October, 23:30 in Shanghai, is still October; half an hour later it is November.
    found = tally([outcome("late", 9.0, "2025-10-31 23:30"), outcome("breached", None, "2025-11-01 00:00")])
    assert found.months == {"2025-10": 1, "2025-11": 1}


@given(st.lists(st.sampled_from(STATES)))
def test_the_states_add_up_to_the_cycles(states: list[str]) -> None:
    found = tally([outcome(state) for state in states]).to_dict()
    assert sum(found[state] for state in STATES) == found["cycles"] == len(states)


def test_the_twenty_most_frequent_groups_have_their_own_line_and_all_others_share_one() -> None:
    groups = grouped(Counter({f"agency {number:02}": 100 - number for number in range(25)}))
    assert Counter(groups.values())[OTHERS] == 5
    assert groups["agency 19"] == "agency 19"
    assert groups["agency 20"] == OTHERS


def test_groups_add_up_to_the_whole() -> None:
    report = Report({"reply": SHANGHAI})
    report.take([outcome("met", 1.0)], "one")
    report.take([outcome("late", 5.0, late_by=2.0)], "other")
    report.take([], "other")
    assert report.cases == 3
    assert report.started["reply"] == 2
    assert sum(one["reply"].cycles for one in report.groups.values()) == report.clocks["reply"].cycles == 2
    assert report.group_cases == {"one": 1, "other": 2}
