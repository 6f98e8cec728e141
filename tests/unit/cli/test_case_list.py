"""`huiyin case list`: a line for each case, in its procedure's own time."""

from __future__ import annotations

from huiyin.cli.cases.view import Json, Reader, list_lines
from tests.unit.cli.procedure import small_shop

CASE = {
    "case_id": "0b0e5a3c-7b6f-4f3c-9d7a-0f1c2d3e4f5a",
    "case_number": "T-1",
    "status": "admitted",
    "received_at": "2026-03-01T20:30:00+00:00",
    "department": None,
}


def test_a_case_is_listed_in_the_time_that_case_show_has() -> None:
    read = Reader(small_shop(), "en")
    (line,) = list_lines([CASE], lambda _case: read)

    assert read.time(CASE["received_at"]) in line
    assert "2026-03-01 21:30 " in line  # Europe/Berlin
    assert "Z " not in line


def test_a_case_whose_procedure_is_not_here_is_listed_in_utc_and_marked() -> None:
    def nobody(_case: Json) -> Reader:
        return Reader(None, "en")

    (line,) = list_lines([CASE], nobody)

    assert "2026-03-01 20:30Z " in line
