"""What `huiyin topics republish` takes, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from huiyin.cli.topics.republish import parse_case, parse_instant
from shared.errors import InvalidInput


def test_an_instant_is_taken_with_its_offset_and_shown_in_utc() -> None:
    assert parse_instant("2026-09-29T08:00+08:00") == datetime(2026, 9, 29, 0, 0, tzinfo=UTC)
    assert parse_instant("2026-09-29T00:00:00Z").isoformat() == "2026-09-29T00:00:00+00:00"


@pytest.mark.parametrize("given", ["yesterday", "", "2026-09-29", "2026-09-29T08:00", "2026-13-01T00:00Z"])
def test_what_is_not_an_instant_is_refused_by_its_option(given: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_instant(given)
    assert refused.value.field == "--since"


def test_a_case_is_named_by_its_id() -> None:
    assert parse_case(None) is None
    assert parse_case("6f1d2c52-6d0b-5c8e-9c6e-2f0a8f4f7a11") == UUID("6f1d2c52-6d0b-5c8e-9c6e-2f0a8f4f7a11")
    with pytest.raises(InvalidInput) as refused:
        parse_case("S-2026-1")
    assert refused.value.field == "--case"
