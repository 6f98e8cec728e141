"""Cutting lines: a line that is a little different from one that is known gets the answer that it gets alone."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huiyin.compute.line_shapes import shape_of
from huiyin.compute.lines import Lines
from shared.business_time.loader import load_calendars
from tests.unit.business_time.making import NINE_TO_FIVE, WEEKDAYS

OFFICE: dict[str, Any] = {"tz": "UTC", "week": dict.fromkeys(WEEKDAYS, NINE_TO_FIVE), "holidays": ["2026-01-07"]}
PAUSED = {"pauses": [["2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"], ["2026-01-05T12:00:00Z", None]]}
ADDING = {"kind": "add", "start": "2026-01-05T09:00:00Z", "amount": "PT1H"}
MEASURING = {"kind": "elapsed", "start": "2026-01-05T09:00:00Z", "end": "2026-01-06T09:00:00Z"}
NUMBERED = {"id": "C-1", "n": 7, "score": -0.25}
QUESTIONS: list[dict[str, Any]] = [
    OFFICE | ADDING,
    {"calendar": "cn"} | ADDING,
    OFFICE | MEASURING | PAUSED,
    NUMBERED | OFFICE | ADDING,
    OFFICE | PAUSED | ADDING | {"n": 7, "end": "2026-01-05T10:00:00Z"},
    {"calendar": "cn"} | ADDING | {"n": 7},
]
KNOWN = [
    json.dumps(question, sort_keys=sort_keys, separators=separators)
    for question in QUESTIONS
    for sort_keys in (False, True)
    for separators in (None, (",", ":"))
]
TEXTS = ['"', "\\", "\t", "\x00", "\u2028", "}", "]", "]]", "[[", ",", ":", " ", "0", "1", "-", ".", "e5", "null", "C"]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(KNOWN),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(TEXTS)), min_size=1, max_size=3),
)
@example(KNOWN[0], [(1.0, 0, "}")])
def test_a_changed_line_gets_the_answer_that_it_gets_alone(line: str, changes: list[tuple[float, int, str]]) -> None:
    warm = Lines(load_calendars)
    warm.answers(KNOWN)
    for place, cut, text in changes:
        at = int(place * len(line))
        line = line[:at] + text + line[at + cut :]

    assert warm.answer(line) == Lines(load_calendars).answer(line)


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_anywhere_in_a_line_gets_the_answer_that_it_gets_alone(known: str, text: str) -> None:
    dice = random.Random(len(known))  # noqa: S311  # the same places every time
    warm = Lines(load_calendars)
    warm.answers(KNOWN)
    changed = [known[:at] + text + known[at:] for at in dice.sample(range(len(known) + 1), 20)]

    assert [warm.answer(line) for line in changed] == [Lines(load_calendars).answer(line) for line in changed]


@pytest.mark.parametrize(
    ("line", "cut_out"),
    [
        ('{"calendar": "cn", "start": "a", "amount": "b"}', ["a", "b"]),
        ('{"amount":"b","id":"C-1","start":"a"}', ["b", "C-1", "a"]),
        ('{"n": -1.5e3, "start": "a"}\r', ["-1.5e3", "a"]),
        ('{"start" : "a", "pauses": [["x", null]]}', ["a", '"x", null']),
        ('{"start": "a", "start": "b", "end": "c"}', ["c"]),
        ('{"start": "a", "note": {"end": "b"}, "end": "c"}', ["a"]),
        ('{"start": "a", "sure": true, "none": null, "pauses": []}', ["a"]),
    ],
)
def test_what_differs_from_line_to_line_is_cut_out(line: str, cut_out: list[str]) -> None:
    shape = shape_of(line, json.loads(line), frozenset({"calendar"}))

    assert shape is not None
    cut = shape.cut(line)
    assert cut is not None
    assert cut[1] == cut_out


@pytest.mark.parametrize(
    "line",
    ['{"start": "\\u0061"}', '{"calendar": "cn"}', "{}", json.dumps({f"k{index}": index for index in range(99)})],
)
def test_a_line_without_values_to_cut_out_has_no_shape(line: str) -> None:
    assert shape_of(line, json.loads(line), frozenset({"calendar"})) is None


def test_a_shape_does_not_fit_a_line_that_ends_too_early() -> None:
    line = '{"start": "a", "n": 5}'
    shape = shape_of(line, json.loads(line), frozenset())

    assert shape is not None
    assert shape.cut(line[:-1]) is None


def test_lines_of_one_skeleton_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, asked = Lines(load_calendars), []
    for index in range(50):
        more = {"id": f"C-{index}", "n": index, "start": f"2026-01-05T09:00:{index:02d}Z", "amount": f"PT{index + 1}M"}
        asked.append(json.dumps(OFFICE | PAUSED | ADDING | more, sort_keys=True))
    parsed: list[str] = []
    loads = json.loads

    def noted(text: str, **options: Any) -> Any:
        parsed.append(text)
        return loads(text, **options)

    monkeypatch.setattr(json, "loads", noted)

    answers = lines.answers(asked)

    assert len({*answers}) == 50
    assert parsed.count(asked[0]) == 1
    assert not [text for text in parsed if text in asked[1:]]


@pytest.mark.parametrize(("bound", "most"), [("_MOST_CALENDARS", 20), ("_MOST_YEARS", 20), ("_MOST_CHARACTERS", 9_000)])
def test_what_is_remembered_stays_in_bounds_and_the_answers_right(
    monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(f"huiyin.compute.lines.{bound}", most)
    lines = Lines(load_calendars)
    asked = [json.dumps(OFFICE | ADDING | {"holidays": [f"2025-01-{1 + each:02d}"]}) for each in range(30)]

    answers = [lines.answers(asked[at : at + 3]) for at in range(0, 30, 3)]

    assert answers == [['{"end": "2026-01-05T10:00:00Z"}'] * 3] * 10
    assert len(lines._own) < 30
