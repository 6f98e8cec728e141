"""Cells become values of fields, or are refused without a word of what they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.tabular.text_rows import Cell, Nested
from shared.procedures.fields import Unreadable, normalized_name
from tests.unit.cli.procedure import reading, spec

# Berlin is at +01:00 in winter, +02:00 in summer; on 29 March 2026 02:00-03:00 does not exist, on 25 October 2026
# 02:00-03:00 comes twice and the first is taken.
INSTANTS: list[tuple[Cell, str]] = [
    ("2026-01-05T08:09:10", "2026-01-05T08:09:10+01:00"),
    ("2026-01-05 08:09", "2026-01-05T08:09:00+01:00"),
    ("2026/1/5 8:09:10", "2026-01-05T08:09:10+01:00"),
    ("2026.1.5 8:09", "2026-01-05T08:09:00+01:00"),
    ("2026年1月5日 8时9分10秒", "2026-01-05T08:09:10+01:00"),
    ("2026年1月5日8点", "2026-01-05T08:00:00+01:00"),
    ("２０２６－０１－０５　０８：０９", "2026-01-05T08:09:00+01:00"),
    ("20260105", "2026-01-05T00:00:00+01:00"),
    ("20260105080910", "2026-01-05T08:09:10+01:00"),
    ("2026-07-05", "2026-07-05T00:00:00+02:00"),
    ("2026-01-05T08:09:10.250", "2026-01-05T08:09:10.250000+01:00"),
    ("2026-01-05T08:09:10Z", "2026-01-05T08:09:10+00:00"),
    ("2026-01-05T08:09:10+0800", "2026-01-05T08:09:10+08:00"),
    ("2026-01-05 08:09:10 -05:00", "2026-01-05T08:09:10-05:00"),
    ("2026-03-29 02:30", "2026-03-29T03:30:00+02:00"),
    ("2026-10-25 02:30", "2026-10-25T02:30:00+02:00"),
    ("46027", "2026-01-05T00:00:00+01:00"),  # 1899-12-30 + 46027 days
    (46027.5, "2026-01-05T12:00:00+01:00"),
    ("46027.339699074073", "2026-01-05T08:09:10+01:00"),  # 29350 s / 86400 s
    (datetime(2026, 1, 5, 8, 9), "2026-01-05T08:09:00+01:00"),  # noqa: DTZ001
    (datetime(2026, 1, 5, 8, 9, tzinfo=UTC), "2026-01-05T08:09:00+00:00"),
    (date(2026, 1, 5), "2026-01-05T00:00:00+01:00"),
]


@pytest.mark.parametrize(("cell", "expected"), INSTANTS, ids=[str(cell) for cell, _ in INSTANTS])
def test_a_time_is_the_procedures_local_time_unless_it_has_an_offset(cell: Cell, expected: str) -> None:
    assert reading().instant(cell) == expected


VALUES: list[tuple[str, Cell, str | int | bool]] = [
    ("name", "  李 明 ", "  李 明 "),  # intake trims; nothing is changed before it
    ("content", 13800138000.0, "13800138000"),  # a telephone number that a spreadsheet took for a number
    ("content", "a\nb", "a\nb"),
    ("kind", "goods", "goods"),
    ("kind", "商品", "goods"),
    ("kind", " AFTER-SALES  service ", "after-sales"),
    ("kind", "after_sales", "after-sales"),
    ("injured", "是", True),
    ("injured", "No", False),
    ("injured", True, True),
    ("injured", 0, False),
    ("people", "３", 3),
    ("people", 3.0, 3),
    ("people", "500", 500),
    ("bought-on", "2026年1月5日", "2026-01-05"),
    ("bought-on", "2026-01-05T23:59", "2026-01-05"),
    ("bought-on", 46027, "2026-01-05"),
]


@pytest.mark.parametrize(("field", "cell", "expected"), VALUES)
def test_a_cell_becomes_the_value_of_its_field(field: str, cell: Cell, expected: str | int | bool) -> None:
    assert reading().value(spec(field), cell) == expected


REFUSED: list[tuple[str, Cell, str]] = [
    ("name", "12345678901", "too-long"),
    ("content", "x" * 21, "too-long"),
    ("content", "a\x00b", "control-character"),
    ("content", "a\ud800b", "not-unicode"),
    ("content", Nested("nested"), "nested"),
    ("kind", "food", "not-a-choice"),
    ("injured", "perhaps", "not-a-boolean"),
    ("people", "many", "not-an-integer"),
    ("people", "3.5", "not-an-integer"),
    ("people", True, "not-an-integer"),
    ("people", "501", "out-of-range"),
    ("people", "0", "out-of-range"),
    ("bought-on", "05/01/2026", "not-a-time"),  # the fifth of January or the first of May: not guessed
    ("bought-on", "2026-02-30", "not-a-time"),
    ("noticed-at", "1767600550", "not-a-time"),
    ("noticed-at", "24:00", "not-a-time"),
    ("noticed-at", time(8, 0), "not-a-time"),
    ("noticed-at", Nested("nested"), "nested"),
]


@pytest.mark.parametrize(("field", "cell", "code"), REFUSED)
def test_a_cell_that_is_no_value_is_refused_with_a_reason(field: str, cell: Cell, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        reading().value(spec(field), cell)
    assert refused.value.code == code


@given(
    st.text("投诉abc xyz;:!?", min_size=4, max_size=30).filter(lambda text: len(text.strip()) >= 4),
    st.sampled_from(["kind", "people", "noticed-at"]),
)
def test_a_refusal_never_repeats_what_the_cell_holds(text: str, field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        reading().value(spec(field), text)
    assert text not in refused.value.message


def test_a_long_text_is_measured_as_intake_measures_it() -> None:
    assert reading().value(spec("name"), "a" + " " * 30 + "b") == "a" + " " * 30 + "b"  # kept as "a b"
    assert reading().value(spec("content"), "\r\n" * 10 + "x" * 20) == "\r\n" * 10 + "x" * 20


def test_a_given_date_format_is_the_only_one() -> None:
    american = reading("%m/%d/%Y %I:%M:%S %p")
    assert american.instant("12/25/2013 11:59:08 PM") == "2013-12-25T23:59:08+01:00"
    with pytest.raises(Unreadable):
        american.instant("2013-12-25")


def test_bare_days_of_a_workbook_that_counts_from_1904_are_read_so() -> None:
    assert reading(epoch=datetime(1904, 1, 1)).instant(44565.0) == "2026-01-05T00:00:00+01:00"  # noqa: DTZ001


@pytest.mark.parametrize(
    "spelling", ["Date Received", "date_received", "DATE-RECEIVED", " ｄａｔｅ received：", "Date  Received*"]
)
def test_names_are_compared_without_width_case_and_separators(spelling: str) -> None:
    assert normalized_name(spelling) == "date received"
