from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.business_time.due import due
from shared.business_time.durations import Duration, Unit
from shared.business_time.explain import Reason, explain
from shared.business_time.explain_text import explain_text
from tests.unit.business_time.making import CN, at, calendar

SH = "Asia/Shanghai"
START = at("2026-02-13 10:00", SH)


def test_every_counted_and_skipped_day_of_a_due_date_is_named() -> None:
    explanation = explain(START, Duration.parse("P5WD"), CN, time_basis="business")

    assert [day.date for day in explanation.counted] == [
        date(2026, 2, 14),
        *(date(2026, 2, number) for number in (24, 25, 26, 27)),
    ]
    assert explanation.counted[0].reason is Reason.MAKEUP_WORKDAY
    assert explanation.counted[0].name.zh == "春节调休上班"
    assert [day.reason for day in explanation.skipped] == [Reason.START_DATE] + [Reason.HOLIDAY] * 9
    assert {(day.name.zh, day.name.en) for day in explanation.skipped[1:]} == {("春节", "Spring Festival")}


def test_a_clock_in_hours_shows_what_each_day_gave_and_what_each_pause_took() -> None:
    pauses = [
        (at("2026-02-14 09:00", SH), at("2026-02-14 17:30", SH)),
        (at("2026-02-13 11:00", SH), at("2026-02-13 14:00", SH)),
    ]

    explanation = explain(START, Duration.parse("PT6H"), CN, time_basis="business", pauses=pauses)

    assert [(day.date.day, day.seconds) for day in explanation.counted] == [(13, 4.5 * 3_600), (24, 1.5 * 3_600)]
    assert explanation.skipped[0].reason is Reason.PAUSED
    assert [pause.seconds for pause in explanation.pauses] == [1.5 * 3_600, 7 * 3_600]
    assert explanation.next_opening == explanation.due.at if explanation.due else None


def test_the_words_are_these() -> None:
    pauses = [(at("2026-02-25 10:00", SH), at("2026-02-27 10:00", SH))]
    explanation = explain(START, Duration.parse("P2WD"), CN, time_basis="business", pauses=pauses)

    zh, en = explain_text(explanation, "zh"), explain_text(explanation, "en")

    assert zh[0] == "自 2026-02-13 10:00 起，2 个工作日（中国大陆工作日历，cn 2026.1，Asia/Shanghai）"
    assert zh[1] == "到期：2026-02-24 24:00"
    assert zh[2:5] == [
        "2026-02-13 星期五：不计（起算当日不计入）",
        "2026-02-14 星期六：第 1 日（春节调休上班）",
        "2026-02-15 星期日：不计（春节）",
    ]
    assert zh[-1] == "2026-02-24 星期二：第 2 日（工作日）"
    assert en[1] == "Due: 2026-02-24 24:00"
    assert en[3] == "2026-02-14 Sat: day 1 (make-up workday for Spring Festival)"
    assert len(zh) == len(en)


def test_a_due_instant_at_closing_time_is_shown_with_the_next_opening() -> None:
    explanation = explain(START, Duration.parse("PT6H"), CN, time_basis="business")

    assert explain_text(explanation, "en")[1:3] == [
        "Due: 2026-02-13 17:30",
        "Next opening after that: 2026-02-14 09:00",
    ]


def test_provisional_and_paused_are_said() -> None:
    far = explain(at("2026-12-30 10:00", SH), Duration.parse("P5WD"), CN, time_basis="business")
    paused = explain(START, Duration.parse("P5WD"), CN, time_basis="business", pauses=[(START, None)])

    assert "暂定" in explain_text(far, "zh")[2]
    assert any("New Year's Day (expected)" in line for line in explain_text(far, "en"))
    assert paused.due is None
    assert explain_text(paused, "zh")[1] == "中止尚未结束，暂无到期时间"
    assert explain_text(paused, "en")[-1] == "Paused: 2026-02-13 10:00 to now"


