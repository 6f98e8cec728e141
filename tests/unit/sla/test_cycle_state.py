"""What is stored of a clock's cycle: its shape, and that what is read is what was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sla.domain.cycle_state import (
    ArmedStep,
    CycleKey,
    CycleState,
    Repeated,
    RuleVersions,
    from_json,
    to_json,
)

AT = datetime(2025, 9, 29, 1, 30, tzinfo=UTC)
TEXT = "2025-09-29T01:30:00+00:00"
KEY = CycleKey("reply", 2)
ON = RuleVersions("cn@2025.1", 3)
SHORT = CycleState(AT, "cancelled", True, ON, ended_at=AT, announced=False)
LONG = CycleState(
    due_at=AT,
    end=None,
    provisional=False,
    versions=ON,
    extensions=1,
    paused_since=AT,
    fired={"due": AT},
    repeated=Repeated(AT, 4),
    dues=(AT,),
    edition=2,
    armed=(ArmedStep("day-left", AT, False),),
    generation=3,
)

SHAPES = [
    (SHORT, {"due": TEXT, "end": "cancelled", "provisional": True, "on": ["cn@2025.1", 3], "ended": TEXT}),
    (
        LONG,
        {
            "due": TEXT,
            "extensions": 1,
            "paused": TEXT,
            "fired": {"due": TEXT},
            "repeated": [TEXT, 4],
            "dues": [TEXT],
            "edition": 2,
            "end": None,
            "armed": [["day-left", TEXT, False]],
            "generation": 3,
            "provisional": False,
            "on": ["cn@2025.1", 3],
        },
    ),
    (
        CycleState(None, "met", False, ON, ended_at=AT),
        {
            "due": None,
            "extensions": 0,
            "paused": None,
            "fired": {},
            "end": "met",
            "armed": [],
            "generation": 0,
            "provisional": False,
            "on": ["cn@2025.1", 3],
            "ended": TEXT,
        },
    ),
]

instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(st.characters(codec="utf-8"), max_size=8)
announced = st.builds(
    CycleState,
    due_at=st.none() | instants,
    end=st.sampled_from((None, "met", "late", "cancelled")),
    provisional=st.booleans(),
    versions=st.builds(RuleVersions, texts, st.integers(1, 9)),
    ended_at=st.none() | instants,
    extensions=st.integers(0, 3),
    paused_since=st.none() | instants,
    fired=st.dictionaries(texts, instants, max_size=3),
    repeated=st.just(Repeated(None, 1)) | st.builds(Repeated, instants, st.integers(2, 99)),
    dues=st.lists(instants, max_size=3).map(tuple),
    edition=st.integers(0, 3),
    armed=st.lists(st.builds(ArmedStep, texts, instants, st.booleans()), max_size=3).map(tuple),
    generation=st.integers(0, 9),
)


@pytest.mark.parametrize(("state", "stored"), SHAPES)
def test_a_state_has_its_shape(state: CycleState, stored: dict[str, object]) -> None:
    assert to_json({KEY: state}) == {"reply#2": stored}


@given(st.dictionaries(st.builds(CycleKey, texts, st.integers(1, 99)), announced | st.just(SHORT), max_size=4))
def test_what_is_read_is_what_was_written(states: dict[CycleKey, CycleState]) -> None:
    assert from_json(json.loads(json.dumps(to_json(states)))) == states


@given(texts, st.integers(1, 99))
def test_a_key_is_found_in_its_text_whatever_the_clock_is_called(clock: str, cycle: int) -> None:
    assert CycleKey.parse(str(CycleKey(clock, cycle))) == (clock, cycle)


@pytest.mark.parametrize("text", ["", "reply", "reply#", "reply#x"])
def test_another_text_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        CycleKey.parse(text)
