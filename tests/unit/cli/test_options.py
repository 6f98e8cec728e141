"""Names and pairs as a person writes them on the command line."""

from __future__ import annotations

import pytest

from huiyin.cli.options import names, pairs
from shared.errors import InvalidInput

KNOWN = ("intake", "sla", "notify")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (None, ()),
        (["sla"], ("sla",)),
        (["notify, sla"], ("sla", "notify")),
        (["sla", "intake", "sla"], ("intake", "sla")),
    ],
)
def test_names_come_one_by_one_or_in_a_list_and_each_counts_once(
    texts: list[str] | None, expected: tuple[str, ...]
) -> None:
    assert names(texts, "--except", KNOWN) == expected


@pytest.mark.parametrize("text", ["slab", "sla,", "", "SLA"])
def test_a_name_that_is_not_known_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(InvalidInput, match="no such service") as refused:
        names([text], "--except", KNOWN)
    assert (refused.value.field, refused.value.hint) == ("--except", "there are: intake, sla, notify")


def test_a_pair_is_split_at_its_first_sign_and_blanks_around_do_not_count() -> None:
    assert pairs(["a=1", " b = x=y ", "c="], "--map") == [("a", "1"), ("b", "x=y"), ("c", "")]
    assert pairs(None, "--map") == []


@pytest.mark.parametrize("text", ["a", "=1", " =1", ""])
def test_what_is_no_pair_is_refused_by_the_name_of_its_option_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^write it as field=column$") as refused:
        pairs(["a=1", text], "--map", "field=column")
    assert refused.value.field == "--map"