@pytest.mark.parametrize(
    ("duration", "zh", "en"),
    [
        ("PT24H", "24小时", "24 h"),
        ("PT1H30M5S", "1小时30分钟5秒", "1 h 30 min 5 s"),
        ("PT0S", "0秒", "0 s"),
        ("P0D", "当日", "the same day"),
        ("P1M", "1 个月", "1 month"),
        ("P30D", "30 个自然日", "30 calendar days"),
        ("IMMEDIATE", "即时", "at once"),
    ],
)
def test_durations_in_words_never_turn_hours_into_days(duration: str, zh: str, en: str) -> None:
    explanation = explain(START, Duration.parse(duration), CN, time_basis="elapsed")

    assert f"起，{zh}（" in explain_text(explanation, "zh")[0]
    assert f", {en} (" in explain_text(explanation, "en")[0]


def test_a_long_explanation_is_cut_short_and_says_so() -> None:
    explanation = explain(START, Duration.parse("P4000D"), CN, time_basis="elapsed")

    assert explanation.cut_short
    assert len(explanation.days) == 3_700
    assert "从略" in explain_text(explanation, "zh")[-1]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 500 * 1_440),
    st.integers(1, 40),
    st.sampled_from([Unit.WORKING_DAYS, Unit.DAYS, Unit.SECONDS]),
    st.lists(st.tuples(st.integers(0, 600 * 1_440), st.integers(0, 9 * 1_440)), max_size=3),
)
def test_the_counted_days_add_up_to_the_duration(
    offset: int, count: int, unit: Unit, lengths: list[tuple[int, int]]
) -> None:
    origin = at("2025-01-01 00:00", SH)
    start = origin + timedelta(minutes=offset)
    pauses = [
        (origin + timedelta(minutes=begin), origin + timedelta(minutes=begin + length)) for begin, length in lengths
    ]
    duration = Duration(unit, count * 3_600 if unit is Unit.SECONDS else count)

    explanation = explain(start, duration, CN, time_basis="business", pauses=pauses)

    assert explanation.due == due(start, duration, CN, time_basis="business", pauses=pauses)
    if unit is Unit.SECONDS:
        assert sum(day.seconds for day in explanation.counted) == duration.count
    else:
        assert [day.number for day in explanation.counted] == list(range(1, count + 1))
    listed = [day.date for day in explanation.days]
    assert listed == [listed[0] + timedelta(days=index) for index in range(len(listed))]


def test_special_hours_weekly_closures_and_days_with_no_hours_left_are_distinguished() -> None:
    office = calendar(special_hours={"2026-03-06": [], "2026-03-07": [["10:00", "11:00"]]})

    explanation = explain(at("2026-03-05 18:00"), Duration.parse("PT2H"), office, time_basis="business")

    assert [(day.date.day, day.reason) for day in explanation.days] == [
        (5, Reason.OUTSIDE),
        (6, Reason.SPECIAL_CLOSURE),
        (7, Reason.WORKING_DAY),
        (8, Reason.WEEKLY_CLOSURE),
        (9, Reason.WORKING_DAY),
    ]


def test_the_short_form_counts_the_skipped_dates_by_reason() -> None:
    # P10WD from Friday 25 September 2026: National Day 1-7 October, 4 more closed Saturdays and Sundays
    explanation = explain(at("2026-09-25 10:00", SH), Duration.parse("P10WD"), CN, time_basis="business")
    skipped = [day for day in explanation.skipped if day.reason is not Reason.START_DATE]

    zh, en = (explain_text(explanation, language, each_day=False) for language in ("zh", "en"))

    assert len(zh) == len(en) == 3
    assert zh[2].startswith(f"不计 {len(skipped)} 日：")
    assert en[2].startswith(f"{len(skipped)} dates not counted: ")
    counts = [int(part.rpartition(" ")[2]) for part in en[2].partition(": ")[2].split(", ")]
    assert sum(counts) == len(skipped)
    assert "National Day" in en[2]
    assert "国庆节" in zh[2]


def test_the_short_form_of_what_skips_nothing_has_no_line_for_it() -> None:
    explanation = explain(at("2026-09-21 10:00", SH), Duration.parse("P2WD"), CN, time_basis="business")

    assert len(explain_text(explanation, "en", each_day=False)) == 2
