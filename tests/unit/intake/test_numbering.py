"""How numbers look, and when a series begins again."""

from __future__ import annotations

from datetime import date

import pytest

from services.intake.domain.numbering import CASE, Due, counter, due_numbers, needs_history, numbers_of, rendered
from shared.procedures.loader import parse_procedure
from shared.procedures.model import NumberScheme
from tests.unit.intake.sample import PROCEDURE, TEXT

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


PAPERS = """
documents:
  - {id: notice, name: {zh: 通知, en: Notice}, at: refused, number: {pattern: 'N{number}', restart: never}}
  - {id: agreement, name: {zh: 协议, en: Agreement}, at: mediated,
     number: {pattern: 'A{year}-{number:03}', series: outcome}}
  - {id: decision, name: {zh: 决定, en: Decision}, at: decided, when: {field: kind, is: goods},
     number: {pattern: 'D{year}-{number:03}', series: outcome}}
  - {id: dossier, name: {zh: 卷宗, en: Dossier}, at: archived, number: {same_as: agreement}}
  - {id: cover, name: {zh: 封面, en: Cover}, at: 'numbered:dossier', number: {same_as: dossier}}
  - {id: slip, name: {zh: 单, en: Slip}, at: resolved, number: {same_as: case}}
  - {id: note, name: {zh: 便笺, en: Note}, at: registered}
milestones:
  - {id: mediated, name: {zh: 调解, en: Mediated}}
  - {id: decided, name: {zh: 决定, en: Decided}}
"""
_BEFORE, _AFTER = TEXT[: TEXT.index("documents:")], TEXT[TEXT.index("duplicates:") : TEXT.index("milestones:")]
DESK = parse_procedure(_BEFORE + PAPERS + _AFTER, "papers.yaml")
GOODS = {"kind": "goods"}


@pytest.mark.parametrize(
    ("fresh", "given", "facts", "happened", "expected"),
    [
        (["registered", "refused"], [], {}, [], ["notice"]),
        (["registered", "admitted"], [], {}, [], []),  # a document without a number gets none
        (["refused"], ["notice"], {}, ["refused"], []),  # a document gets one number only
        (["mediated"], [], {}, [], ["agreement"]),
        (["decided"], [], GOODS, [], ["decision"]),
        (["decided"], [], {}, [], []),  # undecidable, so not given
        (["archived"], ["agreement"], {}, ["mediated"], ["dossier", "cover"]),  # one number leads to the next
        (["archived"], [], {}, [], []),  # there is no number yet that it could share
        (["mediated"], [], {}, ["archived"], ["agreement", "dossier", "cover"]),  # the other's number came later
        (["resolved"], [], {}, [], ["slip"]),
        (["mediated", "refused"], [], {}, [], ["notice", "agreement"]),
    ],
)
def test_a_document_gets_its_number_at_its_occurrence_only(
    fresh: list[str], given: list[str], facts: dict[str, str], happened: list[str], expected: list[str]
) -> None:
    found = due_numbers(DESK, NEW_YEAR, fresh, given, facts, happened)
    assert [one.document for one in found] == expected


def test_documents_of_one_series_are_counted_together_and_a_shared_number_is_the_same() -> None:
    due = due_numbers(DESK, NEW_YEAR, ["mediated", "decided", "archived", "resolved"], (), GOODS)
    first = {one.counter: 7 for one in due if one.counter is not None}
    assert len(first) == 1
    assert numbers_of(due, first, NEW_YEAR, {CASE: "T2025-0001"}) == {
        "agreement": "A2025-007",
        "decision": "D2025-008",
        "slip": "T2025-0001",
        "dossier": "A2025-007",
        "cover": "A2025-007",
    }


def test_a_document_of_the_case_never_takes_the_scheme_of_case_numbers() -> None:
    (one,) = due_numbers(DESK, NEW_YEAR, ["mediated"], (), {})
    assert one == Due("agreement", counter("test-desk", "series:outcome", one.scheme or rule(), NEW_YEAR), one.scheme)
    assert needs_history(DESK)
    assert not needs_history(PROCEDURE.model_copy(update={"documents": PROCEDURE.documents[:1]}))


def rule() -> NumberScheme:
    return NumberScheme(pattern="{number}")
