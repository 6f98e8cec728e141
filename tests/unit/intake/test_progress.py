"""What the complainant sees, the code that opens it, and how often it may be tried."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from starlette.requests import Request

from services.intake.domain.case import Case
from services.intake.domain.progress import WORDS, progress
from services.intake.domain.timeline import STAGES
from services.intake.http.rate_limit import RateLimit
from services.intake.http.request_bodies import idempotency_key
from services.intake.registration import receipt_codes
from shared.errors import InvalidInput
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


def test_every_status_that_a_case_can_have_is_said_in_both_languages() -> None:
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


def test_a_code_has_sixty_bits_and_is_shown_in_groups() -> None:
    codes = {receipt_codes.new_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert len(receipt_codes.ALPHABET) == 32
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4, 4, 4]
        assert set(code) <= {*receipt_codes.ALPHABET, "-"}
    assert {letter for code in codes for letter in code} == {*receipt_codes.ALPHABET, "-"}


@pytest.mark.parametrize(
    "typed",
    [
        "1A0B-2C3D-4E5F",
        "1a0b2c3d4e5f",
        " 1A0B 2C3D 4E5F ",
        "IAOB-2C3D-4E5F",
        "lAoB-2c3d-4e5f",
        "１Ａ０Ｂ－２Ｃ３Ｄ－４Ｅ５Ｆ",
    ],
)
def test_a_code_may_be_typed_as_people_type(typed: str) -> None:
    assert receipt_codes.matches(typed, "salt", receipt_codes.hashed("1A0B-2C3D-4E5F", "salt"))


@pytest.mark.parametrize("typed", ["1A0B-2C3D-4E5G", "1A0B-2C3D-4E5", "1A0B-2C3D-4E5FF", "", "U"])
def test_no_other_code_opens(typed: str) -> None:
    assert not receipt_codes.matches(typed, "salt", receipt_codes.hashed("1A0B-2C3D-4E5F", "salt"))
    assert not receipt_codes.matches("1A0B-2C3D-4E5F", "another", receipt_codes.hashed("1A0B-2C3D-4E5F", "salt"))


def test_ten_tries_a_minute_for_each_number() -> None:
    now = 0.0
    limit = RateLimit(lambda: now)
    assert [limit.wait("T1") for _ in range(12)] == [0] * 10 + [60, 60]
    assert limit.wait("T2") == 0
    now = 59.5
    assert limit.wait("T1") == 1
    now = 60.0
    assert limit.wait("T1") == 0


def _request(*values: str) -> Request:
    return Request({"type": "http", "headers": [(b"idempotency-key", value.encode("latin-1")) for value in values]})


@pytest.mark.parametrize(
    ("header", "key"),
    [('"8e03978e"', "8e03978e"), ("8e03978e", "8e03978e"), (r'"a\"b\\c"', r"a\"b\c".replace('\\"', '"')), (" k ", "k")],
)
def test_an_idempotency_key_is_a_quoted_string_or_bare(header: str, key: str) -> None:
    assert idempotency_key(_request(header)) == key
    assert idempotency_key(_request()) is None


@pytest.mark.parametrize("header", ["", '""', "x" * 256, "clé", "a\x01b"])
def test_an_idempotency_key_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput):
        idempotency_key(_request(header))
