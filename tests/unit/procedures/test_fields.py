"""What is read for which type, strictly and leniently; intake and routing agree; no error repeats a value."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.forms import Values, make_form
from services.routing.domain.case import Case
from services.routing.domain.milestone_reports import accept
from services.routing.domain.report import Report
from shared.business_time.loader import load_calendars
from shared.business_time.zones import zone
from shared.errors import InvalidInput
from shared.events.assignments import MilestoneReached
from shared.procedures.fields import (
    LARGEST,
    LenientReader,
    Scalar,
    Unreadable,
    index_choices,
    opened_form,
    read_instant,
    read_value,
    sealed_form,
)
from shared.procedures.model import Procedure

NOW = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
LABEL = {"zh": "名", "en": "label"}
CODED: list[dict[str, Any]] = [
    {
        "id": "kind",
        "label": LABEL,
        "type": "choice",
        "choices": [
            {"id": "goods", "name": {"zh": "商品", "en": "Goods"}},
            {"id": "after-sales", "name": {"zh": "售后服务", "en": "After-sales service"}},
        ],
    },
    {"id": "receipt", "label": LABEL, "type": "boolean"},
    {"id": "amount", "label": LABEL, "type": "integer", "at_least": 0, "at_most": 1_000_000},
    {"id": "number", "label": LABEL, "type": "integer"},
    {"id": "bought", "label": LABEL, "type": "date"},
    {"id": "happened", "label": LABEL, "type": "instant"},
]
PROCEDURE = Procedure.model_validate(
    {
        "id": "sample",
        "version": 1,
        "name": LABEL,
        "in_force_from": "2020-01-01",
        "calendar": "cn",
        "channels": [{"id": "online", "name": LABEL}],
        "fields": [
            {"id": "name", "label": LABEL, "holds": "identity", "max_length": 10},
            {"id": "content", "label": LABEL, "holds": "evidence", "required": "registration", "max_length": 500},
            *CODED,
        ],
        "numbering": {"case": {"pattern": "S{number}"}},
        "departments": [{"id": "desk", "name": LABEL}],
        "default_department": "desk",
        "milestones": [{"id": "inspected", "name": LABEL, "by": ["desk"], "fields": CODED}],
    }
)
FORM = make_form(PROCEDURE, load_calendars())
SHANGHAI = LenientReader(zone("Asia/Shanghai"), epoch=datetime(1899, 12, 30))  # noqa: DTZ001

NO_INSTANT = "an instant with its offset is expected, like 2025-03-01T09:30:00+08:00"
NO_DATE = "a date is expected, like 2025-03-01"
NO_TIME = "a date or a time is expected, like 2025-03-01 or 2025-03-01 09:30"
NO_NUMBER = "a whole number is expected"
NO_BOOLEAN = "true or false is expected"
NO_CHOICE = "one of these is expected: goods, after-sales"
NO_TEXT = "a text is expected"
CONTROLS = "control characters are not allowed"


class Refused(NamedTuple):
    """The message of a refusal."""

    message: str


# field, value, what the strict reader makes of it, what the lenient one does
TABLE: list[tuple[str, Any, Scalar | Refused | None, Scalar | Refused]] = [
    ("name", "  张  三\t", "张 三", "  张  三\t"),  # files' texts are checked, and cleaned by intake
    ("name", "e\u0301", "\u00e9", "e\u0301"),  # NFC: one character, not two
    ("name", "line\nbreak", "line break", "line\nbreak"),  # an identity is one line
    ("name", "12345678901", Refused("at most 10 characters"), Refused("at most 10 characters")),
    ("name", 13800138, Refused(NO_TEXT), "13800138"),
    ("content", " a\r\nb\rc ", "a\nb\nc", " a\r\nb\rc "),
    ("content", "👨‍👩‍👧", "👨‍👩‍👧", "👨‍👩‍👧"),  # joiners are text
    ("content", "a\x00b", Refused(CONTROLS), Refused(CONTROLS)),
    ("content", "a\x1b[31mb", Refused(CONTROLS), Refused(CONTROLS)),
    ("content", "a\ud800b", Refused(CONTROLS), Refused(CONTROLS)),
    ("content", "x" * 501, Refused("at most 500 characters"), Refused("at most 500 characters")),
    ("kind", "goods", "goods", "goods"),
    ("kind", "商品", "goods", "goods"),
    ("kind", " GOODS ", "goods", "goods"),
    ("kind", "ｇｏｏｄｓ", "goods", "goods"),  # full-width
    ("kind", "after_sales", Refused(NO_CHOICE), "after-sales"),
    ("kind", "cars", Refused(NO_CHOICE), Refused(NO_CHOICE)),
    ("kind", True, Refused(NO_CHOICE), Refused(NO_CHOICE)),
    ("receipt", True, True, True),
    ("receipt", "是", True, True),
    ("receipt", "NO", False, False),
    ("receipt", "对", Refused(NO_BOOLEAN), True),
    ("receipt", 1, Refused(NO_BOOLEAN), True),
    ("receipt", "vielleicht", Refused(NO_BOOLEAN), Refused(NO_BOOLEAN)),
    ("amount", 0, 0, 0),
    ("amount", "1000000", 1_000_000, 1_000_000),
    ("amount", "+7", 7, 7),
    ("amount", 3.0, Refused(NO_NUMBER), 3),  # as a workbook keeps a whole number
    ("amount", True, Refused(NO_NUMBER), Refused(NO_NUMBER)),
    ("amount", 1.5, Refused(NO_NUMBER), Refused(NO_NUMBER)),
    ("amount", "1e3", Refused(NO_NUMBER), Refused(NO_NUMBER)),
    ("amount", "many", Refused(NO_NUMBER), Refused(NO_NUMBER)),
    ("amount", "٣", Refused(NO_NUMBER), 3),  # a digit, but not one of ours
    ("amount", 10**400, Refused(NO_NUMBER), Refused(NO_NUMBER)),
    ("amount", -1, Refused("at least 0"), Refused("at least 0")),
    ("amount", 1_000_001, Refused("at most 1000000"), Refused("at most 1000000")),
    ("number", LARGEST, LARGEST, LARGEST),
    ("number", LARGEST + 1, Refused(NO_NUMBER), Refused(NO_NUMBER)),
    ("number", -LARGEST - 1, Refused(NO_NUMBER), Refused(NO_NUMBER)),
    ("bought", "2024-02-29", "2024-02-29", "2024-02-29"),
    ("bought", "20250301", Refused(NO_DATE), "2025-03-01"),
    ("bought", "2025年3月1日", Refused(NO_DATE), "2025-03-01"),
    ("bought", "2025-03-01T23:59", Refused(NO_DATE), "2025-03-01"),
    ("bought", "2025-W09-6", Refused(NO_DATE), Refused(NO_TIME)),
    ("bought", "2025-02-29", Refused(NO_DATE), Refused("a day and an hour that exist are expected")),
    ("bought", True, Refused(NO_DATE), Refused(NO_TIME)),
    ("happened", "2025-03-01T09:30:00+08:00", "2025-03-01T01:30:00+00:00", "2025-03-01T09:30:00+08:00"),
    ("happened", "2025-03-01t01:30:00z", "2025-03-01T01:30:00+00:00", "2025-03-01T01:30:00+00:00"),
    ("happened", "2025-03-01 01:30Z", "2025-03-01T01:30:00+00:00", "2025-03-01T01:30:00+00:00"),
    ("happened", "2025-03-01T09:30:00", Refused(NO_INSTANT), "2025-03-01T09:30:00+08:00"),
    ("happened", "2025-03-01", Refused(NO_INSTANT), "2025-03-01T00:00:00+08:00"),
    ("happened", "0001-01-01T00:00+14:00", Refused(NO_INSTANT), "0001-01-01T00:00:00+14:00"),
    ("happened", "soon", Refused(NO_INSTANT), Refused(NO_TIME)),
]


def read(field: str, value: object) -> object:
    """What the strict reader makes of a value."""
    spec = FORM.specs[field]
    return read_value(spec, value, index_choices(spec.choices))


@pytest.mark.parametrize(("field", "value", "strict"), [row[:3] for row in TABLE])
def test_a_value_is_kept_in_its_one_form_or_refused_by_what_is_expected(field: str, value: Any, strict: object) -> None:
    assert repr(outcome(lambda: read(field, value))) == repr(strict)  # True is not 1


@pytest.mark.parametrize(("field", "value", "lenient"), [(*row[:2], row[3]) for row in TABLE])
def test_a_file_may_write_values_in_more_forms(field: str, value: Any, lenient: object) -> None:
    assert repr(outcome(lambda: SHANGHAI.value(FORM.specs[field], value))) == repr(lenient)


@pytest.mark.parametrize("value", [None, "", " \n\t "])
@pytest.mark.parametrize("field", sorted(FORM.specs))
def test_null_and_empty_text_are_not_given(field: str, value: object) -> None:
    assert read(field, value) is None


@pytest.mark.parametrize("value", [["张三"], {"zh": "张三"}], ids=["list", "object"])
def test_a_list_or_an_object_is_no_text(value: object) -> None:
    assert outcome(lambda: read("name", value)) == Refused(NO_TEXT)


OTHER_TYPES = ["text", ["a", "list"], {"an": "object"}]


@pytest.mark.parametrize("field", ["kind", "receipt", "amount", "bought", "happened"])
@pytest.mark.parametrize("value", OTHER_TYPES, ids=str)
def test_a_list_or_an_object_or_some_text_is_no_coded_value(field: str, value: object) -> None:
    with pytest.raises(Unreadable):
        read(field, value)


@pytest.mark.parametrize(("field", "value"), [row[:2] for row in TABLE if row[0] in {field["id"] for field in CODED}])
def test_intake_and_routing_keep_the_same_values_and_refuse_the_same(field: str, value: Any) -> None:
    assert reported(field, value) == submitted(field, value)


@pytest.mark.parametrize("field", [field["id"] for field in CODED])
def test_an_empty_text_is_not_given_in_a_report_as_in_a_complaint(field: str) -> None:
    assert reported(field, " ") == submitted(field, " ") == {}


def reported(field: str, value: Any) -> object:
    """What routing makes of a milestone's field: the fields of the event, or the field and the message."""
    case = Case(UUID(int=1), PROCEDURE.key, status="assigned")
    try:
        _, emitted = accept(case, PROCEDURE, Report("inspected", NOW, "desk", {field: value}), NOW)
    except InvalidInput as error:
        return (error.field, error.message)
    (reached,) = emitted
    assert isinstance(reached, MilestoneReached)
    return dict(reached.fields)


def submitted(field: str, value: Any) -> object:
    """What intake makes of a complaint's field."""
    values = FORM.read({field: value})
    if values.errors:
        return (values.errors[0].field, values.errors[0].message)
    return dict(values.coded)


def outcome(reading: Any) -> object:
    """A value, or the message of its refusal."""
    try:
        return reading()
    except Unreadable as error:
        return Refused(str(error))


ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


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
