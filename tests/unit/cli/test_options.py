"""Pairs as a person writes them on the command line."""

from __future__ import annotations

import pytest

from huiyin.cli.options import pairs
from shared.errors import InvalidInput


def test_a_pair_is_split_at_its_first_sign_and_blanks_around_do_not_count() -> None:
    assert pairs(["a=1", " b = x=y ", "c="], "--map") == [("a", "1"), ("b", "x=y"), ("c", "")]
    assert pairs(None, "--map") == []


@pytest.mark.parametrize("text", ["a", "=1", " =1", ""])
def test_what_is_no_pair_is_refused_by_the_name_of_its_option_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^write it as field=column$") as refused:
        pairs(["a=1", text], "--map", "field=column")
    assert refused.value.field == "--map"
