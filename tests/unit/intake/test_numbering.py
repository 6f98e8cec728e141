"""How numbers look, and when a series begins again."""

from __future__ import annotations

from datetime import date

import pytest

from services.intake.domain.numbering import counter, documents_at, rendered
from shared.procedures.model import NumberScheme
from tests.unit.intake.sample import PROCEDURE

NEW_YEARS_EVE, NEW_YEAR = date(2024, 12, 31), date(2025, 1, 1)


@pytest.mark.parametrize(
    ("restart", "eve", "day"),
    [
        ("never", "", ""),
        ("year", "2024", "2025"),
        ("month", "2024-12", "2025-01"),
        ("day", "2024-12-31", "2025-01-01"),
    ],
)
def test_a_series_begins_again_with_its_period(restart: str, eve: str, day: str) -> None:
    rule = NumberScheme.model_validate({"pattern": "{number}", "restart": restart})
    assert counter("p", "case", rule, NEW_YEARS_EVE).period == eve
    assert counter("p", "case", rule, NEW_YEAR).period == day


@pytest.mark.parametrize(
    ("pattern", "number", "text"),
    [
        ("BSXN-{year}-{number:05}", 7, "BSXN-2025-00007"),
        ("BSXN-{year}-{number:05}", 123456, "BSXN-2025-123456"),  # more than it has room for: longer, never cut
        ("不立字[{year}]第{number}号", 3, "不立字[2025]第3号"),
        ("{year}{month:02}{day:02}/{number}", 12, "20250101/12"),
    ],
)
def test_a_number_is_written_as_the_procedure_says(pattern: str, number: int, text: str) -> None:
    assert rendered(NumberScheme(pattern=pattern), NEW_YEAR, number) == text


def test_a_document_gets_its_number_at_its_occurrence_only() -> None:
    assert list(documents_at(PROCEDURE.numbering, ["registered", "refused"])) == ["refusal-notice"]
    assert documents_at(PROCEDURE.numbering, ["registered", "admitted"]) == {}
