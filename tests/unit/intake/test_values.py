"""What is taken for which type, and that no error repeats what was sent."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.forms import Values
from shared.procedures.fields import Unreadable, folded, opened_form, read_instant, read_value, sealed_form
from tests.unit.intake.desk import FORM

ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


NO_INSTANT = "an instant with its offset is expected, like 2025-03-01T09:30:00+08:00"


def read(field: str, value: object) -> object:
    spec = FORM.specs[field]
    choices = {folded(w): c.id for c in spec.choices for w in (c.id, c.name.zh, c.name.en)}
    return read_value(spec, value, choices)


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("name", "  张  三\t", "张 三"),
        ("name", "e\u0301", "\u00e9"),  # NFC: one character, not two
        ("name", "line\nbreak", "line break"),  # an identity is one line
        ("content", " a\r\nb\rc ", "a\nb\nc"),
        ("content", "", None),
        ("content", " \n\t ", None),
        ("content", None, None),
        ("content", "👨‍👩‍👧", "👨‍👩‍👧"),  # joiners are text
        ("kind", "goods", "goods"),
        ("kind", "商品", "goods"),
        ("kind", " GOODS ", "goods"),
        ("kind", "ｇｏｏｄｓ", "goods"),  # full-width
        ("receipt", True, True),
        ("receipt", "是", True),
        ("receipt", "NO", False),
        ("amount", 0, 0),
        ("amount", "1000000", 1_000_000),
        ("amount", "+7", 7),
        ("bought", "2024-02-29", "2024-02-29"),
        ("happened", "2025-03-01T09:30:00+08:00", "2025-03-01T01:30:00+00:00"),
        ("happened", "2025-03-01t01:30:00z", "2025-03-01T01:30:00+00:00"),
        ("happened", "2025-03-01 01:30Z", "2025-03-01T01:30:00+00:00"),
    ],
)
def test_a_value_is_kept_in_its_one_form(field: str, given: object, kept: object) -> None:
    assert read(field, given) == kept


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        ("name", 13800138000, "a text is expected"),
        ("name", ["张三"], "a text is expected"),
        ("name", {"zh": "张三"}, "a text is expected"),
        ("content", "a\x00b", "control characters are not allowed"),
        ("content", "a\x1b[31mb", "control characters are not allowed"),
        ("content", "a\ud800b", "control characters are not allowed"),
        ("content", "x" * 501, "at most 500 characters"),
        ("kind", "cars", "one of these is expected: goods, service"),
        ("kind", True, "one of these is expected: goods, service"),
        ("receipt", 1, "true or false is expected"),
        ("receipt", "vielleicht", "true or false is expected"),
        ("amount", True, "a whole number is expected"),
        ("amount", 1.5, "a whole number is expected"),
        ("amount", "1e3", "a whole number is expected"),
        ("amount", "٣", "a whole number is expected"),  # a digit, but not one of ours
        ("amount", 10**400, "a whole number is expected"),
        ("amount", -1, "at least 0"),
        ("amount", 1_000_001, "at most 1000000"),
        ("bought", "2025-02-29", "a date is expected, like 2025-03-01"),
        ("bought", "20250301", "a date is expected, like 2025-03-01"),
        ("happened", "2025-03-01T09:30:00", NO_INSTANT),
        ("happened", "2025-03-01", NO_INSTANT),
        (
            "happened",
            "0001-01-01T00:00+14:00",
            NO_INSTANT,
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_not_repeated(field: str, given: object, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(field, given)
    assert str(caught.value) == message


@settings(deadline=None)  # a busy machine is no mistake
@given(st.sampled_from(sorted(FORM.specs)), ANY_JSON)
def test_any_json_is_read_or_refused_and_what_was_read_stays_the_same(field: str, value: object) -> None:
    try:
        kept = read(field, value)
    except Unreadable:
        return
    assert read(field, kept) == kept
    if kept is not None:
        assert opened_form(FORM.specs[field], sealed_form(kept)) == kept  # type: ignore[arg-type]


@settings(deadline=None)  # a busy machine is no mistake
@given(st.dictionaries(st.text(st.characters()), ANY_JSON, max_size=4))
def test_a_form_reads_any_fields_and_names_only_what_looks_like_an_id(fields: dict[str, Any]) -> None:
    found = FORM.read(fields)
    assert isinstance(found, Values)
    for error in found.errors:
        assert re.fullmatch(r"fields(\.[a-z][a-z0-9-]{0,59})?", error.field)


@settings(deadline=None)  # a busy machine is no mistake
@given(st.datetimes(timezones=st.timezones(), allow_imaginary=False))
def test_an_instant_survives_its_text(at: Any) -> None:
    text = at.isoformat()
    try:
        read_back = read_instant(text)
    except Unreadable:
        assert at.utcoffset().total_seconds() % 60 or not 2 <= at.year <= 9998  # an offset with seconds, or the edge
        return
    assert read_back == at.astimezone(UTC)
