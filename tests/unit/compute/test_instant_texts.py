"""Instants as texts: what the standard library reads, also once its parts are remembered, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.compute.instant_texts import instant_from, instant_text
from shared.business_time.zones import instant_of, micros
from shared.errors import InvalidInput

zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(min_value=datetime(4, 1, 1), max_value=datetime(9989, 1, 1), timezones=zones)  # noqa: DTZ001


@given(st.lists(moments, min_size=1, max_size=4), st.sampled_from(["auto", "seconds", "milliseconds", "minutes"]))
def test_an_instant_is_read_and_written_to_the_microsecond(moments: list[datetime], precision: str) -> None:
    texts = [moment.isoformat(timespec=precision) for moment in moments]
    expected = [micros(datetime.fromisoformat(text)) for text in texts]

    assert [instant_from(text, "start") for text in texts + texts] == expected + expected
    assert [datetime.fromisoformat(instant_text(us)) for us in expected] == [instant_of(us) for us in expected]


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("1970-01-01 00:00:01+00:00", 1_000_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:01+00:00:01", 0),
        ("19700101T000001Z", 1_000_000),
    ],
)
def test_these_forms_are_read(text: str, us: int) -> None:
    assert instant_from(text, "start") == us
    assert instant_from(text, "start") == us


@pytest.mark.parametrize(
    "text",
    [
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T25:00:00Z",
        "1970-02-30T00:00:00Z",
        "1970-01-01T00:00:00Z ",
        "1970-01-01\t00:00:00Z",
        "1970-01-01T00:00:00٠Z",
        "",
        None,
        0,
        [],
        {},
        ["1970-01-01T00:00:00Z"],
    ],
)
def test_these_are_refused_with_the_field(text: object) -> None:
    instant_from("1970-01-01T00:00:00Z", "start")

    with pytest.raises(InvalidInput) as refused:
        instant_from(text, "end")

    assert refused.value.field == "end"
