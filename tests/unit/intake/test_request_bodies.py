"""What is read of a request besides its body: the idempotency key."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from services.intake.http.request_bodies import idempotency_key
from shared.errors import InvalidInput


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
