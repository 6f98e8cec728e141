"""Receipt codes: how they look, and how they may be typed."""

from __future__ import annotations

import pytest

from services.intake.registration import receipt_codes


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
