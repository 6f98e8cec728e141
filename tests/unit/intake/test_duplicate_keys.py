"""The same matter is found again, another one is not, and its hash reveals nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from services.intake.domain.duplicate_keys import complainant as complainant_hash
from services.intake.domain.duplicate_keys import fingerprint, is_within, matters, normalised, same_values
from shared.security.vault import Vault
from tests.unit.intake.sample import FIELDS, FORM, MONDAY, complaint

INDEX = Vault((b"k" * 32,)).index
OTHER = Vault((b"o" * 32,)).index


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("138 0013-8000", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("0086-138-0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("某 店（东门）", "某店(东门)"),
        ("Shop No. 5", "shop no 5"),
        ("ＳＨＯＰ", "shop"),
    ],
)
def test_values_that_mean_the_same_are_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


def test_values_that_mean_something_else_stay_apart() -> None:
    assert len({normalised(value) for value in ("13800138000", "13800138001", "8613800138", "某店", "某厂", True)}) == 6


def test_without_all_values_nothing_is_compared() -> None:
    assert same_values(["phone", "kind"], {"phone": "1"}) is None
    assert same_values(["phone"], {"phone": "——"}) is None  # nothing is left of it
    assert fingerprint(FORM, complaint({**FIELDS, "phone": None}).values, INDEX) is None


def test_a_fingerprint_is_the_matters_and_the_keys() -> None:
    one = fingerprint(FORM, complaint().values, INDEX)
    assert one == fingerprint(FORM, complaint({**FIELDS, "phone": "+86 138 0013 8000", "name": "李四"}).values, INDEX)
    assert one != fingerprint(FORM, complaint({**FIELDS, "kind": "service"}).values, INDEX)
    assert one != fingerprint(FORM, complaint().values, OTHER)


# 15 calendar days either way, at the same time of day in Shanghai.
@pytest.mark.parametrize(
    ("apart", "one_matter"),
    [
        (timedelta(0), True),
        (timedelta(days=15), True),
        (timedelta(days=15, seconds=1), False),
        (-timedelta(days=15), True),  # an import that brings the earlier letter later
        (-timedelta(days=15, seconds=1), False),
    ],
)
def test_complaints_of_one_matter_lie_within_the_time(apart: timedelta, one_matter: bool) -> None:
    assert is_within(FORM, MONDAY, MONDAY + apart) is one_matter


def test_a_counted_matter_tells_complainants_apart_but_not_who_they_are() -> None:
    first = matters(FORM, complaint().values, INDEX)["repeated"]
    again = matters(FORM, complaint({**FIELDS, "phone": "138-0013-8000"}).values, INDEX)["repeated"]
    another = matters(FORM, complaint({**FIELDS, "phone": "13900139000"}).values, INDEX)["repeated"]
    elsewhere = matters(FORM, complaint({**FIELDS, "accused": "别店"}).values, INDEX)["repeated"]
    assert first == again
    assert first.key == another.key
    assert first.complainant != another.complainant
    assert first.key != elsewhere.key
    assert first.complainant != elsewhere.complainant  # one person cannot be followed from matter to matter


def test_who_gives_no_contact_is_counted_without_a_complainant() -> None:
    fields = {**FIELDS, "phone": None, "name": None}
    assert matters(FORM, complaint(fields).values, INDEX)["repeated"].complainant is None


def test_no_hash_is_a_bare_hash_of_a_value() -> None:
    values = complaint().values
    found = {fingerprint(FORM, values, INDEX)} | {
        part for matter in matters(FORM, values, INDEX).values() for part in (matter.key, matter.complainant)
    }
    bare = {
        digest(text.encode()).hexdigest()
        for text in ("13800138000", "某店", "张三", "某店goods")
        for digest in (hashlib.sha256, hashlib.md5, hashlib.sha1)
    }
    assert not found & bare


def test_instants_of_other_zones_compare_as_instants() -> None:
    assert is_within(FORM, MONDAY, datetime(2025, 3, 18, 2, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"phone": "13800138000", "name": "甲"}, {"phone": "+86 138 0013 8000", "name": "乙"}, True),
        ({"phone": "——", "name": "甲"}, {"name": "甲"}, True),  # nothing is left of that number
        ({"email": "A@example.org"}, {"email": "a@EXAMPLE.org"}, True),
        ({"phone": "13800138000"}, {"phone": "13800138001"}, False),
        ({"name": "甲"}, {"name": "乙"}, False),
    ],
)
def test_a_complainant_is_known_again(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    first, second = (complainant_hash(FORM, values, INDEX) for values in (one, other))
    assert first is not None
    assert (first == second) is same
    assert first != complainant_hash(FORM, one, OTHER)
    assert complainant_hash(FORM, {"content": "x"}, INDEX) is None
