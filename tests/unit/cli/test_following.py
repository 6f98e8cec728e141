"""Events as lines, lag as numbers, keys and dead letters by name: the pure parts of the commands around messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from huiyin.cli.keys import lifetime, state_of
from huiyin.cli.topics import dead_letters
from huiyin.cli.topics.broker import full_name
from huiyin.cli.topics.commands import lag_of
from huiyin.cli.topics.tail import Selection, line_of, short
from shared.errors import InvalidInput

EVENT: dict[str, Any] = {
    "type": "huiyin.assignment.assigned.v1",
    "subject": "0b0e6f0e-0000-4000-8000-000000000001",
    "time": "2026-01-05T08:00:00+00:00",
    "sequence": 3,
    "data": {"department": "desk", "route": None, "matters": {}, "tags": ["a"], "urgent": False},
}


def test_an_event_is_one_line_with_what_it_says() -> None:
    at, _, rest = line_of(json.dumps(EVENT).encode(), coloured=False).partition("  ")
    assert datetime.fromisoformat(at) == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert rest.split() == [
        "assignment.assigned",
        EVENT["subject"],
        "#3",
        "department=desk",
        'tags=["a"]',
        "urgent=false",
    ]


def test_colours_are_for_terminals_only() -> None:
    assert "\033[" in line_of(json.dumps(EVENT).encode(), coloured=True)
    assert "\033[" not in line_of(json.dumps(EVENT).encode(), coloured=False)


@pytest.mark.parametrize("value", [b"", b"secret", b"\xff", b"[]", b"{}", b'{"type": 1, "subject": 2, "time": "x"}'])
def test_what_is_no_event_is_marked_so_without_showing_it(value: bytes) -> None:
    assert line_of(value, coloured=False) == "(a record that is no event)"


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("huiyin.complaint.registered.v1", "complaint.registered"),
        ("huiyin.deadline.breach-retracted.v12", "deadline.breach-retracted"),
        ("org.example.thing", "org.example.thing"),
        ("", ""),
    ],
)
def test_a_type_is_shortened_to_its_words(type_: str, expected: str) -> None:
    assert short(type_) == expected


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Selection(), True),
        (Selection(case="c"), True),
        (Selection(case="d"), False),
        (Selection(type="deadline.*"), True),
        (Selection(type="huiyin.deadline.breached.v1"), True),
        (Selection(type="breached"), False),
        (Selection(case="c", type="complaint.*"), False),
    ],
)
def test_only_what_is_wanted_is_shown(wanted: Selection, shown: bool) -> None:
    assert wanted.shows("c", "huiyin.deadline.breached.v1") is shown


def test_a_topic_goes_by_its_short_name_too() -> None:
    known = ("huiyin.complaints.v1", "huiyin.dead-letters.v1")
    assert full_name("complaints", known) == "huiyin.complaints.v1"
    assert full_name("huiyin.dead-letters.v1", known) == "huiyin.dead-letters.v1"
    assert full_name("other", known) == "other"


def test_lag_is_summed_over_partitions_and_belongs_to_who_has_ever_read_the_topic() -> None:
    ends = {("a", 0): 10, ("a", 1): 5, ("b", 0): 7}
    committed = {"one": {("a", 0): 4}, "two": {("a", 0): 10, ("a", 1): 5}, "three": {("b", 0): 9}}
    # one: 10 - 4 on partition 0, and all 5 of partition 1, which it has never committed on
    assert lag_of("a", ends, committed) == {"one": 11, "two": 0}
    assert lag_of("b", ends, committed) == {"three": 0}


@pytest.mark.parametrize(
    ("text", "expected"), [("12h", timedelta(hours=12)), ("90d", timedelta(days=90)), (" 4 w", timedelta(weeks=4))]
)
def test_a_key_lives_as_long_as_is_written(text: str, expected: timedelta) -> None:
    assert lifetime(text) == expected


@pytest.mark.parametrize("text", ["", "0d", "-1d", "1.5d", "90", "d", "3 months"])
def test_a_life_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        lifetime(text)


NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expires", "revoked", "expected"),
    [
        (None, None, "works until revoked"),
        (NOW + timedelta(hours=1), None, "works until 2026-01-05 09:00Z"),
        (NOW - timedelta(hours=1), None, "expired 2026-01-05 07:00Z"),
        (NOW + timedelta(hours=1), NOW, "revoked 2026-01-05 08:00Z"),
    ],
)
def test_the_state_of_a_key_is_shown(expires: datetime | None, revoked: datetime | None, expected: str) -> None:
    assert state_of(expires, revoked, NOW) == expected


def test_a_letter_is_named_by_service_and_number() -> None:
    assert dead_letters.parse("routing/12") == ("routing", 12)


@pytest.mark.parametrize("letter", ["12", "routing", "routing/", "routing/x", "routing/-1", "routing/１"])
def test_a_name_that_is_no_dead_letter_is_refused(letter: str) -> None:
    with pytest.raises(InvalidInput):
        dead_letters.parse(letter)
