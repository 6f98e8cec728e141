"""Questions as JSON lines: what they mean, what is wrong with them, and that remembering skeletons changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huiyin.compute.lines import Lines
from shared.business_time.loader import load_calendars
from tests.unit.business_time.making import ALL_DAYS, NINE_TO_FIVE, WEEKDAYS

ROOT = Path(__file__).parents[3]
OFFICE: dict[str, Any] = {"tz": "UTC", "week": dict.fromkeys(WEEKDAYS, NINE_TO_FIVE)}
WITH_LUNCH, FULL_DAY = [["09:00", "12:00"], ["13:00", "18:00"]], [["00:00", "24:00"]]
LUNCH: dict[str, Any] = {"tz": "UTC", "week": dict.fromkeys(WEEKDAYS, WITH_LUNCH)}
ALL_WEEK: dict[str, Any] = {"tz": "America/Sao_Paulo", "week": dict.fromkeys(ALL_DAYS, FULL_DAY)}
NIGHT: dict[str, Any] = {"pauses": [["2026-01-05T17:00:00Z", "2026-01-06T08:00:00Z"]]}
OVER_NIGHT = {"pauses": [["2026-01-05T16:30:00Z", "2026-01-06T09:30:00Z"]]}
OVERLAPPING = {
    "pauses": [["2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"], ["2026-01-05T10:30:00Z", "2026-01-05T11:30:00Z"]]
}
BEFORE_START = {"pauses": [["2026-01-05T09:00:00Z", "2026-01-05T10:30:00Z"]]}
SHORT_MONDAY = {"overrides": {"2026-01-05": [["10:00", "12:00"]]}}
LATE_MONDAY = {"holidays": ["2026-01-05"], "overrides": {"2026-01-05": [["20:00", "21:00"]]}}


def ask(*questions: dict[str, Any]) -> list[dict[str, Any]]:
    lines = Lines(load_calendars)
    return [json.loads(lines.answer(json.dumps(question))) for question in questions]


# 2026-01-05 is a Monday. Each decision of docs/business-time.md where other systems differ has its row.
ADD = [
    # used up exactly at closing: stays there, not the next opening
    (OFFICE, "2026-01-09T09:00:00Z", "PT8H", {}, "2026-01-09T17:00:00Z"),
    (LUNCH, "2026-01-05T09:00:00Z", "PT3H", {}, "2026-01-05T12:00:00Z"),
    (LUNCH, "2026-01-05T09:00:00Z", "PT40H", {}, "2026-01-09T18:00:00Z"),  # five days of eight hours
    # a zero amount outside hours, or at closing time: the next opening
    (LUNCH, "2026-01-05T12:00:00Z", "PT0S", {}, "2026-01-05T13:00:00Z"),
    (OFFICE, "2026-01-09T17:00:00Z", "PT0S", {}, "2026-01-12T09:00:00Z"),
    (OFFICE, "2026-01-05T10:00:00Z", "PT0S", {}, "2026-01-05T10:00:00Z"),
    # backwards: used up exactly at opening stays there
    (OFFICE, "2026-01-06T10:00:00Z", "-PT1H", {}, "2026-01-06T09:00:00Z"),
    (OFFICE, "2026-01-06T10:00:00Z", "-PT1H30M", {}, "2026-01-05T16:30:00Z"),
    (OFFICE, "2026-01-12T08:00:00Z", "-PT10M", {}, "2026-01-09T16:50:00Z"),
    # seconds are kept, also fractions of them
    (OFFICE, "2026-01-05T16:30:30Z", "PT1H", {}, "2026-01-06T09:30:30Z"),
    (OFFICE, "2026-01-05T16:30:30.25Z", "PT1H", {}, "2026-01-06T09:30:30.250000Z"),
    # instants of any offset
    (OFFICE, "2026-01-05T12:00:00+08:00", "PT1H", {}, "2026-01-05T10:00:00Z"),
    # only the part of a pause that overlaps opening hours counts, and overlapping pauses count once
    (OFFICE, "2026-01-05T15:00:00Z", "PT2H", NIGHT, "2026-01-05T17:00:00Z"),
    (OFFICE, "2026-01-05T16:00:00Z", "PT2H", OVER_NIGHT, "2026-01-06T11:00:00Z"),
    (OFFICE, "2026-01-05T09:00:00Z", "PT2H", OVERLAPPING, "2026-01-05T12:30:00Z"),
    # started inside a pause
    (OFFICE, "2026-01-05T10:00:00Z", "PT1H", BEFORE_START, "2026-01-05T11:30:00Z"),
    # working days keep the wall time unless a boundary is given
    (OFFICE, "2026-01-05T14:30:00Z", "P3WD", {}, "2026-01-08T14:30:00Z"),
    (OFFICE, "2026-01-05T14:30:00Z", "P15WD", {}, "2026-01-26T14:30:00Z"),
    (OFFICE, "2026-01-05T14:30:00Z", "P3WD", {"holidays": ["2026-01-07"]}, "2026-01-09T14:30:00Z"),
    (OFFICE, "2026-01-10T14:30:00Z", "P1WD", {}, "2026-01-12T14:30:00Z"),
    (OFFICE, "2026-01-12T14:30:00Z", "-P2WD", {}, "2026-01-08T14:30:00Z"),
    (OFFICE, "2026-01-05T14:30:00Z", "P3WD", {"boundary_rule": "end-of-day"}, "2026-01-09T00:00:00Z"),
    (OFFICE, "2026-01-05T14:30:00Z", "P3WD", {"boundary_rule": "closing-time"}, "2026-01-08T17:00:00Z"),
    # a day in a line's own calendar is 24 counted hours, with a boundary it is a date
    (ALL_WEEK, "2015-10-17T22:00:00-03:00", "P1DT5H", {}, "2015-10-19T06:00:00Z"),  # 01:00Z and 29 h
    (OFFICE, "2026-01-05T09:00:00Z", "P1D", {}, "2026-01-07T17:00:00Z"),  # 24 working hours
    (OFFICE, "2026-01-05T09:00:00Z", "P1D", {"boundary_rule": "same-time"}, "2026-01-06T09:00:00Z"),
    # dated hours replace the day, also on a holiday
    (OFFICE, "2026-01-05T09:00:00Z", "PT3H", SHORT_MONDAY, "2026-01-06T10:00:00Z"),
    (OFFICE, "2026-01-05T09:00:00Z", "PT1H", LATE_MONDAY, "2026-01-05T21:00:00Z"),
    (OFFICE, "2026-01-05T09:00:00Z", "PT1H", {"overrides": {"2026-01-05": []}}, "2026-01-06T10:00:00Z"),
    # named calendars
    ({"calendar": "cn"}, "2025-09-26T10:00:00+08:00", "P15WD", {"boundary_rule": "end-of-day"}, "2025-10-23T16:00:00Z"),
    ({"calendar": "cn"}, "2025-09-26T10:00:00+08:00", "P15WD", {}, "2025-10-23T02:00:00Z"),
    ({"calendar": "cn", "tz": "Asia/Shanghai"}, "2026-02-13T10:00:00+08:00", "P30D", {}, "2026-03-15T02:00:00Z"),
    ({"calendar": "cn"}, "2026-02-13T10:00:00+08:00", "IMMEDIATE", {}, "2026-02-13T02:00:00Z"),
    ({"calendar": "cn-mall"}, "2026-02-17T21:00:00+08:00", "PT2H", {}, "2026-02-18T03:00:00Z"),
]


@pytest.mark.parametrize(("definition", "start", "amount", "more", "end"), ADD)
def test_an_amount_is_added(
    definition: dict[str, Any], start: str, amount: str, more: dict[str, Any], end: str
) -> None:
    question = definition | {"kind": "add", "start": start, "amount": amount} | more

    assert ask(question) == [{"end": end}]


NOW, LATER = "2026-12-30T10:00:00+08:00", "2027-01-05T10:00:00+08:00"  # the list of 2027's holidays is not published
CN = {"calendar": "cn"}


@pytest.mark.parametrize(
    ("question", "provisional"),
    [
        (CN | {"kind": "add", "start": NOW, "amount": "P5WD"}, True),
        (CN | {"kind": "add", "start": NOW, "amount": "PT40H"}, True),
        (CN | {"kind": "add", "start": NOW, "amount": "P1WD"}, False),  # Thursday, in the old year
        (CN | {"kind": "add", "start": NOW, "amount": "P5D"}, False),  # dates, whatever day they are
        (CN | {"kind": "add", "start": NOW, "amount": "P5D", "boundary_rule": "closing-time"}, True),
        (CN | {"kind": "add", "start": LATER, "amount": "IMMEDIATE"}, False),
        (CN | {"kind": "elapsed", "start": NOW, "end": LATER}, True),
        (CN | {"kind": "elapsed", "start": "2026-12-29T10:00:00+08:00", "end": NOW}, False),
        (CN | {"kind": "elapsed", "start": LATER, "end": NOW}, False),  # none
        (OFFICE | {"kind": "add", "start": NOW, "amount": "P5WD"}, False),  # a calendar of one's own is what it is
    ],
)
def test_what_rests_on_holidays_not_yet_published_is_provisional(question: dict[str, Any], provisional: bool) -> None:
    first, again = ask(question, question)  # parsed whole, and filled in

    assert first == again
    assert first.get("provisional", False) is provisional


@pytest.mark.parametrize(
    ("definition", "start", "end", "more", "seconds"),
    [
        (OFFICE, "2026-01-05T08:00:00Z", "2026-01-06T11:00:00Z", {}, 10 * 3_600),
        (OFFICE, "2026-01-05T17:00:00Z", "2026-01-06T09:00:00Z", {}, 0),  # no business time is 0, not 1 s
        (OFFICE, "2026-01-06T09:00:00Z", "2026-01-05T09:00:00Z", {}, 0),  # the end before the start
        (OFFICE, "2026-01-05T09:00:00.5Z", "2026-01-05T09:00:02Z", {}, 1.5),
        (LUNCH, "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z", {}, 40 * 3_600),
        (
            OFFICE,
            "2026-01-05T09:00:00Z",
            "2026-01-06T17:00:00Z",
            {"pauses": [["2026-01-05T16:00:00Z", "2026-01-06T10:00:00Z"]]},
            14 * 3_600,
        ),
        (
            OFFICE,
            "2026-01-05T09:00:00Z",
            "2026-01-06T17:00:00Z",
            {"pauses": [["2026-01-05T16:00:00Z", None]]},
            7 * 3_600,
        ),
        (ALL_WEEK, "2015-02-21T22:00:00-02:00", "2015-02-22T02:00:00-03:00", {}, 5 * 3_600),  # midnight comes twice
        ({"calendar": "cn"}, "2026-02-13T16:30:00+08:00", "2026-02-24T10:00:00+08:00", {}, 9 * 3_600),  # 1 + 7 + 1
    ],
)
def test_business_time_is_measured(
    definition: dict[str, Any], start: str, end: str, more: dict[str, Any], seconds: float
) -> None:
    question = definition | {"kind": "elapsed", "start": start, "end": end} | more

    assert ask(question) == [{"elapsed": seconds}]


ADDING = OFFICE | {"kind": "add", "start": "2026-01-05T09:00:00Z", "amount": "PT1H"}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", None),
        ("[]", None),
        ("null", None),
        (json.dumps(ADDING | {"kind": "subtract"}), "kind"),
        (json.dumps(ADDING | {"start": None}), "start"),
        (json.dumps(ADDING | {"start": "2026-01-05T09:00:00"}), "start"),
        (json.dumps(ADDING | {"start": "tomorrow"}), "start"),
        (json.dumps(ADDING | {"amount": "soon"}), "amount"),
        (json.dumps(ADDING | {"amount": 3_600}), "amount"),
        (json.dumps(ADDING | {"tz": "Mars/Olympus"}), "time_zone"),
        (json.dumps(ADDING | {"week": {}}), "week"),
        (json.dumps(ADDING | {"week": {"mon": [["17:00", "09:00"]]}}), "week.mon.0"),
        (json.dumps(ADDING | {"calendar": "cn"}), "tz"),
        (json.dumps({"calendar": "nowhere", "kind": "add"}), "calendar"),
        (json.dumps(ADDING | {"pauses": [["2026-01-05T10:00:00Z"]]}), "pauses"),
        (json.dumps(ADDING | {"pauses": [["2026-01-05T10:00:00Z", "2026-01-05T09:00:00Z"]]}), "pauses"),
        (json.dumps(ADDING | {"pauses": [["2026-01-05T09:30:00Z", None]]}), "pauses"),
        (json.dumps(ADDING | {"boundary_rule": "midnight"}), "boundary_rule"),
        (json.dumps(ADDING | {"amount": "PT9999999H"}), "amount"),
        (json.dumps(ADDING | {"start": "9999-12-31T00:00:00Z"}), "instant"),
        (json.dumps(ADDING | {"start": "0001-01-01T00:00:00Z"}), "instant"),
        (json.dumps(ADDING | {"amount": "P9999Y", "boundary_rule": "end-of-day"}), "duration"),
        ("[" * 100_000, None),
    ],
)
def test_a_line_that_cannot_be_answered_gives_an_error_in_its_place(line: str, field: str | None) -> None:
    lines = Lines(load_calendars)

    answers = [json.loads(lines.answer(each)) for each in (json.dumps(ADDING), line, json.dumps(ADDING))]

    assert answers[0] == answers[2] == {"end": "2026-01-05T10:00:00Z"}
    assert set(answers[1]) == {"error", "field"}
    assert answers[1]["field"] == field


moments = st.sampled_from(["2026-01-05T09:00:00Z", "2026-03-01T11:30:00+02:00", "2026-01-02T16:59:59Z", "no", ""])
amounts = st.sampled_from(["PT1H", "-PT30M", "P3WD", "P1DT2H", "P2M", "IMMEDIATE", "soon", ""])
pauses: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.just([]),
    st.lists(st.tuples(moments, st.one_of(moments, st.none())).map(list), max_size=3),
    st.just("none"),
    st.just([["2026-01-05T09:00:00Z", "start"]]),
)
questions = st.fixed_dictionaries(
    {"kind": st.sampled_from(["add", "elapsed"])},
    optional={
        "start": moments,
        "end": st.one_of(moments, st.none()),
        "amount": st.one_of(amounts, st.none(), st.just(5)),
        "pauses": pauses,
        "boundary_rule": st.sampled_from(["end-of-day", "same-time", "start"]),
        "note": st.sampled_from(["start", {"start": "2026-01-05T09:00:00Z"}, '"start": "', "\\", "\0", "]]", "x"]),
        "holidays": st.sampled_from([[], ["2026-01-06"], {"2026-01-06": "start"}]),
    },
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(questions, min_size=2, max_size=12),
    st.randoms(use_true_random=False),
    st.sampled_from([None, (",", ":")]),
)
def test_remembering_skeletons_changes_no_answer(
    asked: list[dict[str, Any]], dice: Any, separators: tuple[str, str] | None
) -> None:
    shared_memory = Lines(load_calendars)
    texts = []
    for question in asked:
        items = [*OFFICE.items(), *question.items()]
        if dice.random() < 0.3:
            dice.shuffle(items)
        texts.append(json.dumps(dict(items), separators=separators))

    together = [shared_memory.answer(text) for text in texts + texts]
    alone = [Lines(load_calendars).answer(text) for text in texts]

    assert together == alone + alone


def test_a_key_that_stands_twice_counts_as_json_says_the_last() -> None:
    lines = Lines(load_calendars)
    last = ', "start": "2026-01-05T09:00:00Z"}'
    asked = [json.dumps(ADDING | {"start": f"2026-01-{day}T09:00:00Z"})[:-1] + last for day in ("05", "06", "07")]

    assert [lines.answer(line) for line in asked] == ['{"end": "2026-01-05T10:00:00Z"}'] * 3


def test_the_command_answers_line_by_line_in_order_also_without_a_last_line_end() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "huiyin.cli.sla.compute"],
        input=(json.dumps(ADDING) + "\n\nnonsense\n\xff\n" + json.dumps(ADDING)).encode("latin-1"),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )

    answers = [json.loads(line) for line in run.stdout.decode().splitlines()]

    assert [next(iter(answer)) for answer in answers] == ["end", "error", "error", "end"]


def test_the_command_answers_a_question_before_the_next_is_asked() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "huiyin.cli.sla.compute"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for amount, end in (("PT1H", "10"), ("PT2H", "11")):
            run.stdin.write(json.dumps(ADDING | {"amount": amount}) + "\n")
            run.stdin.flush()
            assert json.loads(run.stdout.readline()) == {"end": f"2026-01-05T{end}:00:00Z"}
        run.stdin.close()


def test_a_calendar_of_the_line_is_never_provisional() -> None:
    assert ask({"kind": "add", "start": "2099-01-05T10:00:00Z", "amount": "PT1H", **OFFICE}) == [
        {"end": "2099-01-05T11:00:00Z"}
    ]
