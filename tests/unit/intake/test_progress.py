"""What the complainant sees of a case."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.intake.domain.case import Case
from services.intake.domain.progress import WORDS, progress
from services.intake.domain.timeline import STAGES
from tests.unit.intake.sample import FORM, MONDAY

CASE = Case(
    id=UUID(int=1),
    procedure="test-desk",
    procedure_version=1,
    number="T2025-0001",
    channel="letter",
    language="zh",
    received_at=MONDAY - timedelta(hours=11),  # 23:00 on Sunday in Shanghai
    registered_at=MONDAY,
    attributes={"kind": "goods"},
    missing=["name"],
    status="assigned",
    class_="grave",
    department="desk",
    level="floor",
    admitted_at=MONDAY,
    resolved_at=None,
    closed_at=None,
    merged_into=None,
    receipt_hash=b"",
    rule="ours",
    decided_by="chief",
    document_numbers={},
)


def test_every_status_that_a_case_can_have_has_words_in_both_languages() -> None:
    assert set(WORDS) == {*STAGES, "held", "reopened"} - {"registered"}
    assert all(zh and en and zh != en for zh, en in WORDS.values())


def test_the_public_page_shows_days_and_nothing_of_the_office() -> None:
    found = progress(CASE, FORM, None)
    assert found == {
        "case_number": "T2025-0001",
        "procedure": {"zh": "试验窗口", "en": "Test desk"},
        "state": {"id": "assigned", "zh": WORDS["assigned"][0], "en": WORDS["assigned"][1]},
        "received_on": "2025-03-02",
        "registered_on": "2025-03-03",
        "admitted_on": "2025-03-03",
        "resolved_on": None,
        "closed_on": None,
        "asked_for": [{"zh": "姓名", "en": "Name"}],
    }


def test_a_refused_case_says_why_and_a_merged_one_how_the_first_stands() -> None:
    refused = progress(replace(CASE, status="refused", rule="no-name"), FORM, None)
    assert refused["reason"] == {"zh": "匿名", "en": "Anonymous"}
    assert "asked_for" not in refused
    merged = progress(replace(CASE, status="merged"), FORM, replace(CASE, number="T2025-0000"))
    assert merged["goes_on_as"]["id"] == "assigned"
    assert "T2025-0000" not in json.dumps(merged)
