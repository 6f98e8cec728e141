"""Signatures of records: what counts, what does not and why, and what is written of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.events.headers import ID, KEY, SIGNATURE, TIMESTAMP, signature_headers
from shared.security.signing import (
    TOLERANCE,
    Fault,
    RecordSigner,
    check_signature,
    new_private_key,
    public_key_of,
    public_text,
    signing_key,
)

SIGNED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BODY = '{"理由":"…"}'.encode()
PRIVATE = "whsk_" + base64.b64encode(bytes(range(32))).decode()
OPENSSL = "v1a,dXJOIqoNZdj6sncGNRy2G//NqH2JUi8eSAwhwBW1rmQkT9+F5rwLI/gbExmcJ/C7g5218AaDpDcS52bz805hCw=="
PUBLIC = public_key_of(PRIVATE)
OTHER = public_key_of("whsk_" + base64.b64encode(bytes(32)).decode())


def headers(id: str = "e-1", body: bytes = BODY) -> dict[str, str]:
    return signature_headers(RecordSigner("floor-system", PRIVATE).headers(id, body, SIGNED))


def test_a_signature_is_what_another_implementation_makes() -> None:
    """`openssl pkeyutl -sign -rawin` over `e-1.1767603600.` and the body."""
    assert headers() == {ID: "e-1", TIMESTAMP: "1767603600", SIGNATURE: OPENSSL, KEY: "floor-system"}
    assert public_text(PUBLIC) == "whpk_" + base64.b64encode(PUBLIC).decode()


def without(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda given: {key: value for key, value in given.items() if key != name}


def with_(name: str, value: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda given: {**given, name: value}


def same(given: dict[str, str]) -> dict[str, str]:
    return given


# how the headers are changed, how long after signing the broker took it, what is wrong
CASES: list[tuple[Callable[[dict[str, str]], dict[str, str]], timedelta, Fault | None]] = [
    (same, timedelta(), None),
    (same, TOLERANCE, None),
    (same, -TOLERANCE, None),
    (same, TOLERANCE + timedelta(milliseconds=1), "stale"),
    (same, -TOLERANCE - timedelta(milliseconds=1), "stale"),
    (without(ID), timedelta(), "unsigned"),
    (without(TIMESTAMP), timedelta(), "unsigned"),
    (without(SIGNATURE), timedelta(), "unsigned"),
    (without(KEY), timedelta(), "unsigned"),
    (with_(KEY, ""), timedelta(), "unsigned"),
    (with_(ID, "e-2"), timedelta(), "other-id"),
    (with_(TIMESTAMP, "1767603601"), timedelta(), "wrong-signature"),
    (with_(TIMESTAMP, "-5"), timedelta(), "malformed-signature"),
    (with_(TIMESTAMP, "1767603600.5"), timedelta(), "malformed-signature"),
    (with_(TIMESTAMP, "9" * 12), timedelta(), "stale"),
    (with_(TIMESTAMP, "9" * 40), timedelta(), "malformed-signature"),
    (with_(SIGNATURE, "v1,abcd"), timedelta(), "malformed-signature"),
    (with_(SIGNATURE, "v1a,"), timedelta(), "wrong-signature"),
    (with_(SIGNATURE, "v1a,!!"), timedelta(), "wrong-signature"),
    (with_(SIGNATURE, "v1a," + base64.b64encode(bytes(64)).decode()), timedelta(), "wrong-signature"),
    (lambda given: {**given, SIGNATURE: f"v1,x v1a,AAAA {given[SIGNATURE]}"}, timedelta(), None),
    (lambda given: {**given, SIGNATURE: "v1a,AAAA " * 7 + given[SIGNATURE]}, timedelta(), None),
    (lambda given: {**given, SIGNATURE: "v1a,AAAA " * 8 + given[SIGNATURE]}, timedelta(), "wrong-signature"),
]


@pytest.mark.parametrize(("change", "later", "fault"), CASES)
def test_what_is_wrong_with_a_signature(
    change: Callable[[dict[str, str]], dict[str, str]], later: timedelta, fault: Fault | None
) -> None:
    assert check_signature(change(headers()), BODY, "e-1", SIGNED + later, (OTHER, PUBLIC)) == fault


def test_another_body_or_another_key_is_a_wrong_signature() -> None:
    assert check_signature(headers(), BODY + b" ", "e-1", SIGNED, (PUBLIC,)) == "wrong-signature"
    assert check_signature(headers(), BODY, "e-1", SIGNED, (OTHER,)) == "wrong-signature"
    assert check_signature(headers(), BODY, "e-1", SIGNED, ()) == "wrong-signature"


@given(st.dictionaries(st.sampled_from([ID, TIMESTAMP, SIGNATURE, KEY]), st.text(max_size=80)), st.binary(max_size=99))
def test_whatever_a_stranger_writes_is_a_fault_and_never_an_error(written: dict[str, str], body: bytes) -> None:
    kept = signature_headers((name, value.encode()) for name, value in written.items())
    assert check_signature(kept, body, "e-1", SIGNED, (PUBLIC,)) is not None


def test_of_a_records_headers_only_short_ascii_ones_of_a_signature_are_kept() -> None:
    given = [("ce_id", b"x"), (ID, b"1"), (ID, b"2"), (KEY, "键".encode()), (SIGNATURE, b"a" * 1025)]
    assert signature_headers(given) == {ID: "2"}
    assert signature_headers(None) == {}
    assert signing_key({ID: "2"}) is None


@pytest.mark.parametrize("text", ["", "whsk_", "whsk_AAAA", "whsec_" + "A" * 44, "nonsense!"])
def test_a_private_key_of_another_form_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        RecordSigner("x", text)
    assert not text or text not in str(caught.value.hint).replace("whsk_ and", "") + caught.value.message


def test_each_private_key_is_new() -> None:
    assert new_private_key() != new_private_key()
